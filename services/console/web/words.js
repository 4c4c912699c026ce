// words.js - what the words of the interface mean for people: states, promises, facts of the timeline.

import {clock, moment, when} from "./time.js";

export const promiseWords = {
  acknowledge: "acknowledgement", first_response: "first response", next_response: "next response",
  resolution: "resolution", callback: "call back",
};
export const stateWords = {
  received: "being routed", offered: "offered", queued: "waits for somebody", owned: "in work", waiting: "waits for the customer",
  resolved: "resolved", closed: "closed",
};

export const spaced = (word) => String(word || "").replaceAll("_", " ");
export const promise = (kind) => promiseWords[kind] || spaced(kind);
export const state = (name) => stateWords[name] || spaced(name);
export const short = (id) => String(id || "").slice(-6);

const due = (fact) => (fact.due ? moment(when(fact.due)) : "?");
const deadline = (fact) => (fact.due ? clock(when(fact.due)) : "?");
const who = (fact) => fact.by || "buckstop";

// fact -> [tone, words]. Tones: good, bad, warn, plain, dim, news. A fact that is not here (of a newer service) is shown
// by its name.
const table = {
  opened: ["news", (f, e) => `New by ${e.channel || "a channel"}`],
  message: ["news", (f) => (f.to ? `Somebody else writes: ${f.detail || f.to}` : "The customer writes")],
  offered: ["plain", (f) => `Offered to ${f.to}, until ${deadline(f)}`],
  offer_expired: ["warn", (f) => `${f.to} did not answer the offer`],
  declined: ["warn", (f) => `${who(f)} declined`],
  queued: ["warn", () => "Waits for somebody"],
  nobody: ["bad", (f) => `Nobody can take it: ${f.to} is told`],
  accepted: ["good", (f) => `${who(f)} takes it`],
  replied: ["good", (f) => `${who(f)} replies`],
  noted: ["plain", (f) => `${who(f)} notes`],
  waiting: ["plain", (f) => `${who(f)} waits for the customer, until ${due(f)}`],
  pause_ended: ["plain", () => "The wait for the customer is over"],
  transfer_proposed: ["plain", (f) => `${who(f)} proposes to hand it to ${f.to}`],
  transferred: ["plain", (f) => `Handed from ${who(f)} to ${f.to}`],
  transfer_failed: ["warn", (f) => `The transfer to ${f.to || "nobody"} failed`],
  returned: ["warn", (f) => `Back from ${who(f)} to routing`],
  resolved: ["good", (f) => `${who(f)} resolves it`],
  reopened: ["warn", () => "Open again"],
  closed: ["dim", () => "Closed"],
  accountable: ["plain", (f) => `${f.to} is accountable`],
  promise_opened: ["dim", (f) => `Promised: ${promise(f.promise)} by ${due(f)}`],
  promise_kept: ["good", (f) => `Kept: ${promise(f.promise)}`],
  promise_broken: ["bad", (f) => `Broken: ${promise(f.promise)}, due ${due(f)}`],
  promise_released: ["warn", (f) => `${who(f)} releases the promise: ${promise(f.promise)}`],
  step: ["bad", (f) => `Escalates: step ${f.number || 0} of ${promise(f.promise)}`],
  step_skipped: ["dim", (f) => `Step ${f.number || 0} is folded into a later one`],
  step_empty: ["warn", (f) => `Step ${f.number || 0} names nobody who can be told`],
  acknowledged: ["good", (f) => `${who(f)} has seen it; the ladder holds until ${deadline(f)}`],
  acknowledgement_expired: ["warn", (f) => `The acknowledgement${f.by ? ` by ${f.by}` : ""} has run out`],
  notice: ["dim", (f) => `Notice to ${f.to || "the customer"}`],
  notice_left_out: ["dim", (f) => `No notice to ${f.to || "the customer"}`],
  delivered: ["dim", (f) => `Delivered: ${f.to}`],
  delivery_retried: ["warn", (f) => `A delivery is tried again: ${f.to}`],
  delivery_failed: ["bad", (f) => `A delivery failed for good: ${f.to}`],
  delivery_moot: ["dim", (f) => `A notice has no reason any more: ${f.to}`],
  delivery_bundled: ["dim", (f) => `A notice to ${f.to} goes with others, in one`],
  bundle: ["dim", () => "The one notice that it went with"],
  delivery_held: ["dim", (f) => `A notice to ${f.to} is held until ${due(f)}`],
  handoff_repeated: ["warn", (f) => `Routing is told again (${f.number || 0})`],
  relaxed: ["plain", () => "Requirements are relaxed"],
  review: ["warn", () => "Silence is looked at"],
  moved: ["bad", (f) => `Moved to ${f.to}${f.by ? `, by ${f.by}` : ""}`],
  set_aside: ["bad", (f) => `Set aside; ${f.to} is accountable`],
  present: ["good", (f, e) => `${e.person} ${f.detail || "is here"}`],
  away: ["warn", (f, e) => `${e.person} is away`],
  leaving: ["warn", (f, e) => `${e.person} is leaving`],
  policy_applied: ["news", (f) => `${who(f)} applied a policy`],
  drained: ["plain", (f, e) => `All that ${e.person} held is handed back`],
  attached: ["news", (f) => `Attached: ${f.detail || f.to || "a file"}`],
  call: ["news", (f) => `A call: ${f.detail || "?"}`],
  linked: ["plain", () => "Another contact of the same customer"],
  bounced: ["bad", (f) => `It came back: ${f.to}`],
  delivery_receipt: ["dim", (f) => `The far side says: ${f.detail || f.to}`],
  forgotten: ["warn", () => "Personal data was removed"],
  sending_held: ["bad", (f) => `Sending is held by ${who(f)}`],
  sending_released: ["warn", (f) => `${who(f)} has decided: ${f.detail}`],
  clock_jumped: ["bad", () => "The clock jumped"],
};
const saysDetail = new Set(["attached", "call", "delivery_receipt", "present", "sending_released"]);

// What an operator looks up for.
const escalations = new Set(["promise_broken", "step", "step_empty", "moved", "nobody", "offer_expired", "returned", "set_aside",
  "delivery_failed", "bounced", "acknowledged", "acknowledgement_expired", "transfer_failed", "review", "clock_jumped", "away"]);

export function fact(f, event) {
  const row = table[f.fact];
  return {
    tone: row ? row[0] : "plain",
    words: row ? row[1](f, event || {}) : spaced(f.fact),
    detail: f.detail && !saysDetail.has(f.fact) && !(f.fact === "message" && f.to) ? f.detail : "",
    text: f.text || "",
    escalation: escalations.has(f.fact),
  };
}
