// stream.js - the board's event stream, by fetch.
//
// An EventSource hides why it was refused, gives up for good on a 502 of a proxy, and then forgets the last number that
// it had; so the stream is read by hand, with the same protocol (HTML Living Standard, 9.2.6). The console says something
// each second: when it has been silent for SILENT_MS the line is dead, whatever TCP believes, and is opened anew.

const SILENT_MS = 4000, FIRST_WAIT_MS = 300, LONGEST_WAIT_MS = 5000;

export class Stream {
  // hear(name, data, id): an event. link(state, words): "live", "cut", "refused".
  constructor(url, hear, link) {
    Object.assign(this, {url, hear, link, last: "", wait: FIRST_WAIT_MS, running: false, abort: null, heard: 0});
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.turn = (this.turn || 0) + 1;
    this.go(this.turn);
  }

  stop() {
    this.running = false;
    this.turn += 1;
    if (this.abort) this.abort.abort();
  }

  // Is the line still alive? Asked from outside, once a second.
  look() {
    if (this.running && this.abort && performance.now() - this.heard > SILENT_MS) this.abort.abort();
  }

  async go(turn) {
    while (turn === this.turn) {
      let words = "The console does not answer.";
      try {
        await this.read(turn);
      } catch (error) {
        if (error.refused) words = error.message;
        if (error.refused === 401 && turn === this.turn) {
          this.running = false;
          this.link("refused", words);
          return;
        }
      }
      if (turn !== this.turn) return;
      this.link("cut", words);
      await this.pause();
    }
  }

  // Longer each time, and not all pages of a house at the same moment; at once when the network is said to be back.
  pause() {
    const ms = this.wait * (0.5 + Math.random());
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      addEventListener("online", () => { clearTimeout(timer); done(); }, {once: true});
    });
  }

  async read(turn) {
    const abort = this.abort = new AbortController();
    this.heard = performance.now();
    const headers = {Accept: "text/event-stream", ...(this.last ? {"Last-Event-ID": this.last} : {})};
    const answer = await fetch(this.url, {headers, signal: abort.signal, credentials: "same-origin", cache: "no-store"});
    if (!answer.ok || !answer.body) {
      const problem = await answer.json().catch(() => ({}));
      throw Object.assign(new Error(problem.detail || `The console refused with ${answer.status}.`), {refused: answer.status});
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    this.rest = "";
    this.event = {name: "", data: [], id: null};
    for (;;) {
      const {value, done} = await reader.read();
      if (done || turn !== this.turn) return;
      this.heard = performance.now();
      this.take(value);
    }
  }

  take(text) {
    const lines = (this.rest + text).split(/\r\n|\n|\r/);
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined; // a comment: it only keeps the line alive
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event.name = value;
    else if (name === "data") this.event.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.event.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.wait = Math.min(Number(value), LONGEST_WAIT_MS);
    return undefined;
  }

  dispatch() {
    const {name, data, id} = this.event;
    this.event = {name: "", data: [], id: null};
    if (id !== null) this.last = id;
    if (data.length === 0) return;
    this.wait = FIRST_WAIT_MS;
    this.hear(name || "message", JSON.parse(data.join("\n")), id);
  }
}
