// wall.js - the view for everybody: figures, what breaks next, escalations, teams, people, buckstop itself.

import {at, h, list, mark, say, show} from "./dom.js";
import {Rows} from "./rows.js";
import {draw} from "./trend.js";
import {about, clock, now, when} from "./time.js";
import * as words from "./words.js";

const LINES = 60, PAGE = 60, DETAIL_MAX = 70;

const figures = [
  ["open", "Open", (c) => c.open, []],
  ["nobody", "With nobody yet", (c) => c.received + c.offered + c.queued, ["offered", "queued"]],
  ["work", "In work", (c) => c.owned + c.waiting, ["waiting"]],
  ["at_risk", "At risk", (c) => c.at_risk, []],
  ["broken", "Broken", (c) => c.broken, []],
];
const subWords = {offered: "offered", queued: "in the queue", waiting: "wait for customers"};

export class Wall {
  constructor(board, health, more) {
    Object.assign(this, {board, health, more, rows: new Rows(at("next")), shown: PAGE, some: [], all: [], every: false, last: 0});
    this.makeFigures();
    at("next-more").addEventListener("click", () => { this.shown += PAGE; this.render(); });
    at("stream-some").addEventListener("click", () => this.choose(false));
    at("stream-all").addEventListener("click", () => this.choose(true));
  }

  makeFigures() {
    this.numbers = new Map();
    const number = (name) => {
      const node = h("span", {dataset: {count: name}}, "0");
      this.numbers.set(name, node);
      return node;
    };
    const boxes = figures.map(([name, title, , subs]) => h("div", {class: "figure", dataset: {figure: name}},
      h("dt", null, h("span", {class: "sign", "aria-hidden": "true"}), title), h("dd", null, number(name)),
      subs.length > 0 ? h("dd", {class: "sub"}, subs.flatMap((sub, i) => [i ? " · " : "", number(sub), ` ${subWords[sub]}`])) : null));
    boxes.push(h("div", {class: "figure", dataset: {figure: "kept"}},
      h("dt", null, h("span", {class: "sign", "aria-hidden": "true"}), "Kept today"), h("dd", null, number("kept-share")),
      h("dd", {class: "sub"}, number("kept"), " kept · ", number("broken-today"), " broken")));
    at("figures").replaceChildren(...boxes);
  }

  number(name, value) {
    say(this.numbers.get(name), typeof value === "number" ? value.toLocaleString("en") : value);
  }

  renderFigures() {
    const counts = {received: 0, offered: 0, queued: 0, owned: 0, waiting: 0, at_risk: 0, broken: 0, open: 0, ...this.board.counts};
    for (const [name, , value, subs] of figures) {
      this.number(name, value(counts));
      for (const sub of subs) this.number(sub, counts[sub]);
      mark(at("figures").querySelector(`[data-figure="${name}"]`), "some", value(counts) > 0);
    }
    const {kept = 0, broken = 0, opened = 0, released = 0} = this.board.promises;
    this.number("kept", kept);
    this.number("broken-today", broken);
    this.number("kept-share", kept + broken > 0 ? share(kept, kept + broken) : "–");
    say(at("kept-note"), `${opened.toLocaleString("en")} made, ${released.toLocaleString("en")} released`);
  }

  renderNext() {
    const whole = this.board.whole();
    const open = this.board.counts.open || 0;
    this.rows.render(whole.slice(0, this.shown));
    const left = Math.max(open - this.rows.parent.children.length, 0);
    say(at("next-note"), left > 0 ? `and ${left.toLocaleString("en")} more` : "");
    show(at("next-more"), whole.length > this.shown);
    show(at("next-nothing"), whole.length === 0 && open === 0 && this.board.known);
    if (this.board.thin()) this.more();
  }

  renderTeams() {
    const teams = [...this.board.teams.values()];
    list(at("teams"), teams, (team) => team.name,
      () => h("tr", null, h("th", {scope: "row"}), h("td", null), ...[0, 1, 2].map(() => h("td", {class: "number"}))),
      (node, team) => {
        const cells = node.children;
        say(cells[0], team.name);
        say(cells[1], team.lead || "");
        say(cells[2], String(team.waiting || 0));
        say(cells[3], team.oldest_waiting ? about(now() - when(team.oldest_waiting)) : "–");
        say(cells[4], `${team.present || 0} of ${count(team.people)}`);
        mark(node, "waiting", team.waiting > 0);
        mark(node, "empty", !(team.present > 0) && team.waiting > 0);
      });
  }

