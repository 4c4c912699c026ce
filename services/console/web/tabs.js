// tabs.js - the tabs of one browser that show this console.
//
// A browser opens six connections to a host; a stream takes one for good, so a seventh tab would hang. A tab that nobody
// sees lets its stream go when another comes to the front, and takes it up again when that one leaves. And a person is
// said to be away only when the last tab goes.

const ID = Math.random().toString(36).slice(2);

export class Tabs {
  // rest(): let the stream go. wake(): take it up.
  constructor(rest, wake) {
    this.others = new Set();
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("buckstop") : null;
    if (!this.channel) return;
    this.channel.onmessage = ({data}) => this.hear(data, rest, wake);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.tell("front");
      wake();
    });
    this.tell(document.hidden ? "hello" : "front");
  }

  tell(kind) {
    if (this.channel) this.channel.postMessage({kind, tab: ID});
  }

  hear({kind, tab}, rest, wake) {
    if (kind === "leave") {
      this.others.delete(tab);
      wake();
      return;
    }
    this.others.add(tab);
    if (kind !== "here") this.tell("here");
    if (kind === "front" && document.hidden) rest();
  }

  alone() {
    return this.others.size === 0;
  }
}
