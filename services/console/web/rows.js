// rows.js - a contact as a line: what is left, what it is about, who answers for it.

import {h, list, mark, say} from "./dom.js";
import {now, span, spoken} from "./time.js";
import {promise, short} from "./words.js";

const SIGNS = {broken: "broken", risk: "at risk"}; // the shapes' names, for who listens
const isLate = (promise) => promise.due <= now();
const HELD_MS = 1500; // so long nothing moves under a hand that was just there

export function urgency(row) {
  if (!row.next) return row.answered && isLate(row.answered) ? "risk" : "none"; // the answer is not there in time
  if (row.next.broken || isLate(row.next)) return "broken";
  return row.risk_at && row.risk_at <= now() ? "risk" : "calm";
}

// What happens to it now, of the one who has it or is asked.
export function holder(row) {
  if (row.offered_to && row.owner) return `${row.owner} hands it to ${row.offered_to}`;
  if (row.offered_to) return `asked: ${row.offered_to}`;
  if (row.state === "waiting") return `${row.owner} waits for the customer`;
  if (row.owner) return row.owner === row.accountable ? "works on it" : `${row.owner} works on it`;
  if (row.state === "queued") return "nobody is free yet";
  if (row.state === "resolved" || row.state === "closed") return row.state;
  return "being routed";
}

function make(row) {
  const part = {
    sign: h("span", {class: "sign"}), left: h("span", {class: "left"}), kind: h("small", {class: "kind"}), subject: h("span", {class: "subject"}),
    meta: h("small", {class: "meta"}), accountable: h("b", {class: "accountable"}), holder: h("small", {class: "holder"}),
  };
  const link = h("a", {href: `#/contact/${encodeURIComponent(row.id)}`, class: "go"},
    h("span", {class: "due"}, part.sign, part.left, part.kind),
    h("span", {class: "what"}, part.subject, part.meta),
    h("span", {class: "who"}, part.accountable, part.holder));
  const node = h("li", {class: "row", dataset: {id: row.id}}, link);
  return Object.assign(node, {parts: part, link});
}

function name(sign, words) {
  if (sign.words === words) return;
  sign.words = words;
  if (words) {
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", words);
  } else for (const of of ["role", "aria-label"]) sign.removeAttribute(of);
}

function owed(next, level) {
  const kind = next.kind === "acknowledge" ? "acknowledge" : promise(next.kind); // the column is narrow
  return level === "broken" ? `${kind} late` : kind;
}

function count(node) {
  const {row, parts: part} = node, level = urgency(row);
  mark(node, "urgency", level);
  name(part.sign, SIGNS[level]);
  const shown = row.next || row.answered;
  say(part.left, shown ? span(Math.abs(shown.due - now())) : "–");
  say(part.kind, row.next ? owed(row.next, level) : !shown ? "nothing owed" : isLate(shown) ? "on its way, late" : "answered, on its way");
}

function mend(node, row) {
  if (node.row === row) return count(node);
  node.row = row;
  const {parts: part} = node;
  say(part.subject, row.subject || row.said || `(no subject) ${short(row.id)}`);
  say(part.meta, [row.channel, row.team, row.acknowledged_by ? `seen by ${row.acknowledged_by}` : "",
    row.step > 0 ? `step ${row.step}` : "", row.customer, row.priority > 0 ? `priority ${row.priority}` : ""].filter(Boolean).join(" · "));
  say(part.accountable, row.accountable || "?");
  say(part.holder, holder(row));
  mark(node, "state", row.state);
  mark(node, "seen", row.acknowledged_by);
  return count(node);
}

// A list of rows that can be walked by arrow keys: one of them is in the order of tabs.
export class Rows {
  constructor(parent) {
    this.parent = parent;
    this.moved = 0;
    parent.addEventListener("pointermove", () => { this.moved = performance.now(); });
    parent.addEventListener("keydown", (event) => this.key(event));
    parent.addEventListener("focusin", (event) => this.choose(event.target.closest("li")));
  }

  // Somebody is about to click: what moves away under the pointer would be hit in its place.
  held() {
    return performance.now() - this.moved < HELD_MS && this.parent.matches(":hover");
  }

  render(rows) {
    if (this.held()) rows = this.inOldOrder(rows);
    list(this.parent, rows, (row) => row.id, make, mend);
    if (!this.chosen || !this.chosen.isConnected) this.choose(this.parent.firstChild);
  }

  inOldOrder(rows) {
    const place = new Map([...this.parent.children].map((node, index) => [node.dataset.id, index]));
    const had = rows.filter((row) => place.has(row.id)).sort((a, b) => place.get(a.id) - place.get(b.id));
    return [...had, ...rows.filter((row) => !place.has(row.id))];
  }

  choose(node) {
    if (this.chosen && this.chosen !== node && this.chosen.link) this.chosen.link.tabIndex = -1;
    this.chosen = node && node.link ? node : null;
    for (const other of this.parent.children) if (other !== this.chosen) other.link.tabIndex = -1;
    if (this.chosen) this.chosen.link.tabIndex = 0;
  }

  step(by) {
    const all = [...this.parent.children];
    if (all.length === 0) return;
    const from = all.indexOf(document.activeElement && document.activeElement.closest("li"));
    const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), all.length - 1);
    all[to].link.focus();
  }

  key(event) {
    const by = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6}[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.step(by);
  }

  // Once a second: the numbers that count down.
  tick() {
    for (const node of this.parent.children) count(node);
  }

  current(id) {
    for (const node of this.parent.children) {
      if (node.dataset.id === id) node.link.setAttribute("aria-current", "true");
      else if (node.link.hasAttribute("aria-current")) node.link.removeAttribute("aria-current");
    }
  }
}

// For who listens: what an offer or a contact is, in a sentence.
export function sentence(row) {
  const left = row.next ? row.next.due - now() : 0;
  const due = !row.next ? "" : left < 0 ? `, ${promise(row.next.kind)} late by ${spoken(left)}` : `, ${promise(row.next.kind)} in ${spoken(left)}`;
  return `${row.subject || row.said || "no subject"}, by ${row.channel}${due}`;
}
