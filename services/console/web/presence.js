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
    Object.assign(this, {tell, person: "", here: false, next: 0, until: 0, busy: false, held: false, worker: null});
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
    this.held = false;
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

  // Signing out: away is told first, since nobody may tell it afterwards. No heartbeat takes it back meanwhile; whoever could
  // not be signed out is here again at once.
  async out(signOut) {
    if (!this.person || !this.here) return signOut();
    this.held = true;
    try {
      await this.beating;
      await leave(this.person).catch(() => {});
      return await signOut();
    } catch (error) {
      this.held = false;
      this.next = 0;
      this.look();
      throw error;
    }
  }

  // Asked about once a second.
  look() {
    if (!this.person || !this.here || this.busy || this.held || performance.now() < this.next) return;
    this.busy = true;
    this.beating = beat(this.person).then((answer) => {
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
    say(at("presence-words"), !this.here ? "away" : late ? "not heard" : this.wrong ? "here, not yet heard" : "here");
    at("presence").title = this.wrong || (this.here ? "Closing this page says that you are away, and what you hold goes back to routing." : "Nothing is offered to you while you are away.");
  }
}
