// trend.js - promises of the last 24 hours: kept upwards, broken downwards, so that shape says it without colour.

import {h, svg} from "./dom.js";
import {hour} from "./time.js";

const WIDTH = 960, UP = 96, DOWN = 64, BARS = 96; // a bar a quarter of an hour

// Steps of five minutes into BARS columns that end now.
export function columns(trend, end, span = 24 * 3600000) {
  const out = Array.from({length: BARS}, () => ({kept: 0, broken: 0}));
  for (const step of trend) {
    const index = Math.floor((step.at - (end - span)) / (span / BARS));
    if (index < 0 || index >= BARS) continue;
    out[index].kept += step.kept || 0;
    out[index].broken += step.broken || 0;
  }
  return out;
}

function bars(heights, y, sign) {
  const width = WIDTH / BARS;
  return heights.map((height, i) => (height > 0
    ? `M${(i * width + 1).toFixed(1)} ${y}h${(width - 2).toFixed(1)}v${(sign * Math.max(height, 2)).toFixed(1)}h${(2 - width).toFixed(1)}z` : "")).join("");
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
  picture.append(
    svg("path", {class: "kept-bars", d: bars(data.map((c) => (c.kept / most) * UP), UP, -1)}),
    svg("path", {class: "axis", d: `M0 ${UP + 1}H${WIDTH}`}),
    svg("path", {class: "broken-bars", d: bars(data.map((c) => (c.broken / most) * UP), UP + 3, 1)}));
  const scale = h("div", {class: "scale", "aria-hidden": "true"},
    ...[24, 18, 12, 6, 0].map((back) => h("span", null, back ? hour(end - back * 3600000) : "now")));
  parent.replaceChildren(
    h("p", {class: "legend", "aria-hidden": "true"}, h("span", {class: "kept-sign"}, "kept"), h("span", {class: "broken-sign"}, "broken")),
    picture, scale);
}
