// actions.js - what a person may do with a contact as it is. Intake judges; this only leaves out what it would refuse.

import {key} from "./api.js";

const open = (c) => !["resolved", "closed"].includes(c.state);
const mine = (c, me) => c.owner === me;
const asked = (c, me) => c.offered_to === me;
const mineOrAnswer = (c, me) => c.accountable === me || (c.owner ? mine(c, me) : false);
const working = (c) => c.state === "owned" || c.state === "waiting";

// key: the single key. ask: what has to be said first; else it is done at once. strong: what is probably wanted now.
export const actions = [
  {name: "accept", key: "a", words: "Accept", may: (c, me) => ["received", "queued"].includes(c.state) || ((c.state === "offered" || c.state === "owned") && asked(c, me)),
    strong: true},
  {name: "decline", key: "d", words: "Decline", may: (c, me) => (c.state === "offered" || c.state === "owned") && asked(c, me), plain: true},
  {name: "reply", key: "r", words: "Reply", may: (c, me) => working(c) && mine(c, me), strong: true,
    ask: {label: "To the customer", send: "Send", need: true}},
  {name: "wait", key: "w", words: "Ask", may: (c, me) => c.state === "owned" && mine(c, me),
    ask: {label: "Question to the customer; promises rest until they answer", send: "Ask and wait", need: true}},
  {name: "acknowledge", key: "c", words: "Acknowledge", may: (c) => open(c), note: "I have seen it: the ladder holds"},
  {name: "note", key: "n", words: "Note", may: (c) => c.state !== "closed", ask: {label: "For colleagues; the customer does not see it", send: "Keep the note", need: true}},
  {name: "transfer", key: "t", words: "Transfer", may: (c, me) => c.state === "owned" && mineOrAnswer(c, me),
    ask: {label: "What the next person should know", send: "Propose", to: true}},
  {name: "resolve", key: "e", words: "Resolve", may: (c, me) => open(c) && mineOrAnswer(c, me), ask: {label: "How it was resolved, for colleagues", send: "Resolve"}},
  {name: "give-back", as: "decline", key: "b", words: "Give back", may: (c, me) => working(c) && mine(c, me) && !asked(c, me),
    ask: {label: "Why, for colleagues; it goes back to routing", send: "Give back"}},
  {name: "reopen", key: "o", words: "Reopen", may: (c) => c.state === "resolved", ask: {label: "Why, for colleagues", send: "Reopen"}},
];
// Of a promise, from its line.
export const release = {name: "release", words: "Release", may: mineOrAnswer, ask: {label: "Why this promise is no longer owed", send: "Release it", need: true}};

export function allowed(contact, me) {
  return me ? actions.filter((action) => action.may(contact, me)) : [];
}

// What is being written, by contact: it survives a look at another contact, and an error. The key stays with the same
// words, so that sending them again after an unknown outcome does it once.
export class Drafts {
  constructor() {
    this.known = new Map();
  }
  of(id) {
    if (!this.known.has(id)) this.known.set(id, {action: "", text: "", to: "", promise: "", key: ""});
    return this.known.get(id);
  }
  keyFor(id, body) {
    const draft = this.of(id), said = JSON.stringify(body);
    if (draft.said !== said) Object.assign(draft, {said, key: key()});
    return draft.key;
  }
  done(id) {
    this.known.delete(id);
  }
  unsent() {
    return [...this.known.values()].some((draft) => draft.text.trim() !== "");
  }
}
