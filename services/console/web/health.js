// health.js - is what is shown true now? The line to the console, and buckstop's own health from its pulse.

import {at, h, list, mark, say, show} from "./dom.js";
import {about, clock, clockIs, now} from "./time.js";

const BEHIND_MS = 2000, LATE_MS = 1000;

export class Health {
  constructor() {
    this.pulse = null;
    this.state = "wait";
    this.words = "connecting";
    this.since = 0;
  }

  hear(pulse) {
    this.pulse = pulse;
    clockIs(pulse.now);
    this.beat = performance.now();
    this.judge("live");
  }

  link(state, words) {
    if (state === "cut" && this.state !== "cut") this.since = now();
    this.why = words;
    this.judge(state);
  }

  judge(state) {
    const pulse = this.pulse || {};
    this.state = state;
    if (state !== "live") this.words = state === "cut" ? "cut off" : "connecting";
    else if (pulse.store && pulse.store !== "ready") [this.state, this.words] = ["behind", "store is away"];
    else if (pulse.reading !== undefined) [this.state, this.words] = ["behind", "reading"];
    else if (pulse.behind_ms > BEHIND_MS) [this.state, this.words] = ["behind", `${about(pulse.behind_ms)} behind`];
    else this.words = "live";
    this.render();
  }

  banner() {
    if (this.state === "cut" && this.since)
      return `Cut off since ${clock(this.since)}. What you see is from then. ${this.why || ""} Trying again.`;
    if (this.state !== "behind") return "";
    if (this.pulse.reading !== undefined) return `The console reads what is open: ${this.pulse.reading.toLocaleString("en")} contacts so far.`;
    if (this.pulse.store !== "ready") return `buckstop's store is away: ${this.pulse.store}. Nothing that was accepted is lost.`;
    return `The wall is ${about(this.pulse.behind_ms)} behind.`;
  }

  render() {
    mark(document.documentElement, "link", this.state);
    say(at("link-words"), this.words);
    const banner = this.banner();
    say(at("banner"), banner);
    show(at("banner"), banner !== "");
  }

  // Each line: what it is, its value, and whether it is as it should be.
  vitals() {
    const p = this.pulse;
    if (!p) return [];
    const outbox = p.outbox || {};
    const lines = [
      ["store", "Store", p.store || "?", p.store === "ready"],
      ["lateness", "Lateness", p.lateness_ms === undefined || p.lateness_ms === null ? "–" : `${Math.round(p.lateness_ms)} ms`, !(p.lateness_ms > LATE_MS)],
      ["outbox", "Outbox", `${outbox.waiting || 0}${outbox.oldest_s ? `, oldest ${about(outbox.oldest_s * 1000)}` : ""}`, !(outbox.oldest_s > 300)],
      ["dead", "Dead letters", String(outbox.dead || 0), !(outbox.dead > 0)],
    ];
    for (const one of p.services || []) lines.push([`service-${one.name}`, one.name, one.ready ? "ready" : one.why || "not ready", one.ready]);
    return lines;
  }

  vitalsInto(parent) {
    list(parent, this.vitals(), (line) => line[0],
      (line) => h("div", {class: "vital"}, h("dt", null), h("dd", null)),
      (node, [, name, value, good]) => {
        say(node.firstChild, name);
        say(node.lastChild, value);
        mark(node, "good", good ? "yes" : "no");
      });
  }

  tick() {
    if (this.state === "cut") this.render();
  }
}
