// story.js - one contact, whole: what is owed, whose it is, what may be done, and everything that happened.

import {h, list, mark, say, show} from "./dom.js";
import * as api from "./api.js";
import {Drafts, allowed, release} from "./actions.js";
import {append} from "./timeline.js";
import {about, moment, now, span, when} from "./time.js";
import * as words from "./words.js";

// A fifth of its time is left, as everywhere in buckstop.
const riskAt = (promise) => when(promise.due) - (when(promise.due) - when(promise.opened_at)) / 5;

const PAGES = 8; // of a thousand entries each
const AGAIN_MS = 2000;
const SOON_MS = 250;

export class Story {
  // me(): who acts. people(), teams(): whom it may be handed to. tell(words): said aloud.
  constructor(parent, {me, people, teams, tell}) {
    Object.assign(this, {parent, me, people, teams, tell, id: "", contact: null, version: 0, busy: false, drafts: new Drafts()});
    this.build();
  }

  build() {
    const p = this.part = {
      title: h("h2", {id: "story-title"}, ""), state: h("p", {class: "standing"}), facts: h("dl", {class: "about"}),
      promises: h("ul", {class: "promises"}), buttons: h("div", {class: "buttons", role: "group", "aria-label": "What you can do"}),
      why: h("p", {class: "note"}), form: h("form", {class: "composer", hidden: true}), wrong: h("p", {class: "wrong", role: "alert"}),
      others: h("div", {class: "others"}), line: h("ol", {class: "timeline"}), wait: h("p", {class: "nothing", role: "status"}, "Loading…"),
      body: h("div", {class: "body", hidden: true}),
    };
    p.body.append(h("div", {class: "doing"}, p.promises, p.buttons, p.why, p.form, p.wrong), h("div", {class: "knowing"}, p.facts, p.others),
      h("div", {class: "told-so-far"}, h("h3", null, "What happened"), p.line));
    this.parent.replaceChildren(
      h("header", null, h("div", {class: "headline"}, p.title, h("a", {class: "close", href: "#", onclick: (e) => { e.preventDefault(); this.onclose(); }, "aria-label": "Close"}, "✕")), p.state), p.wait, p.body);
    p.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
  }

  async open(id) {
    if (this.id === id) return;
    if (this.asked) this.asked.abort();
    Object.assign(this, {id, contact: null, version: 0, entries: 0, day: {}});
    this.part.line.replaceChildren();
    show(this.part.body, false);
    show(this.part.wait, true);
    say(this.part.wait, "Loading…");
    say(this.part.title, "…");
    say(this.part.state, "");
    this.parent.scrollTop = 0;
    await this.load();
  }

  close() {
    if (this.asked) this.asked.abort();
    this.id = "";
    this.contact = null;
  }

  // A change of this contact was heard: what is new of it is read, soon, and once for a burst.
  changed(version) {
    if (!this.id || (version && version <= this.version) || this.soon) return;
    this.soon = setTimeout(() => { this.soon = 0; this.load(); }, SOON_MS);
  }

  async load() {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    const id = this.id, asked = this.asked = new AbortController();
    try {
      for (let page = 0, from = this.entries; page < PAGES && from !== null && id === this.id; page++) {
        const view = await api.contact(id, from, {signal: asked.signal});
        if (id !== this.id) break;
        from = this.take(view);
      }
    } catch (error) {
      if (id === this.id && error.name !== "AbortError") this.fail(error);
    } finally {
      this.loading = false;
      if (this.again || (id !== this.id && this.id)) {
        this.again = false;
        if (this.id) this.load();
      }
    }
  }

  take(view) {
    const about_ = view.about || (this.contact && this.contact.about);
    this.contact = {...view, about: about_};
    this.version = view.version;
    append(this.part.line, view.timeline || [], view, this.day);
    this.entries += (view.timeline || []).length;
    this.render();
    return view.next ? this.entries : null;
  }

  fail(error) {
    show(this.part.wait, true);
    if (!this.contact) say(this.part.title, words.short(this.id));
    say(this.part.wait, api.joined(error.message, error.hint));
    if (error instanceof api.Away) setTimeout(() => { if (this.id) this.load(); }, AGAIN_MS);
  }

  render() {
    const c = this.contact, p = this.part;
    if (!c) return;
    show(p.wait, false);
    show(p.body, true);
    say(p.title, c.subject || "(no subject)");
    p.state.replaceChildren(h("span", {class: "chip", dataset: {state: c.state}}, words.state(c.state)), " ", h("b", null, c.accountable), " is accountable",
      ["resolved", "closed"].includes(c.state) ? "" : c.owner ? `, ${c.owner === c.accountable ? "and works on it" : `${c.owner} works on it`}` : c.offered_to ? `, ${c.offered_to} is asked` : "",
      c.owner && c.offered_to ? `, ${c.offered_to} is asked to take it` : "");
    this.renderPromises();
    this.renderFacts();
    this.renderOthers();
    this.renderButtons();
  }

