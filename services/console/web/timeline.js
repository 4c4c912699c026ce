// timeline.js - a contact's story: each thing that happened, who did it, and why.

import {h} from "./dom.js";
import {clock, day, when} from "./time.js";
import * as words from "./words.js";

const SPEAKERS = {opened: "customer", message: "customer", replied: "us", noted: "note", waiting: "us"};

function speech(fact, told, contact) {
  const side = SPEAKERS[fact.fact];
  if (!side || !told.text) return told.text ? h("p", {class: "aside"}, told.text) : null;
  const name = side === "customer" ? contact.customer_name || contact.customer || "the customer" : fact.by || "buckstop";
  return h("blockquote", {class: "said", dataset: {side}}, h("p", {class: "speaker"}, side === "note" ? `${name}, a note` : name), h("p", {class: "text"}, told.text));
}

function line(fact, event, contact) {
  const told = words.fact(fact, event), time = when(fact.at || event.at);
  return h("li", {class: "fact", dataset: {tone: told.tone, fact: fact.fact}},
    h("time", {datetime: new Date(time).toISOString()}, clock(time)),
    h("span", {class: "sign", "aria-hidden": "true"}),
    h("div", {class: "told"}, h("p", {class: "words"}, told.words),
      told.detail ? h("p", {class: "why"}, told.detail) : null, speech(fact, told, contact)));
}

// Appends what is new; `state` remembers the last day that was named.
export function append(parent, events, contact, state) {
  const out = document.createDocumentFragment();
  for (const event of events) {
    const whole = {channel: contact.channel, subject: contact.subject, ...event};
    for (const fact of event.facts || []) {
      const named = day(when(fact.at || event.at));
      if (named !== state.day) out.append(h("li", {class: "day"}, named));
      state.day = named;
      out.append(line(fact, whole, contact));
    }
  }
  parent.append(out);
}
