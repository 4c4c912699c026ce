// hands.mjs - the page by keyboard alone: nothing here clicks.
import assert from "node:assert/strict";
import {about, linked, outside, row, somebody, until} from "./tools.mjs";

const LONG_MS = 60000, TABS_MAX = 150;
const press = async (page, ...keys) => { for (const key of keys) await page.keyboard.press(key); };
const factOf = (page, fact) => page.locator(`#story .fact[data-fact=${fact}]`).first().waitFor();
const rowWithFocus = (page) => page.evaluate(() => document.activeElement.closest("li")?.dataset.id);
const heldBy = (id, person) => until(`${id} is ${person}'s`, async () => (await outside("view", {contact: id})).owner === person, LONG_MS);

async function says(page, words) { // in the composer that a key has opened
  await page.waitForSelector("#composer-text:focus");
  await page.keyboard.type(words);
  await press(page, "Control+Enter");
}

// Tab comes to every control that is there, and one sees where it is.
async function tabs(page, what) {
  await page.evaluate(() => {
    document.activeElement.blur();
    const room = document.querySelector("dialog[open]") || document;
    const all = room.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
    window.controls = new Set([...all].filter((one) => one.tabIndex >= 0 && !one.disabled && !one.closest("dialog:not([open])") && one.checkVisibility({visibilityProperty: true})));
    window.count = window.controls.size;
    window.unseen = [];
  });
  for (let n = 0, left = 1; left > 0; n++) {
    assert.ok(n < TABS_MAX, `${what}: Tab does not reach ${await page.evaluate(() => [...window.controls].map((one) => one.outerHTML.slice(0, 80)).join(" "))}`);
    await press(page, "Tab");
    left = await page.evaluate(() => {
      const node = document.activeElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
      const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
      if (node !== document.body && !(drawn && inside)) window.unseen.push(node.outerHTML.slice(0, 80));
      window.controls.delete(node);
      for (const one of window.controls) if (!one.isConnected) window.controls.delete(one);
      return window.controls.size;
    });
  }
  assert.deepEqual(await page.evaluate(() => window.unseen), [], `${what}: focus is seen`);
  console.log(`${what}: Tab reaches its ${await page.evaluate(() => window.count)} controls`);
}

// Every key of an action, on contacts as they come: accepted on the desk by a key, or in their story.
async function acts(page) {
  const first = await outside("submit", {channel: "mail", subject: "By keys", text: "Hello?", customer: "kim"});
  await row(page, "#offers", first).waitFor({timeout: LONG_MS});
  await tabs(page, "the desk with an offer");
  await press(page, "a");
  await heldBy(first, "ada");
  await factOf(page, "accepted");
  await row(page, "#mine", first).waitFor();
  await tabs(page, "a story beside the desk");
  await page.waitForSelector("#story button[data-action=reply]");
  await press(page, "c");
  await factOf(page, "acknowledged");
  await press(page, "n");
  await says(page, "A calm note; a d e b are no keys here.");
  await factOf(page, "noted");
  await press(page, "r");
  await says(page, "Here it is.");
  await factOf(page, "replied");
  await press(page, "r");
  await page.waitForSelector("#composer-text:focus");
  await press(page, "Escape"); // not now
  await page.waitForSelector("#composer-text", {state: "detached"});
  await press(page, "w");
  await says(page, "Is it well now?");
  await factOf(page, "waiting");
  await press(page, "e");
  await says(page, "It is well.");
  await factOf(page, "resolved");
  await press(page, "o");
  await says(page, "It is not.");
  await factOf(page, "reopened");
  await page.waitForSelector("#story button[data-action=accept]"); // it is offered anew
  await press(page, "a");
  await heldBy(first, "ada");
  await page.waitForSelector("#story button[data-action=transfer]");
  await press(page, "t");
  await page.waitForSelector("#composer-to:focus");
  await page.keyboard.type("ben");
  await press(page, "Tab");
  await says(page, "Ben knows this one.");
  await factOf(page, "transfer_proposed");
  await page.waitForSelector("#composer-text", {state: "detached"});
  await press(page, "Escape");
  await page.waitForSelector("html:not([data-story])");
  return first;
}

