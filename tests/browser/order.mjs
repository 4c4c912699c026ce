// order.mjs - what breaks next stands first, on the wall and on the desk; and the page says when buckstop itself is not well.
import assert from "node:assert/strict";
import {about, linked, outside, somebody, text, until} from "./tools.mjs";

const LONG_MS = 60000; // a crowded machine takes its time to stop and to come back

async function stand(pages, what, ids) {
  for (const [page, list] of pages) {
    await until(`${list} ${what}: ${ids}`, async () => (await page.$$eval(`${list} .row`, (all) => all.map((one) => one.dataset.id))).join() === ids.join(), LONG_MS);
  }
}

// Contacts come in another order than they break in, and the order changes as promises do.
export async function order() {
  const wall = await somebody(about.operator), desk = await somebody(about.people.ada), pages = [[wall, "#next"], [desk, "#mine"]];
  await wall.goto(`${about.url}#/wall`);
  await desk.goto(`${about.url}#/desk`);
  for (const page of [wall, desk]) await linked(page, "live");
  await until("ada is here", async () => (await outside("person", ["ada"])).present);
  const came = (channel, thread) => outside("submit", {channel, thread, subject: `By ${channel}`, text: "Hello?", customer: thread});
  const slow = await came("mail", "kim"), soon = await came("call", "ann"), later = await came("form", "ida");
  await stand(pages, "by what is due first", [soon, later, slow]);

  await outside("act", {contact: soon, action: "reply", person: "ada", text: "Here it is."});
  await stand(pages, "what owes nothing is last", [later, slow, soon]);
  const broken = await came("chat", "leo"), second = await came("chat", "mia");
  await stand(pages, "what is due in a moment is first", [broken, second, later, slow, soon]);
  for (const [page] of pages) for (const id of [broken, second]) await page.waitForSelector(`[data-id="${id}"][data-urgency="broken"]`, {state: "attached"});
  await stand(pages, "what broke first is first", [broken, second, later, slow, soon]);
  await outside("act", {contact: broken, action: "reply", person: "ada", text: "We are sorry."});
  await came("call", "ann"); // she writes again: the next response is promised
  await stand(pages, "what is answered goes down, what is promised anew comes up", [second, soon, later, slow, broken]);
}

const vital = (page, name, good) => until(`${name} is ${good ? "" : "not "}good`, () => page.evaluate(([of, is]) =>
  [...document.querySelectorAll("#vitals .vital")].some((one) => one.firstChild.textContent === of && one.dataset.good === is), [name, good ? "yes" : "no"]), LONG_MS);

// escalation is stopped while a promise is due: how late it is is said, also that escalation does not answer; a callback that
// nobody takes is a dead letter.
export async function unwell() {
  const page = await somebody(about.operator);
  await page.goto(`${about.url}#/wall`);
  await linked(page, "live");
  for (const name of ["Lateness", "escalation", "Dead letters"]) await vital(page, name, true);
  await outside("freeze", ["escalation-1"]);
  await outside("submit", {channel: "chat", subject: "Due while nobody looks", text: "Hello?", customer: "kim"});
  await vital(page, "Lateness", false);
  await vital(page, "escalation", false);
  const said = (await page.$$eval("#vitals .vital", (all) => all.map((one) => `${one.firstChild.textContent}: ${one.lastChild.textContent}`))).find((one) => one.startsWith("Lateness"));
  assert.match(said, /^Lateness: \d{4,} ms$/);
  await outside("thaw", ["escalation-1"]);
  await vital(page, "escalation", true);
  await vital(page, "Lateness", true);
  await page.locator("#feed .line", {hasText: "Broken: first response"}).waitFor();

  const id = await outside("submit", {channel: "mail", subject: "Nobody takes the answer", text: "Hello?", customer: "ann", return_way: "callback", return_to: about.nobody});
  await outside("act", {contact: id, action: "accept", person: "lena"});
  await outside("act", {contact: id, action: "reply", person: "lena", text: "Here it is."});
  await vital(page, "Dead letters", false);
  await until("the answer and the acknowledgement are counted", async () => /Dead letters\s+2/.test(await text(page, "#vitals")));
}
