// walk.mjs - walks through the console's page in Chromium: node walk.mjs ABOUT, started by test_page.py, which does what
// happens outside of the page when it is asked by a line of JSON. Waits look for conditions; nothing sleeps.
import assert from "node:assert/strict";
import {mkdirSync, rmSync} from "node:fs";
import {load} from "./busy.mjs";
import {keyboard} from "./hands.mjs";
import {order, unwell} from "./order.mjs";
import {otherEyes, saidWithoutColour, shapeOf} from "./signs.mjs";
import {about, axe, browser, judged, linked, outside, row, shown, somebody, text, until, wrong} from "./tools.mjs";

const AGAIN_MS = 2500;

// ---- the walks

const walks = {
  load, keyboard, order, unwell,

  async wall() {
    const page = await somebody(null);
    await page.goto(about.url);
    await page.fill("#token", "bs_nobody_knows_this_one");
    await page.click("#signin-form button");
    await page.waitForFunction(() => document.getElementById("signin-wrong").textContent !== "");
    assert.match(await text(page, "#signin-wrong"), /^[^;.]+[;.] \S.*$/); // what is wrong, and what to do
    await page.fill("#token", about.operator);
    await page.click("#signin-form button");
    await linked(page, "live");
    assert.equal(await shown(page, "open"), 0);

    const id = await outside("submit", {channel: "chat", subject: "Where is <b>my</b> card?", text: "I wait since Monday.", customer: "kim"});
    await row(page, "#next", id).waitFor();
    assert.equal(await text(page, `[data-id="${id}"] .subject`), "Where is <b>my</b> card?");
    assert.equal(await text(page, `[data-id="${id}"] .accountable`), "lena");
    await until("it is counted", async () => (await shown(page, "open")) === 1);
    const first = await text(page, `[data-id="${id}"] .left`);
    await page.waitForFunction(([of, was]) => document.querySelector(`[data-id="${of}"] .left`).textContent !== was, [id, first]);
    console.log(`counts down from ${first}`);

    await page.waitForSelector(`[data-id="${id}"][data-urgency="broken"]`);
    await until("it is counted as broken", async () => (await shown(page, "broken")) === 1);
    await page.locator("#feed .line", {hasText: "Broken: first response"}).waitFor();
    await page.locator("#feed .line", {hasText: "Escalates"}).first().waitFor();
    await page.locator("#feed .line", {hasText: "Moved to mira"}).waitFor();
    await until("who is accountable has changed", async () => (await text(page, `[data-id="${id}"] .accountable`)) === "mira");

    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.locator("#story .timeline .fact", {hasText: "Escalates"}).first().waitFor();
    assert.equal(await page.locator("#story .why").first().innerText() !== "", true, "a reason is said");
    assert.equal(await page.locator("#story button[data-action]").count(), 0, "nobody acts as nobody");
    await page.selectOption("#acting-as", "lena");
    await page.click("#story button[data-action=acknowledge]");
    await page.locator("#story .fact[data-fact=acknowledged]").waitFor();
    const facts = (await outside("view", {contact: id})).timeline.flatMap((event) => event.facts);
    assert.equal(facts.filter((fact) => fact.fact === "acknowledged" && fact.by === "lena").length, 1);
    await page.keyboard.press("Escape");
    await page.waitForSelector("html:not([data-story])");
    const kept = await outside("submit", {channel: "mail", subject: "Answered in time", text: "Hello?", customer: "ida"});
    await outside("act", {contact: kept, action: "accept", person: "lena"});
    await outside("act", {contact: kept, action: "reply", person: "lena", text: "Here it is."});
    await until("the drawing says what was kept and broken", () => drawn(page));
    assert.match(await text(page, "#trend .legend"), /kept.*broken/s);
    await until("the wall says who has seen it", async () => (await text(page, `[data-id="${id}"] .meta`)).includes("seen by lena"));

    await page.click("#stream-all");
    await page.mouse.move(5, 5);
    await outside("kill");
    await linked(page, "cut");
    assert.match(await text(page, "#banner"), /Cut off since/);
    await saidWithoutColour(page, {cut: {at: "#link", words: /cut off/}});
    const cut = await shapeOf(page, "#link");
    const missed = await outside("submit", {channel: "mail", subject: "While you were away", text: "Hello?", customer: "ann"});
    await outside("start");
    await linked(page, "live");
    assert.notEqual(await shapeOf(page, "#link"), cut);
    await row(page, "#next", missed).waitFor();
    await until("nothing is missing in the stream", async () => {
      const numbers = await page.$$eval("#feed .line", (all) => all.map((one) => Number(one.dataset.number)));
      const known = [...new Set(numbers)].sort((a, b) => a - b), last = await outside("newest");
      return known[known.length - 1] === last && known.every((n, i) => i === 0 || n === known[i - 1] + 1);
    });
    assert.equal(await page.locator("#banner").isVisible(), false);
  },

  async desk() {
    const ada = await somebody(about.people.ada), ben = await somebody(about.people.ben, {viewport: {width: 390, height: 844}});
    const lists = [];
    for (const page of [ada, ben]) page.on("request", (request) => { if (/v1\/contacts\?/.test(request.url())) lists.push(request.url()); });
    await ada.goto(about.url);
    await linked(ada, "live");
    assert.match(ada.url() + (await text(ada, "#desk-title")), /ada/);
    await until("the open page is their presence", async () => (await outside("person", ["ada"])).present);
    assert.match(await text(ada, "#desk-note"), /so that offers may sound/);
    await ada.keyboard.press("Shift");

    const id = await outside("submit", {channel: "chat", subject: "PIN blocked", text: "It says <i>blocked</i>.", customer: "kim"});
    const card = row(ada, "#offers", id);
    await card.waitFor();
    await until("it sounds", () => ada.evaluate(() => window.tones === 2));
    await card.locator(".text", {hasText: "It says <i>blocked</i>."}).waitFor();
    assert.match(await ada.title(), /1 offered/);
    await card.locator("button", {hasText: "Accept"}).click();
    await ada.locator("#story .fact[data-fact=accepted]").waitFor();
    await row(ada, "#mine", id).waitFor();

    await ada.locator("#story").focus();
    await ada.keyboard.press("r");
    await ada.waitForSelector("#composer-text:focus");
    await ada.keyboard.type("A new one is on its way. <img src=x onerror=document.title='hacked'>");
    await ada.keyboard.press("Control+Enter");
    await ada.locator("#story .said[data-side=us]", {hasText: "<img src=x"}).waitFor();
    assert.equal(await ada.locator("#story img").count(), 0, "text of others is only text");
    await ada.locator("#story .fact[data-fact=promise_kept]", {hasText: "first response"}).waitFor();

    await ada.click("#story button[data-action=note]");
    await ada.fill("#composer-text", "Kim was calm.");
    await ada.click("#story .composer button[type=submit]");
    await ada.locator("#story .said[data-side=note]", {hasText: "Kim was calm."}).waitFor();
    assert.match(await text(ada, "#story .fact[data-fact=noted]"), /ada notes.*a note/s);

    await ben.goto(about.url);
    await until("ben is here", async () => (await outside("person", ["ben"])).present);
    await ben.locator("#desk-title").click();
    await ada.click("#story button[data-action=transfer]");
    await ada.selectOption("#composer-to", "person:ben");
    await ada.fill("#composer-text", "Ben knows this one.");
    await ada.click("#story .composer button[type=submit]");
    const theirs = row(ben, "#offers", id);
    await theirs.waitFor();
    await until("it sounds at ben's", () => ben.evaluate(() => window.tones === 2));
    await theirs.locator("button", {hasText: "Accept"}).click();
    await until("it is ben's", async () => (await outside("view", {contact: id})).owner === "ben");
    await row(ada, "#mine", id).waitFor({state: "detached"});
    await ada.locator("#story button[data-action=reply]").waitFor({state: "detached"}); // who has it no more can't reply

    await ben.click("#story button[data-action=wait]");
    await ben.fill("#composer-text", "To which address shall it go?");
    await ben.click("#story .composer button[type=submit]");
    await ben.locator("#story .fact[data-fact=waiting] .said[data-side=us]", {hasText: "To which address"}).waitFor();
    await until("the lines say for whom it waits", async () => (await ben.locator("#story .chip").innerText()) === "waits for the customer");
    const facts = (await outside("view", {contact: id})).timeline.flatMap((event) => event.facts).map((fact) => [fact.fact, fact.by, fact.text].join(" "));
    for (const fact of ["noted ada Kim was calm.", "waiting ben To which address shall it go?"]) assert.equal(facts.filter((one) => one === fact).length, 1, `${fact}: ${facts}`);

    await ben.click("#story button[data-action=resolve]");
    await ben.fill("#composer-text", "A new PIN was sent.");
    await ben.click("#story .composer button[type=submit]");
    await ben.locator("#story .fact[data-fact=resolved]").waitFor();
    await row(ben, "#mine", id).waitFor({state: "detached"});

    // Loading the page anew keeps the presence; "away" and closing the page end it.
    const {epoch} = await outside("person", ["ada"]);
    await ada.reload();
    await linked(ada, "live");
    const again = await outside("person", ["ada"]);
    assert.equal(again.epoch, epoch, "a reload is no absence");
    assert.ok(again.present);
    await ada.click("#presence");
    await until("away is said", async () => !(await outside("person", ["ada"])).present);
    await ada.click("#presence");
    await until("here is said", async () => (await outside("person", ["ada"])).present);
    // Who could not be signed out is here again at once, not at the next heartbeat; and is never said to be away.
    const order = [];
    await ada.route(`${about.url}session`, (asked) => (asked.request().method() === "DELETE"
      ? asked.fulfill({status: 503, json: {detail: "buckstop's store is away."}}) : asked.continue()));
    ada.on("request", (asked) => { if (/presence$|session$/.test(asked.url())) order.push(`${asked.method()} ${asked.url().split("/").pop()}`); });
    await ada.evaluate(() => {
      window.said = [];
      new MutationObserver(() => window.said.push(document.getElementById("presence-words").textContent)).observe(document.getElementById("presence"), {childList: true, subtree: true, characterData: true});
    });
    await ada.click("#menu-open");
    const back = ada.waitForRequest((asked) => asked.method() === "PUT" && order.includes("DELETE session"), {timeout: AGAIN_MS});
    await ada.click("#signout");
    await back;
    assert.deepEqual(order.slice(order.indexOf("DELETE presence")), ["DELETE presence", "DELETE session", "PUT presence"]);
    await until("still in", async () => /still signed in.*store is away/.test(await text(ada, "#signout-wrong")));
    await until("here again", async () => (await outside("person", ["ada"])).present);
    assert.equal((await ada.evaluate(() => window.said)).filter((words) => words === "away").length, 0);
    await ada.click("#menu-close");
    const here = await shapeOf(ada, '#presence[data-state="here"]');
    await ada.route("**/presence", (asked) => asked.fulfill({status: 503, json: {}}), {times: 1}); // a heartbeat that nobody took
    await ada.waitForSelector('#presence[data-state="doubt"]');
    await saidWithoutColour(ada, {doubt: {at: '#presence[data-state="doubt"]', words: /here, not yet heard/}});
    assert.notEqual(await shapeOf(ada, '#presence[data-state="doubt"]'), here);
    await ada.waitForSelector('#presence[data-state="here"]');
    await ada.close({runBeforeUnload: false});
    await until("closing the page is leaving", async () => !(await outside("person", ["ada"])).present, 7000);

    await ben.fill("#query", "PIN");
    await row(ben, "#found-contacts", id).waitFor();
    assert.match(await text(ben, "#found-title"), /PIN/);
    await ben.click("#menu-open");
    await ben.click("#signout");
    await ben.waitForSelector("#signin[open]");
    assert.equal((await outside("person", ["ben"])).present, false, "who is signed out is away");
    assert.deepEqual(lists, [], "what is mine is asked for only where the board leaves something out");
  },

  async cut_off() {
    const page = await somebody(about.operator);
    await page.route("**/assets/words.js", (asked) => asked.abort("connectionreset"), {times: 1});
    await page.goto(about.url); // a part that could not be fetched: the page comes again by itself
    await linked(page, "live");
    await outside("stop-redis");
    await linked(page, "behind");
    assert.match(await text(page, "#banner"), /store is away/);
    await page.waitForSelector('#vitals .vital[data-good="no"]', {state: "attached"}); // it comes with the next pulse
    await saidWithoutColour(page, {behind: {at: "#link", words: /store is away/}, vital: {at: '#vitals .vital[data-good="no"]', words: /Store/}});
    const behind = await shapeOf(page, "#link");
    assert.match(await page.locator('#vitals .vital[data-good="no"] dd').first().evaluate((node) => getComputedStyle(node, "::before").content), /✕/);
    await page.click("#menu-open");
    await page.click("#signout"); // it can't be written down that the session is over: then it is not said to be
    await until("still in", async () => /still signed in/.test(await text(page, "#signout-wrong")));
    await page.click("#menu-close");
    await outside("start-redis");
    await linked(page, "live");
    assert.notEqual(await shapeOf(page, "#link"), behind);
    const id = await outside("submit", {channel: "mail", subject: "After it", text: "Hello?", customer: "ann"});
    await row(page, "#next", id).waitFor();
    await until("the count is true", async () => (await shown(page, "open")) === (await outside("open")).length);
    const kept = await page.context().cookies();
    await page.click("#menu-open");
    assert.equal(await text(page, "#signout-wrong"), "");
    await page.click("#signout");
    await page.waitForSelector("#signin[open]");
    await page.context().addCookies(kept); // whoever has a copy of the cookie is out, too
    assert.equal((await page.request.get(`${about.url}board`)).status(), 401);
  },

  async looks() {
    rmSync(about.shots, {recursive: true, force: true});
    mkdirSync(about.shots, {recursive: true});
    const sizes = {wide: {width: 1920, height: 1080}, small: {width: 1280, height: 800}, phone: {width: 390, height: 844}};
    const views = {
      wall: (page) => page.waitForSelector("#vitals .vital"),
      story: async (page) => { await page.locator("#next .go").first().click(); await page.waitForSelector("#story .fact"); },
      desk: async (page) => { await page.goto(`${about.url}#/desk`); await page.waitForSelector("#offers .card, #mine .row"); },
      work: async (page) => {
        await page.goto(`${about.url}#/desk`);
        await page.locator("#mine .go").first().click();
        await page.click("#story button[data-action=reply]");
      },
      search: async (page) => { await page.goto(`${about.url}#/search/card`); await page.waitForSelector("#found-contacts .row"); },
      settings: (page) => page.click("#menu-open"),
      signin: (page) => page.waitForSelector("#signin[open]"),
    };
    await outside("submit", {channel: "call", subject: "Soon at risk", text: "Hello?", customer: "ida"}); // beside the views, until it is
    const others = withoutColours();
    others.catch(() => {}); // said below
    const holds = (await outside("open")).reduce((all, one) => (one.owner ? {...all, [one.owner]: (all[one.owner] || 0) + 1} : all), {});
    let count = 0;
    const busiest = Object.keys(holds).sort((a, b) => holds[b] - holds[a])[0];
    for (const colorScheme of ["dark", "light"]) for (const [size, viewport] of Object.entries(sizes)) for (const [name, open] of Object.entries(views)) {
      if (size === "small" && !["wall", "work"].includes(name)) continue;
      count += 1;
      const token = {wall: about.operator, story: about.operator, signin: null}[name];
      const page = await somebody(token === undefined ? about.people[busiest] : token, {viewport, colorScheme, bypassCSP: true, reducedMotion: "reduce"});
      await page.goto(`${about.url}${name === "signin" ? "" : "#/wall"}`);
      if (name !== "signin") await linked(page, "live");
      await open(page);
      await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
      await page.screenshot({path: `${about.shots}/${name}-${size}-${colorScheme}.png`});
      await axe(page, `${name} ${size} ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} ${size} scrolls sideways by ${wide}`);
      await page.context().close();
    }
    await others;
    console.log(`${count} views without a finding; screenshots in ${about.shots}`);
  },
};