  renderPromises() {
    const c = this.contact, may = release.may(c, this.me());
    list(this.part.promises, c.promises || [], (promise) => `${promise.kind}-${promise.generation || 0}`,
      (promise) => h("li", {class: "promise"}, h("span", {class: "sign", "aria-hidden": "true"}), h("b", {class: "left"}), h("span", {class: "kind"}),
        h("button", {type: "button", class: "quiet", onclick: () => this.choose("release", promise.kind)}, "Release…")),
      (node, promise) => {
        node.promise = promise;
        show(node.lastChild, may && (promise.state === "pending" || promise.state === "broken"));
        this.count(node);
      });
    show(this.part.promises, (c.promises || []).length > 0);
  }

  count(node) {
    const {promise} = node, due = when(promise.due), left = due - now(), late = promise.state === "broken" || left < 0;
    const still = promise.paused || promise.answered_at;
    mark(node, "urgency", still ? "calm" : late ? "broken" : riskAt(promise) <= now() ? "risk" : "calm");
    say(node.children[1], promise.paused ? "rests" : promise.answered_at ? "answered" : span(Math.abs(left)));
    say(node.children[2], `${words.promise(promise.kind)}${promise.generation ? ", made good" : ""}${late && !still ? ", late" : ""}, due ${moment(due)}`);
  }

  renderFacts() {
    const c = this.contact, who = c.about || {};
    const rows = [
      ["Customer", [c.customer_name || who.name, c.customer !== (c.customer_name || who.name) ? c.customer : ""].filter(Boolean).join(", ")],
      ["Tier", c.tier || who.tier], ["Language", c.language || who.language], ["Account owner", [who.owner, who.deputy ? `deputy ${who.deputy}` : ""].filter(Boolean).join(", ")],
      ["Remember", who.notes], ["Channel", [c.channel, c.reply_channel && c.reply_channel !== c.channel ? `answers by ${c.reply_channel}` : ""].filter(Boolean).join(", ")],
      ["Team", [c.team, c.rule ? `by the rule ${c.rule}` : ""].filter(Boolean).join(", ")], ["Call", c.call], ["Goes to", c.transfer_to || c.transfer_team],
      ["Seen by", c.acknowledged_by && when(c.acknowledged_until) > now() ? `${c.acknowledged_by}, until ${moment(when(c.acknowledged_until))}` : ""],
      ["Not asked", (c.excluded || []).filter((e) => when(e.until) > now()).map((e) => `${e.person} until ${moment(when(e.until))}`).join(", ")],
      ["Opened", `${moment(when(c.opened_at))}, ${about(now() - when(c.opened_at))} ago`],
      ["Promises", c.counts ? `${c.counts.opened} made, ${c.counts.kept} kept, ${c.counts.broken} broken, ${c.counts.released} released` : ""],
      ["Id", c.contact],
    ].filter(([, value]) => value);
    list(this.part.facts, rows, ([name]) => name, ([name]) => h("div", null, h("dt", null, name), h("dd", null)), (node, [, value]) => say(node.lastChild, value));
  }

  renderOthers() {
    const c = this.contact, link = (id, text) => h("a", {href: `#/contact/${encodeURIComponent(id)}`}, text);
    const out = [];
    if (c.continues) out.push(h("p", null, "Continues ", link(c.continues, words.short(c.continues))));
    if (c.linked) out.push(h("p", null, "May belong to ", link(c.linked, words.short(c.linked))));
    const others = ((c.about && c.about.contacts) || []).filter((other) => other.contact !== c.contact).slice(0, 6);
    if (others.length > 0) out.push(h("details", null, h("summary", null, `The customer's other contacts (${others.length})`),
      h("ul", null, others.map((other) => h("li", null, link(other.contact, other.subject || words.short(other.contact)), h("small", null, ` ${words.state(other.state)}, ${other.channel}, ${moment(when(other.opened_at))}`))))));
    const key = JSON.stringify([c.continues, c.linked, others]);
    if (this.othersKey !== key) this.part.others.replaceChildren(...out);
    this.othersKey = key;
  }

