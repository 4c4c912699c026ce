// desk.js - the view of one person: what is offered to them, what is theirs, what they answer for.

import {at, h, list, mark, say, show} from "./dom.js";
import * as api from "./api.js";
import {isOpen} from "./board.js";
import {Rows, sentence, urgency} from "./rows.js";
import {now, span} from "./time.js";
import {key} from "./api.js";
import * as words from "./words.js";

const TEXT_MAX = 280;

export class Desk {
  // me(): whose desk. sound, tell(words): heard when something is offered.
  constructor(board, {me, sound, tell}) {
    Object.assign(this, {board, me, sound, tell, offered: new Set(), texts: new Map(), keys: new Map(), wrong: new Map()});
    this.mine = new Rows(at("mine"));
    this.answers = new Rows(at("answers"));
  }

  // What is mine may rank behind what the board holds: then it is asked for by name, after each new board.
  async fetchMine() {
    const me = this.me();
    if (!me || this.board.complete) return;
    const held = await api.held(me).catch(() => null);
    if (held) this.board.settle(held.contacts); // else away: the next board brings us here again
    this.render();
  }

  rows() {
    const me = this.me(), open = this.board.ordered().filter(isOpen);
    return {
      offers: me ? open.filter((row) => row.offered_to === me) : [],
      mine: me ? open.filter((row) => row.owner === me) : [],
      answers: me ? open.filter((row) => row.accountable === me && row.owner !== me && row.offered_to !== me) : [],
    };
  }

  render() {
    const {offers, mine, answers} = this.rows(), me = this.me();
    this.notice(offers);
    list(at("offers"), offers, (row) => row.id, (row) => this.makeCard(row), (node, row) => this.mendCard(node, row));
    show(at("offers-nothing"), offers.length === 0);
    this.mine.render(mine);
    this.answers.render(answers.slice(0, 100));
    show(at("mine-nothing"), mine.length === 0);
    show(at("answers-panel"), answers.length > 0);
    const late = mine.filter((row) => urgency(row) === "broken").length;
    say(at("mine-note"), mine.length > 0 ? `${mine.length}${late > 0 ? `, ${late} late` : ""}` : "");
    say(at("desk-title"), me ? `${me}'s desk` : "Desk");
    say(at("desk-note"), me ? (this.sound.muted() ? "Click anywhere or press a key, so that offers may sound." : "") : "Choose above as whom you act.");
    mark(document.documentElement, "offers", offers.length);
  }

  // New offers are heard and said; those that were there when the page came are only shown.
  notice(offers) {
    const fresh = offers.filter((row) => !this.offered.has(row.id));
    this.offered = new Set(offers.map((row) => row.id));
    for (const id of [...this.texts.keys()]) if (!this.offered.has(id)) this.texts.delete(id);
    for (const row of fresh) this.read(row);
    if (fresh.length === 0 || !this.seen) {
      this.seen = this.board.known;
      return;
    }
    this.sound.ring();
    this.tell(fresh.length === 1 ? `Offered to you: ${sentence(fresh[0])}` : `${fresh.length} contacts are offered to you`);
  }

  // The beginning of what was written: whoever is asked should know what about.
  async read(row) {
    const view = await api.contact(row.id).catch(() => null);
    const said = ((view && view.timeline) || []).flatMap((event) => event.facts || []).filter((f) => (f.fact === "opened" || (f.fact === "message" && !f.to)) && f.text);
    if (said.length === 0 || !this.offered.has(row.id)) return;
    const {text} = said[said.length - 1];
    this.texts.set(row.id, text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
    this.render();
  }

  makeCard(row) {
    const part = {left: h("b", {class: "left"}), until: h("span", null), subject: h("a", {class: "subject", href: `#/contact/${encodeURIComponent(row.id)}`}), meta: h("p", {class: "meta"}),
      text: h("p", {class: "text"}), wrong: h("p", {class: "wrong", role: "alert"})};
    return Object.assign(h("li", {class: "card", dataset: {id: row.id}}, h("p", {class: "until"}, part.left, part.until), h("h3", null, part.subject), part.meta, part.text,
      h("div", {class: "buttons"}, h("button", {type: "button", class: "main", onclick: () => this.answer(row.id, "accept")}, "Accept"),
        h("button", {type: "button", onclick: () => this.answer(row.id, "decline")}, "Decline")), part.wrong), {parts: part});
  }

  mendCard(node, row) {
    node.row = row;
    say(node.parts.subject, row.subject || `(no subject) ${words.short(row.id)}`);
    say(node.parts.meta, [row.channel, row.customer, row.owner ? `from ${row.owner}` : "", row.next ? `${words.promise(row.next.kind)} ${row.next.due > now() ? "in" : "late by"} ${span(Math.abs(row.next.due - now()))}` : ""].filter(Boolean).join(" · "));
    say(node.parts.text, this.texts.get(row.id) || "");
    const left = row.offer_until ? row.offer_until - now() : 0;
    say(node.parts.left, left > 0 ? span(left) : "");
    say(node.parts.until, left > 0 ? " to answer" : row.offer_until ? "has run out" : "no limit of time");
    say(node.parts.wrong, this.wrong.get(row.id) || "");
    mark(node, "hasty", row.offer_until && left < 10000);
  }

  async answer(id, action) {
    const me = this.me(), known = `${id} ${action}`;
    if (!this.keys.has(known)) this.keys.set(known, key());
    try {
      await api.act(id, {action, ...(api.who().scope === "operator" ? {person: me} : {})}, this.keys.get(known));
      this.keys.delete(known);
      this.wrong.delete(id);
      const row = this.board.rows.get(id);
      if (row && row.offered_to === me) this.board.put({...row, offered_to: "", ...(action === "accept" ? {owner: me, accountable: me, state: "owned"} : {})});
      this.tell(action === "accept" ? "Accepted: it is yours." : "Declined.");
      if (action === "accept") location.hash = `#/contact/${encodeURIComponent(id)}`;
    } catch (error) {
      if (!(error instanceof api.Away)) this.keys.delete(known);
      this.wrong.set(id, api.joined(error.message, error.hint));
    }
    this.render();
  }

  tick() {
    this.mine.tick();
    this.answers.tick();
    for (const node of at("offers").children) this.mendCard(node, node.row);
  }
}
