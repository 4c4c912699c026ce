// api.js - requests to the console, the session, and what its refusals say.

const session = {who: null};

export const who = () => session.who;

// What was said, and what to do about it, as one text: each may be a sentence or a part of one.
export const joined = (...parts) =>
  parts.filter(Boolean).reduce((text, part) => `${text}${/[.!?:;]$/.test(text) ? " " : "; "}${part}`);

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `refused with ${status}`);
    this.status = status;
    this.hint = problem.hint || "";
    this.code = problem.code || "";
    this.allowed = problem.allowed || "";
  }
}

// Nobody answered, or nobody could: the same request with the same key may be sent again.
export class Away extends Error {}

// crypto.randomUUID wants a secure context; a console behind plain http in a house's own network is none.
export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function request(method, body, more) {
  const headers = {Accept: "application/json", ...(more.headers || {})};
  if (method !== "GET" && session.who && session.who.csrf) headers["Buckstop-CSRF"] = session.who.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return {...more, method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", cache: "no-store"};
}

export async function call(method, path, body, more = {}) {
  let answer;
  try {
    answer = await fetch(path, request(method, body, more));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away("The console does not answer.");
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  if (answer.status === 401 && path !== "session") document.dispatchEvent(new CustomEvent("unknown-session"));
  if (answer.status === 503 || answer.status === 502 || answer.status === 504)
    throw new Away(joined(said.detail || "buckstop can't do it now.", said.hint));
  throw new Refused(answer.status, said);
}

export const get = (path, more) => call("GET", path, undefined, more);

export async function openSession() {
  session.who = await get("session");
  return session.who;
}
export async function signIn(token) {
  session.who = await call("POST", "session", {token});
  return session.who;
}
export async function signOut() {
  await call("DELETE", "session");
  session.who = null;
}

export const board = (limit) => get(`board?limit=${limit}`);
export const held = (person) => get(`board/held?person=${encodeURIComponent(person)}`);
export const search = (text, more) => get(`search?q=${encodeURIComponent(text)}`, more);
export const contact = (id, from, more) => get(`v1/contacts/${encodeURIComponent(id)}${from ? `?from=${from}` : ""}`, more);
export const act = (id, action, idempotencyKey) =>
  call("POST", `v1/contacts/${encodeURIComponent(id)}/actions`, action, {headers: {"Idempotency-Key": idempotencyKey}});
export const beat = (person) => call("PUT", `v1/people/${encodeURIComponent(person)}/presence`);
export const leave = (person) => call("DELETE", `v1/people/${encodeURIComponent(person)}/presence`);
// What leave.js needs for the same.
export const awayLater = (person) => ({url: new URL(`v1/people/${encodeURIComponent(person)}/presence`, document.baseURI).href, csrf: session.who.csrf});
