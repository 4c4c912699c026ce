// tabs.js - the tabs of one browser that show this console.
//
// A browser opens six connections to a host; a stream takes one for good, so a seventh tab would hang. A tab that nobody
// sees lets its stream go when another comes to the front, and takes it up again when that one leaves.

export class Tabs {
  // rest(): let the stream go. wake(): take it up.
  constructor(rest, wake) {
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("buckstop") : null;
    if (!this.channel) return;
    this.channel.onmessage = ({data}) => this.hear(data, rest, wake);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.tell("front");
      wake();
    });
    if (!document.hidden) this.tell("front");
  }

  tell(kind) {
    if (this.channel) this.channel.postMessage({kind});
  }

  hear({kind}, rest, wake) {
    if (kind === "leave") wake();
    else if (kind === "front" && document.hidden) rest();
  }
}
