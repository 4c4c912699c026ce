#!/usr/bin/env node
// contact.mjs - a web chat's side: opens a contact, tries again as long as it takes, hears the answers and checks who signed.
//
//   BUCKSTOP_SERVER=http://127.0.0.1:7400 BUCKSTOP_TOKEN=bs_... BUCKSTOP_CALLBACK_KEY=FILE ./contact.mjs ["what is said"]
//
// The key is the file `callback` of notification's --secrets. Answers to loopback need `--private-callbacks` there.
// It ends when a person has answered. Nothing but Node is needed (18 or newer).
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const server = process.env.BUCKSTOP_SERVER ?? "http://127.0.0.1:7400";
const token = process.env.BUCKSTOP_TOKEN;
const keyFile = process.env.BUCKSTOP_CALLBACK_KEY;
if (!token || !keyFile) {
  console.error("needs BUCKSTOP_TOKEN (buckstop token issue --scope channel --workspace NAME) and BUCKSTOP_CALLBACK_KEY");
  process.exit(2);
}
let key;
try {
  key = readFileSync(keyFile, "utf8").replace(/[\r\n]+$/, "");
} catch (error) {
  console.error(`BUCKSTOP_CALLBACK_KEY: ${error.message}`);
  process.exit(2);
}
const TOLERANCE_S = 300;

/** Is one of the signatures ours, over this time and these bytes, and is the time near? */
function isSigned(headers, body) {
  const at = headers["buckstop-timestamp"] ?? "";
  if (Math.abs(Date.now() / 1000 - Number(at)) > TOLERANCE_S) return false;
  const own = createHmac("sha256", key).update(`${at}.`).update(body).digest();
  return (headers["buckstop-signature"] ?? "").split(",").some((word) => {
    const said = Buffer.from(word.replace(/^v1=/, ""), "hex");
    return said.length === own.length && timingSafeEqual(said, own);
  });
}

/** The same request with the same key, until it is durable: a second time it is done once. */
async function submit(message) {
  const idempotency = randomUUID();
  for (let wait = 200; ; wait = Math.min(2 * wait, 10000)) {
    try {
      const answer = await fetch(`${server}/v1/contacts`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": idempotency },
        body: JSON.stringify(message),
        signal: AbortSignal.timeout(5000),
      });
      const body = await answer.json();
      if (answer.ok) return body;
      if (answer.status !== 429 && answer.status < 500) throw Object.assign(new Error(`${body.title}: ${body.detail}`), { final: true });
      wait = Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") ?? 0));
    } catch (error) {
      if (error.final) throw error;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

const seen = new Set(); // an answer may come twice, under one id
const door = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts), id = request.headers["buckstop-id"];
  if (!isSigned(request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  response.writeHead(200).end(); // what is taken is answered at once
  if (seen.has(id)) return;
  seen.add(id);
  const said = JSON.parse(body);
  console.log(`${said.purpose}: ${said.body.trim()}`);
  if (said.purpose === "reply") door.close(() => process.exit(0));
});
door.listen(0, "127.0.0.1", async () => {
  try {
    const receipt = await submit({
      channel: process.env.BUCKSTOP_CHANNEL ?? "chat",
      text: process.argv[2] ?? "Where is my card?",
      customer: "kim",
      thread: randomUUID(),
      return_way: "callback",
      return_to: `http://127.0.0.1:${door.address().port}/answers`,
    });
    console.log(`opened ${receipt.contact}, ${receipt.accountable} answers for it`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
});