  renderButtons() {
    const c = this.contact, me = this.me(), may = allowed(c, me), draft = this.drafts.of(this.id);
    list(this.part.buttons, may, (action) => action.name,
      (action) => h("button", {type: "button", title: [action.note, `key ${action.key}`].filter(Boolean).join("; "), onclick: () => this.choose(action.name), dataset: {action: action.name}}, action.words),
      (node, action) => {
        mark(node, "strong", action.strong || (action.name === "acknowledge" && c.at_risk && !c.acknowledged_by && !may[0].strong));
        if (action.ask) node.setAttribute("aria-expanded", String(draft.action === action.name));
      });
    const has = c.owner || c.offered_to;
    say(this.part.why, !me ? "Choose as whom you act, at the top of the page." : c.state === "closed" ? "Closed." : may.some((action) => action.strong) ? "" :
      has && has !== me ? `${has} ${c.owner ? "works on it" : "is asked"}: what is said to the customer comes from there.` : "");
    show(this.part.why, this.part.why.textContent !== "");
    if (draft.action && !this.actionOf(draft.action)) this.cancel();
    else this.renderForm();
  }

  actionOf(name) {
    if (name === "release") return release.may(this.contact, this.me()) ? release : null;
    return allowed(this.contact, this.me()).find((action) => action.name === name) || null;
  }

  // By a button or a key. What needs no words is done at once.
  choose(name, promise = "") {
    const action = this.contact && this.actionOf(name);
    if (!action) return false;
    const draft = this.drafts.of(this.id);
    say(this.part.wrong, "");
    if (!action.ask) {
      this.take_(action, {});
      return true;
    }
    const same = draft.action === name && draft.promise === promise;
    Object.assign(draft, {action: same ? "" : name, promise});
    this.renderButtons();
    const field = this.part.form.querySelector("select, textarea");
    if (!same && field) field.focus();
    return true;
  }

  cancel() {
    const draft = this.drafts.of(this.id);
    draft.action = "";
    this.renderForm();
  }

  renderForm() {
    const draft = this.drafts.of(this.id), action = draft.action ? this.actionOf(draft.action) : null, {form} = this.part;
    show(form, Boolean(action));
    const key = action ? `${this.id} ${action.name} ${draft.promise}` : "";
    if (form.key === key) return;
    form.key = key;
    if (!action) return form.replaceChildren();
    const text = h("textarea", {id: "composer-text", rows: "4", required: action.ask.need, oninput: () => { draft.text = text.value; }});
    text.value = draft.text;
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key === "Escape") { event.stopPropagation(); this.cancel(); this.parent.focus(); }
    });
    return form.replaceChildren(...(action.ask.to ? this.targets(draft) : []),
      h("label", {for: "composer-text"}, action.ask.label + (draft.promise ? ` (${words.promise(draft.promise)})` : "")), text,
      h("div", {class: "buttons"}, h("button", {type: "submit", class: "main"}, action.ask.send), h("button", {type: "button", onclick: () => { this.cancel(); this.parent.focus(); }}, "Not now"),
        h("small", {class: "note"}, "Ctrl+Enter sends")));
  }

  targets(draft) {
    const select = h("select", {id: "composer-to", required: true, onchange: () => { draft.to = select.value; }}, h("option", {value: ""}, "Choose…"),
      h("optgroup", {label: "People"}, this.people().filter((person) => person.name !== this.contact.owner)
        .map((person) => h("option", {value: `person:${person.name}`}, person.present ? person.name : `${person.name} (away)`))),
      h("optgroup", {label: "Teams"}, this.teams().map((team) => h("option", {value: `team:${team.name}`}, team.name))));
    select.value = draft.to;
    return [h("label", {for: "composer-to"}, "To"), select];
  }

  send() {
    const draft = this.drafts.of(this.id), action = this.actionOf(draft.action);
    if (!action) return;
    const [kind, name] = draft.to.split(":");
    this.take_(action, {...(draft.text.trim() ? {text: draft.text} : {}), ...(action.ask.to ? {[`to_${kind}`]: name} : {}), ...(draft.promise ? {promise: draft.promise} : {})});
  }

  async take_(action, more) {
    if (this.busy) return;
    this.busy = true;
    const id = this.id, body = {action: action.as || action.name, ...(api.who().scope === "operator" ? {person: this.me()} : {}), ...more};
    mark(this.parent, "busy", true);
    say(this.part.wrong, "");
    try {
      await api.act(id, body, this.drafts.keyFor(id, body));
      this.drafts.done(id);
      this.tell(`${action.words}: done.`);
      if (id === this.id) {
        this.renderForm();
        await this.load();
        if (!this.parent.contains(document.activeElement)) this.parent.focus();
      }
    } catch (error) {
      if (id === this.id) {
        say(this.part.wrong, api.joined(error.message, error.hint, error instanceof api.Away ? "Press again: it is done once." : ""));
        this.load();
      }
    } finally {
      this.busy = false;
      mark(this.parent, "busy", false);
    }
  }

  tick() {
    if (!this.contact) return;
    for (const node of this.part.promises.children) this.count(node);
  }
}
