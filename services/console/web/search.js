// search.js - contacts and customers by name, words or id; asked while somebody writes, the last answer counts.

import {at, h, list, say, show} from "./dom.js";
import * as api from "./api.js";
import {Rows} from "./rows.js";
import {moment, when} from "./time.js";
import * as words from "./words.js";

const SOON_MS = 200;

export class Search {
  constructor() {
    this.rows = new Rows(at("found-contacts"));
    this.text = "";
    at("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.forget();
      if (at("query").value.trim()) location.hash = `#/search/${encodeURIComponent(at("query").value.trim())}`;
    });
    at("query").addEventListener("input", () => {
      this.forget();
      this.soon = setTimeout(() => this.typed(), SOON_MS);
    });
    at("query").addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && this.rows.parent.firstChild) { event.preventDefault(); this.rows.step(1); }
    });
  }

  // What was typed is not looked for: it was sent, more is typed, or somebody went elsewhere.
  forget() {
    clearTimeout(this.soon);
  }

  typed() {
    const text = at("query").value.trim();
    const here = location.hash.startsWith("#/search/");
    if (text.length >= 2) (here ? history.replaceState(null, "", `#/search/${encodeURIComponent(text)}`) : location.assign(`#/search/${encodeURIComponent(text)}`));
    if (here && text.length >= 2) this.open(text);
  }

  async open(text) {
    if (document.activeElement !== at("query")) at("query").value = text;
    if (this.text === text) return;
    this.text = text;
    if (this.asked) this.asked.abort();
    this.asked = new AbortController();
    say(at("found-note"), "Looking…");
    try {
      const answer = await api.search(text, {signal: this.asked.signal});
      if (this.text === text) this.render(answer);
    } catch (error) {
      if (error.name !== "AbortError") say(at("found-note"), error.message);
    }
  }

  render({contacts = [], customers = []}) {
    say(at("found-title"), `Search: ${this.text}`);
    say(at("found-note"), contacts.length + customers.length === 0 ? "Nothing open or kept has these words. Closed contacts are looked up with: buckstop list" :
      `${contacts.length} contact${contacts.length === 1 ? "" : "s"}, ${customers.length} customer${customers.length === 1 ? "" : "s"}`);
    this.rows.render(contacts);
    list(at("found-customers"), customers, (customer) => customer.id, makeCustomer, (node, customer) => say(node.parts, `${customer.contacts} found`));
    show(at("found-contacts-panel"), contacts.length > 0);
    show(at("found-customers-panel"), customers.length > 0);
  }

  // What was found changes while it is looked at.
  change(change) {
    if (at("found").hidden) return;
    const changed = new Map((change.contacts || []).map((row) => [row.id, row]));
    for (const node of this.rows.parent.children) if (changed.has(node.dataset.id)) this.again = true;
    if (this.again && !this.soon2) this.soon2 = setTimeout(() => { this.again = false; this.soon2 = 0; const {text} = this; this.text = ""; this.open(text); }, 1000);
  }
}

// Who it is, is read when somebody wants to know.
function makeCustomer(customer) {
  const part = h("small", null), more = h("div", {class: "more-of"});
  const node = h("details", {ontoggle: () => { if (node.open && !more.firstChild) readCustomer(customer.id, more); }},
    h("summary", null, h("b", null, customer.name || words.short(customer.id)), part), more);
  return Object.assign(h("li", {class: "customer"}, node), {parts: part});
}

async function readCustomer(id, parent) {
  parent.replaceChildren(h("p", {class: "note"}, "Loading…"));
  try {
    const who = await api.get(`v1/customers/${encodeURIComponent(id)}`);
    parent.replaceChildren(
      h("p", {class: "note"}, [(who.identities || []).map((identity) => identity.text).join(", "), who.tier, who.language, who.owner ? `account owner ${who.owner}` : ""].filter(Boolean).join(" · ")),
      who.notes ? h("p", null, who.notes) : "",
      h("ul", null, (who.contacts || []).map((one) => h("li", null, h("a", {href: `#/contact/${encodeURIComponent(one.contact)}`}, one.subject || words.short(one.contact)),
        h("small", null, `${words.state(one.state)}, ${one.channel}, ${moment(when(one.opened_at))}`)))));
  } catch (error) {
    parent.replaceChildren(h("p", {class: "wrong"}, error.message));
  }
}