async function declines(page) {
  const other = await outside("submit", {channel: "mail", subject: "Not mine", text: "Hello?", customer: "ann"});
  await row(page, "#offers", other).waitFor({timeout: LONG_MS});
  await press(page, "d");
  await row(page, "#offers", other).waitFor({state: "detached"});
  const third = await outside("submit", {channel: "mail", subject: "Back again", text: "Hello?", customer: "ida"});
  await row(page, "#offers", third).waitFor({timeout: LONG_MS});
  await press(page, "a");
  await heldBy(third, "ada");
  await page.waitForSelector("#story button[data-action=give-back]");
  await press(page, "b");
  await says(page, "Too much today.");
  await until("it went back", async () => (await outside("view", {contact: third})).owner !== "ada", LONG_MS);
  await page.waitForSelector("#composer-text", {state: "detached"}); // else Escape would close that alone
  await press(page, "Escape");
  await page.waitForSelector("html:not([data-story])");
}

export async function keyboard() {
  const page = await somebody(null);
  await page.goto(about.url);
  await page.waitForSelector("#token:focus");
  await page.keyboard.type(about.people.ada);
  await press(page, "Enter");
  await linked(page, "live");
  await page.waitForSelector("html[data-view=desk]");
  await until("ada is here", async () => (await outside("person", ["ada"])).present);

  await press(page, "?");
  await page.waitForSelector("#menu[open]");
  const keys = await page.$$eval("#keys-list kbd", (all) => all.map((one) => one.textContent));
  for (const key of ["/", "j", "k", "Enter", "Esc", "g", "?", ..."adrwcntebo"]) assert.ok(keys.includes(key), `${key} is explained`);
  await tabs(page, "settings");
  await press(page, "Escape");
  await page.waitForSelector("#menu:not([open])", {state: "attached"});

  await acts(page);
  await declines(page);
  await press(page, "g");
  await page.waitForSelector("html[data-view=wall]");
  await until("all stand there", async () => (await page.locator("#next .row").count()) === 3);
  const ids = await page.$$eval("#next .row", (all) => all.map((one) => one.dataset.id));
  for (const [key, at] of [["j", 0], ["j", 1], ["k", 0], ["k", 0], ["j", 1]]) {
    await press(page, key);
    assert.equal(await rowWithFocus(page), ids[at], `${key} comes to ${at}`);
  }
  await press(page, "Enter");
  await page.waitForSelector(`#story .fact`);
  await press(page, "Escape");
  await page.waitForSelector("html:not([data-story])");
  assert.equal(await rowWithFocus(page), ids[1], "one is back where one was");
  await tabs(page, "the wall");

  await press(page, "/");
  await page.waitForSelector("#query:focus");
  await page.keyboard.type("Back again");
  await press(page, "Enter");
  await page.locator("#found-contacts .row").first().waitFor();
  await press(page, "ArrowDown", "Enter");
  await page.locator("#story-title", {hasText: "Back again"}).waitFor();
  await press(page, "Escape");
  await page.waitForSelector("html:not([data-story])");
  await press(page, "g");
  await page.waitForSelector("html[data-view=desk]");

  await press(page, "/");
  await page.waitForSelector("#query:focus");
  await page.locator("#query").fill("Back again, once more");
  await page.evaluate(() => { location.hash = "#/wall"; }); // as a link does, before what was typed is looked for
  await page.waitForSelector("html[data-view=wall]");
  const left = await page.evaluate(() => performance.now());
  await page.waitForFunction((from) => performance.now() > from + 500, left);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.view), "wall", "what was typed takes nobody back");
}
