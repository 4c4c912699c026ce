// load.mjs - so many events a second by HTTP, at an even pace: notes, new contacts, and people who take and give back.
import {Agent, request} from "node:http";

const AT_ONCE = 48, SLICE_MS = 20;

export class Load {
  constructor(about, ids, rate) {
    Object.assign(this, {about, ids: [...ids], rate, agent: new Agent({keepAlive: true, maxSockets: AT_ONCE}), sent: 0, refused: 0, under: 0, owned: []});
  }

  async run(seconds) {
    const began = performance.now();
    while (performance.now() - began < seconds * 1000) {
      const due = Math.floor(((performance.now() - began) / 1000) * this.rate);
      while (this.sent < due && this.under < AT_ONCE) this.one();
      await new Promise((done) => { setTimeout(done, SLICE_MS); });
    }
    while (this.under > 0) await new Promise((done) => { setTimeout(done, SLICE_MS); });
    this.agent.destroy();
  }

  one() {
    const n = this.sent++, id = this.ids[(n * 7919 + Math.floor(n / 10)) % this.ids.length];
    if (n % 10 === 0) return this.post("/v1/contacts", {channel: "mail", subject: `New under load ${n}`, text: "Hello?", customer: `customer ${n}`});
    if (n % 10 === 3) {
      this.owned.push(id);
      return this.act(id, {action: "accept", person: "mira"});
    }
    if (n % 10 === 6 && this.owned.length > 20) return this.act(this.owned.shift(), {action: "resolve", person: "mira"});
    return this.act(id, {action: "note", person: "lena", text: `Note ${n}`});
  }

  act(id, body) {
    return this.post(`/v1/contacts/${id}/actions`, body);
  }

  post(path, body) {
    this.under += 1;
    const done = () => { this.under -= 1; };
    const asked = request(this.about.intake + path, {method: "POST", agent: this.agent, headers: {"Content-Type": "application/json", Authorization: `Bearer ${this.about.operator}`}}, (answer) => {
      if (answer.statusCode >= 300 && answer.statusCode !== 409) this.refused += 1;
      answer.resume().on("end", done);
    });
    asked.on("error", () => { this.refused += 1; done(); });
    asked.end(JSON.stringify(body));
  }
}
