// signs.mjs - what the page says by colour it says by words or a shape, too; and how it looks to eyes that see colours
// otherwise: Chromium emulates them for the screenshots, and the contrasts that axe has measured are computed anew as such
// an eye sees them.
import assert from "node:assert/strict";

// Of linear red, green and blue: for the two kinds Machado, Oliveira, Fernandes (2009), severity 1.0; for eyes without
// colours the luminance of sRGB. Chromium emulates with the same ones.
const EYES = {
  achromatopsia: [[0.2126, 0.7152, 0.0722], [0.2126, 0.7152, 0.0722], [0.2126, 0.7152, 0.0722]],
  deuteranopia: [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
  protanopia: [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
};

const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
const seen = (rgb, eye) => EYES[eye].map((line) => Math.min(1, Math.max(0, line.reduce((sum, part, i) => sum + part * rgb[i], 0))));
const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

export function contrast(ink, ground, eye) {
  const [a, b] = [ink, ground].map((hex) => luminance(seen(linear(hex), eye)) + 0.05);
  return Math.max(a, b) / Math.min(a, b);
}

// Of elements: what is said (read aloud, too), and the drawn shape of their sign, that is what is left when all colours are one.
function read(states) {
  return Object.fromEntries(Object.entries(states).map(([name, at]) => {
    const node = document.querySelector(at), sign = node.querySelector(".sign"), style = sign && getComputedStyle(sign);
    const labels = [...node.querySelectorAll("[aria-label]")].map((one) => one.getAttribute("aria-label"));
    const hollow = style && style.backgroundColor === "rgba(0, 0, 0, 0)" ? "ring" : "full";
    const shape = !style || style.display === "none" ? "none" : style.clipPath === "none" ? `${hollow} ${style.borderRadius === "0px" ? "square" : "round"}` : style.clipPath;
    return [name, {said: [node.innerText, ...labels].join(" "), shape}];
  }));
}

export const shapeOf = async (page, at) => (await page.evaluate(read, {at})).at.shape;

// States that have colours of their own: their words say it, and their signs differ. Read in one turn: they go by.
export async function saidWithoutColour(page, states) {
  const is = await page.evaluate(read, Object.fromEntries(Object.entries(states).map(([name, {at}]) => [name, at])));
  for (const [name, {words}] of Object.entries(states)) assert.match(is[name].said, words, `${name} is said in words`);
  const shapes = Object.values(is).map((one) => one.shape);
  assert.equal(new Set(shapes).size, shapes.length, `shapes differ: ${JSON.stringify(is)}`);
}

// Screenshots as these eyes see the page; no text that axe found readable is less so to them than WCAG AA wants.
export async function otherEyes(page, axe, shot) {
  const chromium = await page.context().newCDPSession(page);
  for (const eye of Object.keys(EYES)) {
    await chromium.send("Emulation.setEmulatedVisionDeficiency", {type: eye});
    await page.screenshot({path: shot(eye)});
    const {violations, passes} = await axe(page, ["color-contrast"]);
    assert.deepEqual(violations.map((one) => one.nodes.map((node) => node.target).join(" ")), [], eye);
    const texts = passes.flatMap((rule) => rule.nodes).flatMap((node) => node.any.filter((one) => one.data && one.data.fgColor).map((one) => ({of: node.target.join(" "), ...one.data})));
    assert.ok(texts.length > 20, `axe measured ${texts.length} texts`);
    const faint = texts.map((one) => ({...one, ratio: contrast(one.fgColor, one.bgColor, eye)})).filter((one) => one.ratio < parseFloat(one.expectedContrastRatio));
    assert.deepEqual(faint.map((one) => `${one.of}: ${one.fgColor} on ${one.bgColor} is ${one.ratio.toFixed(2)} for ${eye}`), []);
  }
  await chromium.send("Emulation.setEmulatedVisionDeficiency", {type: "none"});
}
