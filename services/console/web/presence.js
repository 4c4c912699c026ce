// presence.js - the open page of a person is their presence.
//
// A heartbeat is due when a third of the presence has passed. The stream's pulse asks for it: timers of a tab that nobody
// looks at are slowed down to one a minute, what comes over the network is not. Leaving the last page says "away" within
// seconds: a service worker sees to it (leave.js), since a page that goes cannot tell whether it is only loaded anew.
// Where there is none (plain http from another machine) the presence runs out instead.

import {at, mark, say} from "./dom.js";
import {awayLater, beat, leave} from "./api.js";
import {now, when} from "./time.js";
import {keep, setting} from "./settings.js";

const SOONEST_MS = 2000, AGAIN_MS = 3000;

export class Presence {
  constructor(tell) {
    Object.assign(this, {tell, person: "", here: false, next: 0, until: 0, busy: false, worker: null});
    at("presence").addEventListener("click", () => this.set(!this.here));
    addEventListener("pagehide", () => this.leaving());
  }

  // Who signs in is here, unless they said otherwise when they were here last.
  begin(person) {
    this.person = person;
    this.here = setting("here", true);
    this.next = 0;
    this.look();
    this.render();
    if ("serviceWorker" in navigator)
      navigator.serviceWorker.register("assets/leave.js").then((worker) => { this.worker = worker; }, () => {});
  }

  end() {
    this.person = "";
    this.here = false;
  }

  async set(here) {
    this.here = here;
    keep("here", here);
    this.next = 0;
    this.render();
    if (here) return this.look();
    try {
      await leave(this.person);
      this.tell("You are away. What you held goes back to routing.");
    } catch (error) {
      this.tell(`Could not say that you are away: ${error.message}`);
    }
    return this.render();
  }

  // Asked about once a second.
  look() {
    if (!this.person || !this.here || this.busy || performance.now() < this.next) return;
    this.busy = true;
    beat(this.person).then((answer) => {
      this.until = when(answer.present_until);
      this.next = performance.now() + Math.max(SOONEST_MS, (this.until - now()) / 3);
      this.wrong = "";
    }, (error) => {
      this.next = performance.now() + AGAIN_MS;
      this.wrong = error.message;
    }).finally(() => {
      this.busy = false;
      this.render();
    });
  }

  leaving() {
    if (this.person && this.here && this.worker && this.worker.active) this.worker.active.postMessage(awayLater(this.person));
  }

  render() {
    const late = this.here && this.until > 0 && this.until < now();
    const state = !this.here ? "away" : late || this.wrong ? "doubt" : "here";
    mark(at("presence"), "state", state);
    at("presence").setAttribute("aria-pressed", String(this.here));
    say(at("presence-who"), `${this.person} is `);
    say(at("presence-words"), this.here ? (late ? "not heard" : "here") : "away");
    at("presence").title = this.wrong || (this.here ? "Closing this page says that you are away, and what you hold goes back to routing." : "Nothing is offered to you while you are away.");
  }
}
