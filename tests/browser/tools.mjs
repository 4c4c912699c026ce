// tools.mjs - what every walk needs: a browser, somebody in it, what happens outside, waits for conditions, axe.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {cpus, loadavg} from "node:os";
import {createInterface} from "node:readline";
import {pathToFileURL} from "node:url";

export const about = JSON.parse(process.argv[2]);
const {chromium} = await import(pathToFileURL(`${about.modules}/node_modules/playwright-core/index.mjs`));
const AXE = readFileSync(`${about.modules}/node_modules/axe-core/axe.min.js`, "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WAIT_MS = 20000;
const LOADED = 2, STOLEN = 0.1; // more who want a processor for each than this, or a share of its work: a crowded machine

const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]();
export async function outside(what, given) {
  console.log(JSON.stringify({do: what, ...(Array.isArray(given) ? {list: given} : {with: given || {}})}));
  const {given: answer, error} = JSON.parse((await lines.next()).value);
  assert.equal(error, undefined, `${what}: ${error}`);
  return answer;
}

export const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=user-gesture-required"]});
export const wrong = []; // what the page's console said of errors, and what was asked of any other host than the console's

// A browser of somebody: their session, and a count of the tones that they would hear.
export async function somebody(token, options = {}) {
  const context = await browser.newContext({viewport: {width: 1920, height: 1080}, colorScheme: "dark", ...options});
  context.setDefaultTimeout(WAIT_MS);
  await context.addInitScript(() => {
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function count(...given) { window.tones += 1; return start.apply(this, given); };
  });
  context.on("request", (asked) => { // also those of its service worker
    if (new URL(asked.url()).host !== new URL(about.url).host) wrong.push(`asked elsewhere: ${asked.method()} ${asked.url()}`);
  });
  if (token) {
    const answer = await context.request.post(`${about.url}session`, {data: {token}});
    assert.equal(answer.status(), 200, await answer.text());
  }
  const page = await context.newPage();
  const under = new Set(); // requests that were not answered yet: said when a walk fails
  page.under = under;
  page.on("request", (asked) => under.add(`${asked.method()} ${asked.url()}`));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (asked) => under.delete(`${asked.method()} ${asked.url()}`));
  page.on("pageerror", (error) => wrong.push(error.stack));
  page.on("console", (message) => { if (/Content Security|Refused to/.test(message.text())) wrong.push(message.text()); });
  return page;
}

export async function until(what, condition, ms = WAIT_MS) {
  for (const end = Date.now() + ms; ;) {
    const got = await condition();
    if (got) return got;
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
    await new Promise((done) => { setTimeout(done, 50); });
  }
}

export const text = (page, selector) => page.locator(selector).innerText();
export const shown = (page, name) => page.evaluate((of) => Number(document.querySelector(`[data-count="${of}"]`).textContent.replaceAll(",", "")), name);
export const row = (page, list, id) => page.locator(`${list} [data-id="${id}"]`);
export const linked = (page, state) => page.waitForSelector(`html[data-link="${state}"]`);

export async function judged(page, rules) {
  await page.evaluate(AXE);
  return page.evaluate((only) => axe.run(document, {runOnly: only}), rules);
}

export async function axe(page, what) {
  const {violations} = await judged(page, RULES);
  assert.deepEqual(violations.map((one) => `${what}: ${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`), []);
}

// What was wanted of the processors, and what of that the host of this machine gave to others; clock ticks (proc(5): stat).
export function ticks() {
  const [user, nice, system, , , irq, softirq, stolen] = readFileSync("/proc/stat", "ascii").split("\n")[0].split(/\s+/).slice(1).map(Number);
  return {wanted: user + nice + system + irq + softirq + stolen, stolen};
}

// Why no figure of time taken since is a verdict on the page; null where it is one. since: ticks() of then.
export function crowded(since) {
  const now = ticks(), share = (now.stolen - since.stolen) / (now.wanted - since.wanted), load = loadavg()[0];
  if (share > STOLEN) return {stolen: true, why: `its host gave ${Math.round(100 * share)} % of its processors' work to others`};
  return load > LOADED * cpus().length ? {stolen: false, why: `load ${load.toFixed(1)}`} : null;
}