  renderPeople() {
    const people = [...this.board.people.values()].sort((a, b) => Number(b.present) - Number(a.present) || (a.name < b.name ? -1 : 1));
    const here = people.filter((person) => person.present).length;
    say(at("people-note"), `${here} of ${people.length} here`);
    list(at("people"), people, (person) => person.name, makePerson, mendPerson);
  }

  // A burst may bring more than anybody can read: the newest are kept.
  feed(events) {
    for (const event of events) {
      if (event.number <= this.last) continue;
      this.last = event.number;
      (event.facts || []).forEach((fact, i) => this.put({key: `${event.number}-${i}`, at: when(fact.at || event.at), event, ...words.fact(fact, event)}));
    }
    this.feedDirty = true;
  }

  // While we were cut off more happened than the console keeps for us.
  gap(n) {
    this.put({key: `gap-${now()}`, at: now(), tone: "warn", words: `${n.toLocaleString("en")} events before these were left out`, event: {}, escalation: true});
    this.feedDirty = true;
  }

  // A store that was begun anew counts from the beginning.
  begun(number) {
    if (number < this.last) this.last = 0;
  }

  put(line) {
    this.all.unshift(line);
    if (line.escalation) this.some.unshift(line);
    if (this.all.length > 2 * LINES) this.all.length = LINES;
    if (this.some.length > 2 * LINES) this.some.length = LINES;
  }

  choose(every) {
    this.every = every;
    at("stream-some").setAttribute("aria-pressed", String(!every));
    at("stream-all").setAttribute("aria-pressed", String(every));
    this.feedDirty = true;
    this.renderFeed();
  }

  renderFeed() {
    if (!this.feedDirty || at("feed").matches(":hover")) return; // who reads it does not want it to run away
    this.feedDirty = false;
    const lines = (this.every ? this.all : this.some).slice(0, LINES);
    list(at("feed"), lines, (line) => line.key, makeLine, () => {});
    show(at("feed-nothing"), lines.length === 0);
    say(at("feed-nothing"), this.every ? "Nothing has happened lately." : "Nothing has escalated lately.");
  }

  render() {
    this.renderFigures();
    this.renderNext();
    this.renderTeams();
    this.renderPeople();
    this.health.vitalsInto(at("vitals"));
    draw(at("trend"), this.board.trend, now());
  }

  tick() {
    this.rows.tick();
    this.renderFeed();
    this.health.vitalsInto(at("vitals"));
  }
}

const count = (people) => (Array.isArray(people) ? people.length : people || 0);
const held = (person) => Object.values(person.load || {}).reduce((sum, n) => sum + n, 0);

// 99.96 % is not 100 %.
function share(part, whole) {
  const percent = (100 * part) / whole;
  return part === whole ? "100 %" : percent >= 99 ? `${(Math.floor(percent * 10) / 10).toFixed(1)} %` : `${Math.floor(percent)} %`;
}

function makePerson(person) {
  const part = {name: h("b", null), load: h("span", {class: "load"}), bar: h("span", {class: "fill"})};
  return Object.assign(h("li", {class: "person", dataset: {name: person.name}},
    h("span", {class: "sign", "aria-hidden": "true"}), part.name, h("span", {class: "bar", "aria-hidden": "true"}, part.bar), part.load), {parts: part});
}

function mendPerson(node, person) {
  const {parts: part} = node, n = held(person), kinds = Object.entries(person.load || {}).filter(([, of]) => of > 0);
  say(part.name, person.name);
  const oldest = person.oldest ? `, oldest ${about(now() - when(person.oldest))}` : "";
  const holds = n > 0 ? kinds.map(([channel, of]) => `${of} ${channel}`).join(", ") + oldest : "";
  say(part.load, [person.present ? "" : "away", holds || (person.present ? "free" : "")].filter(Boolean).join(", "));
  mark(node, "here", person.present ? "yes" : "no");
  const {room = 0, capacity = 0} = person;
  part.bar.style.inlineSize = capacity > 0 ? `${Math.round((100 * (capacity - room)) / capacity)}%` : "0%";
  mark(node, "full", person.present && room <= 0 && n > 0);
}

function makeLine(line) {
  const {event} = line;
  return h("li", {class: "line", dataset: {tone: line.tone, number: event.number || ""}},
    h("time", {datetime: new Date(line.at).toISOString()}, clock(line.at)),
    h("span", {class: "sign", "aria-hidden": "true"}),
    h("span", {class: "told"}, h("span", {class: "words"}, line.words, line.detail && line.detail.length < DETAIL_MAX && line.escalation ? h("small", null, ` ${line.detail}`) : null),
      event.contact ? h("a", {href: `#/contact/${encodeURIComponent(event.contact)}`}, event.subject || words.short(event.contact)) : null));
}
