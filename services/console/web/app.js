// app.js - the wiring: session, stream, views, and the beat that keeps them true.
//
// What changes is drawn together, at most each DRAW_MS and in two frames, the feed in the second: people read no faster, and
// a burst of events costs no more.

import {at, h, say, show} from "./dom.js";
import * as api from "./api.js";
import {Board} from "./board.js";
import {Stream} from "./stream.js";
import {Tabs} from "./tabs.js";
import {Health} from "./health.js";
import {Wall} from "./wall.js";
import {Desk} from "./desk.js";
import {Story} from "./story.js";
import {Search} from "./search.js";
import {Presence} from "./presence.js";
import {Sound} from "./sound.js";
import {clockIs} from "./time.js";
import {keep, setting, theme} from "./settings.js";
import * as keys from "./keys.js";

const LIMIT = 200, DRAW_MS = 250, BOARD_AGAIN_MS = 2000;

const board = new Board(), health = new Health(), sound = new Sound();
const tell = (words) => say(at("say"), words);
const me = () => (api.who() ? api.who().person || (api.who().scope === "operator" ? setting("acting", "") : "") : "");
const byName = (map) => [...map.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

const stream = new Stream("board/stream", hear, link);
const tabs = new Tabs(() => stream.stop(), () => { if (api.who()) stream.start(); });
const presence = new Presence(tell);
const wall = new Wall(board, health, boardAgain);
const desk = new Desk(board, {me, sound, tell});
const search = new Search();
const story = new Story(at("story"), {me, people: () => byName(board.people), teams: () => byName(board.teams), tell});
let view = "wall", drawn = 0, drawing = 0, askedBoard = 0;

// ---- what is heard

function hear(name, data) {
  const heard = {board: hearBoard, change: hearChange, feed: hearFeed, gap: hearGap, pulse: hearPulse}[name];
  if (heard) heard(data);
}

function hearBoard(data) {
  clockIs(data.now);
  board.person = me();
  board.replace(data);
  wall.begun(board.number);
  say(at("workspace"), data.workspace || "");
  fillActing();
  health.judge("live");
  if (me()) desk.fetchMine();
  if (story.id) story.changed(0);
  draw(true);
}

function hearChange(data) {
  board.change(data);
  for (const row of data.contacts || []) if (row.id === story.id) story.changed(row.version);
  if ((data.gone || []).includes(story.id)) story.changed(0);
  search.change(data);
  draw();
}

function hearFeed(data) {
  wall.feed(data.events || []);
  draw();
}

function hearGap(data) {
  wall.gap(data.left_out || 0);
  draw();
}

function hearPulse(data) {
  health.hear(data);
  presence.look();
}

function link(state, words) {
  if (state === "refused") return lost();
  return health.link(state, words);
}

// The first contacts of the board may all have gone: the next ones are asked for.
async function boardAgain() {
  if (performance.now() - askedBoard < BOARD_AGAIN_MS) return;
  askedBoard = performance.now();
  const fresh = await api.board(LIMIT).catch(() => null);
  if (fresh && (fresh.number || 0) >= board.number) hearBoard(fresh);
}

// ---- drawing

function draw(now = false) {
  if (drawing) return;
  const wait = now ? 0 : Math.max(0, DRAW_MS - (performance.now() - drawn));
  drawing = setTimeout(() => requestAnimationFrame(paint), wait);
}

function paint() {
  drawing = 0;
  drawn = performance.now();
  if (!board.known) return;
  if (view === "wall") wall.render();
  desk.render(); // also unseen: an offer is heard wherever one looks
  title();
  requestAnimationFrame(paintFeed); // a frame of its own: sixty lines anew take as long as all the rest
}

function paintFeed() {
  if (board.known && view === "wall") wall.renderFeed();
}

function title() {
  const offers = desk.offered.size, broken = board.counts.broken || 0;
  const sign = offers > 0 ? `(${offers} offered) ` : view === "wall" && broken > 0 ? `(${broken} broken) ` : "";
  const words = `${sign}${view} · buckstop`;
  if (document.title !== words) document.title = words;
}

function beat() {
  stream.look();
  health.tick();
  presence.look();
  story.tick();
  search.rows.tick();
  if (!board.known) return;
  if (view === "wall") wall.tick();
  else desk.tick();
}

// ---- views: #/wall  #/desk  #/search/WORDS  #/contact/ID beside whichever was there

function route() {
  if (!api.who()) return;
  const [, name = "", rest = ""] = location.hash.split("/");
  if (name !== "search") search.forget();
  if (name === "contact" && rest) {
    openStory(decodeURIComponent(rest));
  } else {
    closeStory();
    view = ["wall", "desk", "search"].includes(name) ? name : api.who().scope === "person" ? "desk" : "wall";
    if (name === "search") search.open(decodeURIComponent(rest));
  }
  document.documentElement.dataset.view = view;
  for (const [id, of] of [["wall", "wall"], ["desk", "desk"], ["found", "search"]]) show(at(id), view === of);
  for (const [id, of] of [["to-wall", "wall"], ["to-desk", "desk"]]) {
    if (view === of) at(id).setAttribute("aria-current", "page");
    else at(id).removeAttribute("aria-current");
  }
  draw(true);
}

function openStory(id) {
  if (view === "none") view = api.who().scope === "person" ? "desk" : "wall";
  const was = document.activeElement;
  if (story.id === "" && was && was !== document.body) story.from = was;
  story.open(id);
  show(at("story"), true);
  document.documentElement.dataset.story = "open";
  for (const rows of [wall.rows, desk.mine, desk.answers, search.rows]) rows.current(id);
  at("story").focus({preventScroll: true});
}

function closeStory() {
  if (!story.id) return;
  story.close();
  show(at("story"), false);
  delete document.documentElement.dataset.story;
  for (const rows of [wall.rows, desk.mine, desk.answers, search.rows]) rows.current("");
  if (story.from && story.from.isConnected) story.from.focus({preventScroll: true});
}

const home = () => (view === "search" ? `#/search/${encodeURIComponent(search.text)}` : `#/${view}`);
story.onclose = () => { location.hash = home(); };

// ---- the session

function lost() {
  stream.stop();
  presence.end();
  signIn("Your session has ended: sign in again.");
}

function signIn(words) {
  say(at("signin-wrong"), words || "");
  if (!at("signin").open) at("signin").showModal();
}

async function signOut() {
  try {
    await api.signOut();
  } catch (error) { // whose session is over already is out
    if (error.status !== 401) throw error;
  }
}

function begin() {
  const {person, scope, workspace} = api.who();
  say(at("workspace"), workspace || "");
  say(at("menu-who"), [person || "no person", `scope ${scope}`, `workspace ${workspace}`].join(", "));
  show(at("me"), scope === "person" && Boolean(person));
  show(at("acting"), scope === "operator");
  board.person = me();
  if (scope === "person" && person) presence.begin(person);
  stream.start();
  route();
}

function fillActing() {
  const select = at("acting-as"), names = byName(board.people).map((person) => person.name);
  const key = names.join(" ");
  if (select.key === key) return;
  select.key = key;
  select.replaceChildren(h("option", {value: ""}, "nobody"), ...names.map((name) => h("option", {value: name}, name)));
  select.value = names.includes(me()) ? me() : "";
}

async function start() {
  try {
    await api.openSession();
  } catch (error) {
    if (error instanceof api.Refused) return signIn("");
    health.link("cut", error.message);
    return setTimeout(start, 1000);
  }
  return begin();
}

// ---- what somebody presses

function wire() {
  at("signin-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await api.signIn(at("token").value.trim());
      at("token").value = "";
      at("signin").close();
      begin();
    } catch (error) {
      say(at("signin-wrong"), api.joined(error.message, error.hint));
    }
  });
  at("signin").addEventListener("cancel", (event) => event.preventDefault()); // there is nothing behind it
  at("menu-open").addEventListener("click", () => {
    say(at("signout-wrong"), "");
    at("menu").showModal();
  });
  at("menu-close").addEventListener("click", () => at("menu").close());
  at("signout").addEventListener("click", async () => {
    try {
      await presence.out(signOut);
    } catch (error) {
      return say(at("signout-wrong"), `You are still signed in. ${error.message}`);
    }
    location.hash = "";
    location.reload();
  });
  for (const button of at("theme").children) button.addEventListener("click", () => chooseTheme(button.dataset.theme));
  chooseTheme(setting("theme", "auto"));
  sound.on = at("sound-on").checked = setting("sound", true);
  at("sound-on").addEventListener("change", () => keep("sound", sound.on = at("sound-on").checked));
  at("sound-try").addEventListener("click", (event) => { event.preventDefault(); sound.ring(); });
  at("keys-on").checked = setting("keys", true);
  at("keys-on").addEventListener("change", () => keep("keys", at("keys-on").checked));
  keys.explain(at("keys-list"));
  at("acting-as").addEventListener("change", () => {
    keep("acting", at("acting-as").value);
    board.person = me();
    desk.fetchMine();
    desk.render();
    if (story.contact) story.render();
  });
  keys.listen({
    on: () => at("keys-on").checked,
    rows: () => ({wall: wall.rows, search: search.rows}[view] || (at("mine").firstChild ? desk.mine : desk.answers)),
    act: (name) => act(name),
    close: () => { if (story.id) location.hash = home(); },
    switchView: () => { location.hash = view === "desk" ? "#/wall" : "#/desk"; },
    menu: () => at("menu").showModal(),
  });
}

// A key acts on the open story; on the desk without one, on the first offer.
function act(name) {
  if (story.id) return story.choose(name);
  const offer = view === "desk" && at("offers").firstChild;
  if (offer && (name === "accept" || name === "decline")) desk.answer(offer.dataset.id, name);
  return Boolean(offer);
}

function chooseTheme(name) {
  keep("theme", name);
  theme(name);
  for (const button of at("theme").children) button.setAttribute("aria-pressed", String(button.dataset.theme === name));
}

document.addEventListener("unknown-session", () => { if (api.who()) lost(); });
addEventListener("hashchange", route);
addEventListener("pageshow", (event) => { if (event.persisted && api.who()) begin(); });
addEventListener("pagehide", () => { tabs.tell("leave"); stream.stop(); });
addEventListener("beforeunload", (event) => { if (story.drafts.unsent()) event.preventDefault(); });
wire();
setInterval(beat, 1000);
start();
