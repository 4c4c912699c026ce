// fixture.mjs - a console that is made up, to work on the page without the services: node fixture.mjs [PORT] [CONTACTS]
// [EVENTS A SECOND]. It serves services/console/web from the tree, a board that moves, and answers actions. Tests that
// count run on the real one (test_console.py).
import {createServer} from "node:http";
import {readFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "../../services/console/web");
const TYPES = {html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript", svg: "image/svg+xml"};
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const [PORT = "0", CONTACTS = "140", RATE = "4"] = process.argv.slice(2);
let seed = 7;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const pick = (from) => from[Math.floor(random() * from.length)];
const people = ["ada", "ben", "cem", "dee", "eva", "finn", "gus", "lena", "mira", "alex"];
const teams = ["cards", "transfers", "cash", "account", "front", "counter"];
const channels = ["chat", "mail", "mail", "mail", "phone", "form"];
const subjects = ["I am still waiting on my card?", "What can I do if my card still hasn't arrived after 2 weeks?", "Why was I charged a fee for a cash withdrawal abroad", "My transfer has been pending since Monday and nobody answers",
  "How do I close my account", "The exchange rate for the euro is wrong", "Top up did not arrive", "Please verify my identity, I have sent the documents twice already", "Lost my phone, how do I get back in", "Refund for order 48213",
  "Direct debit I never agreed to", "PIN blocked", "Card payment declined although there is money", "Contactless does not work", "Change of address"];
const kinds = ["first_response", "first_response", "next_response", "resolution", "callback", "acknowledge"];
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const newId = () => "01KB" + Array.from({length: 22}, () => LETTERS[Math.floor(random() * 32)]).join("");

let number = 1000;
const rows = new Map();
const streams = new Set();
let dirty = new Set(), feed = [];

function newRow(at = Date.now() - random() * 3.6e6) {
  const state = pick(["received", "offered", "queued", "owned", "owned", "owned", "owned", "waiting"]);
  const owner = state === "owned" || state === "waiting" ? pick(people.slice(0, 8)) : null, due = Date.now() + (random() - 0.06) * 3.6e6;
  const row = {id: newId(), subject: pick(subjects), channel: pick(channels), team: pick(teams), state, owner, accountable: owner || pick(["lena", "mira"]), offered_to: state === "offered" ? pick(people.slice(0, 7)) : null,
    customer: pick(["Kim Olsen", "j.ferrer@example.org", "+49 30 901820", "Ann Becker", "customer71@example.com"]), customer_id: newId(), priority: random() < 0.1 ? 2 : 0, opened_at: at, waiting_since: at,
    next: state === "waiting" ? null : {kind: pick(kinds), due, broken: due < Date.now()}, risk_at: due - 300000, step: due < Date.now() ? 1 + Math.floor(random() * 3) : 0, acknowledged_by: random() < 0.05 ? "lena" : null,
    offer_until: state === "offered" ? Date.now() + 60000 + random() * 600000 : null, version: 1};
  rows.set(row.id, row);
  return row;
}
for (let i = 0; i < Number(CONTACTS); i++) newRow();

function counts() {
  const out = {received: 0, offered: 0, queued: 0, owned: 0, waiting: 0, resolved: 12, open: rows.size, at_risk: 0, broken: 0};
  for (const row of rows.values()) {
    out[row.state] += 1;
    if (row.next && row.next.broken) out.broken += 1;
    if (row.next && (row.next.broken || row.risk_at < Date.now())) out.at_risk += 1;
  }
  return out;
}
const order = (a, b) => Number(Boolean(b.next && b.next.broken)) - Number(Boolean(a.next && a.next.broken)) || (a.next ? a.next.due : 9e15) - (b.next ? b.next.due : 9e15) || a.opened_at - b.opened_at;
const trend = Array.from({length: 288}, (_, i) => {
  const at = Math.floor(Date.now() / 300000) * 300000 - (287 - i) * 300000, day = Math.max(0, Math.sin((i - 60) / 80)) * 14;
  return {at, opened: Math.round(day), kept: Math.round(day * (0.7 + random() * 0.4)), broken: random() < 0.2 ? Math.round(day * random() * 0.4) : 0};
});
function crew() {
  return people.map((name, i) => {
    const held = [...rows.values()].filter((row) => row.owner === name), load = {};
    for (const row of held) load[row.channel] = (load[row.channel] || 0) + 1;
    return {name, display: name[0].toUpperCase() + name.slice(1), team: [teams[i % teams.length]], present: i !== 5 && i !== 9, leaving: false, present_until: Date.now() + 40000, away: i === 5 ? Date.now() - 9e5 : null, load: Number(CONTACTS) > 1000 ? {mail: 12} : load, room: i === 1 ? 0 : 40 - held.length, capacity: 40,
      oldest: held.length ? Math.min(...held.map((row) => row.opened_at)) : null};
  });
}
function parties() {
  return teams.map((name) => {
    const waiting = [...rows.values()].filter((row) => row.team === name && ["received", "offered", "queued"].includes(row.state));
    return {name, lead: "lena", waiting: waiting.length, present: name === "counter" ? 0 : 3, people: 4, oldest_waiting: waiting.length ? Math.min(...waiting.map((row) => row.waiting_since)) : null};
  });
}
const promises = {opened: 812, kept: 741, broken: 23, released: 9};
const board = (limit) => ({workspace: "demo", now: Date.now(), number, counts: counts(), promises, trend, people: crew(), teams: parties(), contacts: [...rows.values()].sort(order).slice(0, limit), more: Math.max(0, rows.size - limit)});

function event(row, facts) {
  number += 1;
  feed.push({number, at: new Date().toISOString(), contact: row.id, state: row.state, accountable: row.accountable, owner: row.owner || undefined, channel: row.channel, team: row.team, subject: row.subject, version: row.version,
    facts: facts.map((fact) => ({at: new Date().toISOString(), ...fact}))});
}
function happen() {
  const all = [...rows.values()], row = pick(all), dice = random();
  if (!row || dice < 0.1) {
    const fresh = newRow(Date.now());
    dirty.add(fresh.id);
    return event(fresh, [{fact: "opened", to: fresh.team, text: "I wait since Monday."}]);
  }
  row.version += 1;
  dirty.add(row.id);
  if (dice < 0.2) {
    Object.assign(row, {state: "resolved", next: null});
    event(row, [{fact: "resolved", by: row.owner || "lena"}]);
    return rows.delete(row.id);
  }
  if (dice < 0.3 && row.next) {
    row.next = {...row.next, due: Date.now() - 1000, broken: true};
    row.step += 1;
    return event(row, [{fact: "promise_broken", promise: row.next.kind, due: new Date(row.next.due).toISOString()}, {fact: "step", promise: row.next.kind, number: row.step, detail: "told lena, and the manager mira; it moves up by 2"}]);
  }
  if (dice < 0.5) {
    const to = pick(people.slice(0, 7));
    Object.assign(row, {state: "offered", offered_to: to, owner: null, offer_until: Date.now() + 60000});
    return event(row, [{fact: "offered", to, due: new Date(row.offer_until).toISOString(), detail: "least loaded of 3 who can; runners-up: eva, gus"}]);
  }
  if (dice < 0.6) return event(row, [{fact: "offer_expired", to: row.offered_to || "finn"}]);
  const owner = row.offered_to || pick(people.slice(0, 7));
  Object.assign(row, {state: "owned", owner, accountable: owner, offered_to: null, offer_until: null, next: {kind: "next_response", due: Date.now() + random() * 3e6, broken: false}});
  row.risk_at = row.next.due - 300000;
  return event(row, [{fact: "accepted", by: owner}, {fact: "accountable", to: owner}]);
}

const send = (stream, name, data, id) => stream.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
setInterval(() => { for (let i = 0; i < Number(RATE) / 10; i++) if (Number(RATE) >= 10 || random() < Number(RATE) / 10) happen(); }, 100);
setInterval(() => {
  if (dirty.size === 0 && feed.length === 0) return;
  const change = {number, contacts: [...dirty].filter((id) => rows.has(id)).map((id) => rows.get(id)), gone: [...dirty].filter((id) => !rows.has(id)), counts: counts(), people: crew(), teams: parties()};
  for (const stream of streams) {
    send(stream, "change", change, number);
    send(stream, "feed", {events: feed}, number);
  }
  dirty = new Set();
  feed = [];
}, 100);
setInterval(() => { for (const stream of streams) send(stream, "pulse", pulse()); }, 1000);
const pulse = () => ({now: Date.now(), behind_ms: state.behind, store: state.store, lateness_ms: 3, outbox: {waiting: 2, oldest_s: 1, dead: state.dead}, services: [{name: "intake", ready: true}, {name: "routing", ready: true}, {name: "escalation", ready: true}, {name: "notification", ready: true}]});
const state = {behind: 0, store: "ready", dead: 1};

function view(row) {
  const t = (ms) => new Date(ms).toISOString();
  return {contact: row.id, version: row.version, state: row.state, accountable: row.accountable, owner: row.owner || undefined, offered_to: row.offered_to || undefined, team: row.team, channel: row.channel, subject: row.subject, customer: "kim@example.org",
    customer_name: "Kim Olsen", customer_id: row.customer_id, tier: "gold", language: "en", rule: "cards", priority: row.priority, opened_at: t(row.opened_at), at_risk: true, messages: 2, transfers: 0, policy_version: 3,
    promises: row.next ? [{kind: row.next.kind, state: row.next.broken ? "broken" : "pending", due: t(row.next.due), opened_at: t(row.opened_at), step: row.step}] : [], counts: {opened: 3, kept: 2, broken: row.step ? 1 : 0, released: 0},
    about: {customer: row.customer_id, version: 1, name: "Kim Olsen", notes: "Prefers a call after 17:00; moved in March, the old address is still on two letters.", owner: "ada", deputy: "eva", identities: [{kind: "mail", value: "kim@example.org", text: "kim@example.org"}], proposals: [], contacts: [{contact: newId(), subject: "New card", channel: "mail", state: "closed", opened_at: t(Date.now() - 9e7)}], contacts_known: 2},
    timeline: [
      {at: t(row.opened_at), facts: [{fact: "opened", at: t(row.opened_at), to: row.team, detail: "rule cards: the word card; team cards", text: "Hello,\n\nI have been waiting for my new card since Monday last week. I have asked twice by chat and was told it is on its way.\nCould somebody please look at it?\n\nKim Olsen"}, {fact: "accountable", at: t(row.opened_at), to: "lena", detail: "leads the team"}, {fact: "promise_opened", at: t(row.opened_at), promise: "first_response", due: t(row.opened_at + 3.6e6)}]},
      {at: t(row.opened_at + 900), facts: [{fact: "offered", at: t(row.opened_at + 900), to: "ada", due: t(row.opened_at + 60000), detail: "least loaded of 3 who can (load 20 of 100); then eva, gus; not ben: no room, not finn: away"}]},
      {at: t(row.opened_at + 21000), facts: [{fact: "accepted", at: t(row.opened_at + 21000), by: "ada"}, {fact: "notice", at: t(row.opened_at + 21000), to: "log ada"}]},
      {at: t(row.opened_at + 120000), facts: [{fact: "replied", at: t(row.opened_at + 120000), by: "ada", text: "Dear Kim, I am sorry: the card was sent to your former address. A new one goes out today by courier."}, {fact: "promise_kept", at: t(row.opened_at + 120000), promise: "first_response"}]},
      {at: t(row.opened_at + 220000), facts: [{fact: "message", at: t(row.opened_at + 220000), text: "Thank you. When will it be here?"}, {fact: "promise_opened", at: t(row.opened_at + 220000), promise: "next_response", due: t(row.next ? row.next.due : Date.now())}]},
      {at: t(row.opened_at + 280000), facts: [{fact: "noted", at: t(row.opened_at + 280000), by: "eva", text: "Courier says tomorrow before noon."}]},
      {at: t(row.opened_at + 290000), facts: [{fact: "promise_broken", at: t(row.opened_at + 290000), promise: "next_response", due: t(row.opened_at + 285000)}, {fact: "step", at: t(row.opened_at + 290000), promise: "next_response", number: 1, detail: "told owner ada and lead lena; priority up by 1"}, {fact: "delivery_failed", at: t(row.opened_at + 290000), to: "mail ada@example.com", detail: "550 5.1.1 no such user"}]},
    ], next: null};
}

const json = (answer, status, body, headers = {}) => { answer.writeHead(status, {"Content-Type": "application/json", "Cache-Control": "no-store", ...headers}); answer.end(JSON.stringify(body)); };
const SESSIONS = {bs_ada: {workspace: "demo", person: "ada", scope: "person", csrf: "x"}, bs_op: {workspace: "demo", person: "", scope: "operator", csrf: "x"}};

async function serve(request, answer) {
  const url = new URL(request.url, "http://x"), path = url.pathname;
  let body = "";
  for await (const part of request) body += part;
  const who = SESSIONS[/session=(\w+)/.exec(request.headers.cookie || "")?.[1]];
  if (path === "/session" && request.method === "POST") {
    const {token} = JSON.parse(body);
    return SESSIONS[token] ? json(answer, 200, SESSIONS[token], {"Set-Cookie": `session=${token}; HttpOnly; SameSite=Strict`}) : json(answer, 401, {detail: "the token is not known", hint: "make one with: buckstop token issue"});
  }
  if (path === "/" || path.startsWith("/assets/")) return file(answer, path === "/" ? "index.html" : path.slice(8));
  if (path === "/state") { Object.assign(state, Object.fromEntries([...url.searchParams].map(([k, v]) => [k, isNaN(v) ? v : Number(v)]))); return json(answer, 200, state); }
  if (!who) return json(answer, 401, {detail: "no session"});
  if (path === "/session") return request.method === "GET" ? json(answer, 200, who) : json(answer, 200, {}, {"Set-Cookie": "session=; Max-Age=0"});
  if (path === "/board") return json(answer, 200, board(Number(url.searchParams.get("limit") || 200)));
  if (path === "/board/stream") {
    answer.writeHead(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"});
    send(answer, "board", board(200), number);
    send(answer, "pulse", pulse());
    streams.add(answer);
    return answer.on("close", () => streams.delete(answer));
  }
  if (path === "/search") {
    const q = url.searchParams.get("q").toLowerCase(), found = [...rows.values()].filter((row) => `${row.subject} ${row.customer} ${row.id}`.toLowerCase().includes(q)).slice(0, 50);
    return json(answer, 200, {contacts: found, customers: found.length ? [{id: found[0].customer_id, name: found[0].customer, contacts: 2}] : [], more: 0});
  }
  if (path === "/v1/contacts") {
    const owner = url.searchParams.get("owner"), wanted = url.searchParams.get("state");
    return json(answer, 200, {contacts: [...rows.values()].filter((row) => (!owner || row.owner === owner) && (!wanted || row.state === wanted)).map(view), next: null});
  }
  const [, id, what] = /^\/v1\/contacts\/(\w+)(\/actions)?$/.exec(path) || [];
  const row = id && rows.get(id);
  if (id && !row) return json(answer, 404, {detail: "there is no such contact", hint: "it may have been closed and forgotten"});
  if (row && !what) return json(answer, 200, view(row));
  if (row) {
    const {action} = JSON.parse(body);
    if (!request.headers["buckstop-csrf"]) return json(answer, 403, {detail: "no csrf"});
    row.version += 1;
    dirty.add(row.id);
    if (action === "accept") Object.assign(row, {owner: "ada", accountable: "ada", state: "owned", offered_to: null});
    if (action === "acknowledge") row.acknowledged_by = "ada";
    event(row, [{fact: {accept: "accepted", acknowledge: "acknowledged", resolve: "resolved"}[action] || "noted", by: "ada"}]);
    return json(answer, 200, {contact: row.id, disposition: "done", accountable: row.accountable, promises: [], state: row.state});
  }
  if (/presence$/.test(path)) return json(answer, 200, {person: "ada", present: request.method === "PUT", present_until: new Date(Date.now() + 60000).toISOString(), epoch: 1});
  return json(answer, 404, {detail: "no such path"});
}

async function file(answer, name) {
  const bytes = await readFile(join(WEB, name)).catch(() => null);
  if (!bytes || name.includes("/")) return json(answer, 404, {detail: "no such file"});
  answer.writeHead(200, {"Content-Type": TYPES[name.split(".").pop()], "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"});
  return answer.end(bytes);
}

const server = createServer((request, answer) => serve(request, answer).catch((error) => { answer.destroy(); console.error(error); }));
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