// The drawing of promises has a solid line upwards for what was kept and a dashed one downwards for what was broken, and words
// for both; they agree with the figures beside it.
async function drawn(page) {
  const [, ...said] = /: (\d+) promises kept, (\d+) broken/.exec(await page.getAttribute("#trend svg", "aria-label"));
  const [up, down] = await page.$$eval("#trend .kept-line, #trend .broken-line", (all) => all.map((one) =>
    ({heights: one.getAttribute("d").split("L").map((point) => Number(point.split(" ")[1])), dashed: getComputedStyle(one).strokeDasharray !== "none"})));
  const axis = [up.heights[0], down.heights[0]], counts = [await shown(page, "kept"), await shown(page, "broken-today")];
  return up.heights.length === 96 && down.heights.length === 96 && !up.dashed && down.dashed && axis[0] < axis[1]
    && up.heights.every((y) => y <= axis[0]) && Math.min(...up.heights) < axis[0] && down.heights.every((y) => y >= axis[1]) && Math.max(...down.heights) > axis[1]
    && said.every((n, i) => Number(n) > 0 && Number(n) === counts[i]);
}

// The wall with something of each state, for eyes that tell no colours apart.
async function withoutColours() {
  const page = await somebody(about.operator, {bypassCSP: true, reducedMotion: "reduce"});
  await page.goto(`${about.url}#/wall`);
  await linked(page, "live");
  await page.waitForSelector('#next [data-urgency="risk"]');
  await saidWithoutColour(page, {
    broken: {at: '#next [data-urgency="broken"]', words: /late.*broken/s}, risk: {at: '#next [data-urgency="risk"]', words: /at risk/}, calm: {at: '#next [data-urgency="calm"]', words: /response|acknowledge/}});
  await saidWithoutColour(page, {here: {at: '#people [data-here="yes"]', words: /free|\d/}, away: {at: '#people [data-here="no"]', words: /away/}});
  await saidWithoutColour(page, {broken: {at: '.figure[data-figure="broken"][data-some]', words: /Broken/}, risk: {at: '.figure[data-figure="at_risk"][data-some]', words: /At risk/}});
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({colorScheme});
    await otherEyes(page, judged, (eye) => `${about.shots}/wall-wide-${colorScheme}-${eye}.png`);
  }
  await page.context().close();
}

try {
  await walks[about.case]();
  assert.deepEqual(wrong, []);
  await browser.close();
  process.exit(0);
} catch (error) {
  for (const context of browser.contexts()) for (const page of context.pages()) {
    await page.screenshot({path: `${about.modules}/failed-${about.case}.png`}).catch(() => {});
    console.log(`at ${page.url()}: ${(await page.locator("body").innerText().catch(() => "")).replaceAll("\n", " | ").slice(0, 600)}; not answered: ${[...(page.under || [])].join(", ")}`);
  }
  console.log(error.stack, wrong.join("\n"));
  await browser.close();
  process.exit(1);
}
