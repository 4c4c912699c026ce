// leave.js - a service worker with one errand: it says that somebody is away once no page of theirs is left.
//
// A page that closes cannot know whether it is only loaded anew, or whether another is open; this outlives it by WAIT_MS,
// and looks. It controls no page and answers no request (its scope is its own folder).

const WAIT_MS = 3000;

async function leave({url, csrf}) {
  await new Promise((done) => { setTimeout(done, WAIT_MS); });
  const pages = await self.clients.matchAll({type: "window", includeUncontrolled: true});
  if (pages.length === 0) await fetch(url, {method: "DELETE", headers: {"Buckstop-CSRF": csrf, Accept: "application/json"}, credentials: "same-origin"});
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("message", (event) => event.waitUntil(leave(event.data).catch(() => {}))); // else the presence runs out
