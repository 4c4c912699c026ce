// trend.js - promises of the last 24 hours, as two lines: kept, solid and upwards; broken, dashed and downwards. Which is
// which is so seen without colour.

import {h, svg} from "./dom.js";
import {hour} from "./time.js";

const WIDTH = 960, UP = 96, DOWN = 64, QUARTERS = 96; // a point a quarter of an hour

// Steps of five minutes into QUARTERS of an hour that end now.
export function columns(trend, end, span = 24 * 3600000) {
  const out = Array.from({length: QUARTERS}, () => ({kept: 0, broken: 0}));
  for (const step of trend) {
    const index = Math.floor((step.at - (end - span)) / (span / QUARTERS));
    if (index < 0 || index >= QUARTERS) continue;
    out[index].kept += step.kept || 0;
    out[index].broken += step.broken || 0;
  }
  return out;
}

// From the middle of the first quarter to that of the last; the least count is seen, too.
function line(heights, y, sign) {
  const width = WIDTH / QUARTERS;
  return `M${heights.map((height, i) => `${(i + 0.5) * width} ${(y + sign * (height > 0 ? Math.max(height, 2) : 0)).toFixed(1)}`).join("L")}`;
}

function area(path, y) {
  const edge = WIDTH / QUARTERS / 2;
  return `${path}L${WIDTH - edge} ${y}L${edge} ${y}z`;
}

export function draw(parent, trend, end) {
  const data = columns(trend, end);
  const most = Math.max(1, ...data.map((column) => Math.max(column.kept, column.broken * (UP / DOWN))));
  const kept = data.reduce((sum, column) => sum + column.kept, 0), broken = data.reduce((sum, column) => sum + column.broken, 0);
  const key = JSON.stringify([data, Math.floor(end / 900000)]);
  if (parent.key === key) return;
  parent.key = key;
  const picture = svg("svg", {viewBox: `0 0 ${WIDTH} ${UP + DOWN + 4}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `Last 24 hours: ${kept} promises kept, ${broken} broken`});
  const up = line(data.map((c) => (c.kept / most) * UP), UP, -1), down = line(data.map((c) => (c.broken / most) * UP), UP + 3, 1);
  picture.append(
    svg("path", {class: "kept-area", d: area(up, UP)}), svg("path", {class: "broken-area", d: area(down, UP + 3)}),
    svg("path", {class: "axis", d: `M0 ${UP + 1}H${WIDTH}`}),
    svg("path", {class: "kept-line", d: up}), svg("path", {class: "broken-line", d: down}));
  const scale = h("div", {class: "scale", "aria-hidden": "true"},
    ...[24, 18, 12, 6, 0].map((back) => h("span", null, back ? hour(end - back * 3600000) : "now")));
  parent.replaceChildren(
    h("p", {class: "legend", "aria-hidden": "true"}, h("span", {class: "kept-sign"}, "kept, upwards"), h("span", {class: "broken-sign"}, "broken, downwards")),
    picture, scale);
}
