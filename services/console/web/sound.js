// sound.js - two tones when something is offered. Made here: nothing is loaded. A browser lets a page sound only after a
// key or a click on it; until then the desk says so.

const TONES = [[660, 0], [880, 0.16]], LENGTH_S = 0.28, LOUD = 0.22;

export class Sound {
  constructor() {
    this.on = true;
    this.context = null;
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => this.unlock(), {capture: true, passive: true});
  }

  unlock() {
    if (!this.context && "AudioContext" in window) this.context = new AudioContext();
    if (this.context && this.context.state === "suspended") this.context.resume();
  }

  muted() {
    return this.on && !(this.context && this.context.state === "running");
  }

  ring() {
    if (!this.on || !this.context || this.context.state !== "running") return false;
    const start = this.context.currentTime;
    for (const [hertz, after] of TONES) {
      const tone = this.context.createOscillator(), level = this.context.createGain();
      tone.frequency.value = hertz;
      level.gain.setValueAtTime(0.0001, start + after);
      level.gain.exponentialRampToValueAtTime(LOUD, start + after + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, start + after + LENGTH_S);
      tone.connect(level).connect(this.context.destination);
      tone.start(start + after);
      tone.stop(start + after + LENGTH_S);
    }
    return true;
  }
}
