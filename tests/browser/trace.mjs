// trace.mjs - what Chromium's trace says of the page's main thread: its tasks, how long each held up the next frame; and what
// the kernel says of it: how long it waited for a processor.
import {readdirSync, readFileSync} from "node:fs";

export function tasksOf(bytes) {
  const events = JSON.parse(bytes.toString()).traceEvents;
  const pages = new Set(events.filter((event) => event.name === "TracingStartedInBrowser").flatMap((event) => (event.args.data.frames || []).map((frame) => frame.processId)));
  const mains = new Set(events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain" && (pages.size === 0 || pages.has(event.pid))).map((event) => `${event.pid}/${event.tid}`));
  return events.filter((event) => event.name === "RunTask" && event.ph === "X" && mains.has(`${event.pid}/${event.tid}`))
    .map((event) => ({ms: event.dur / 1000, cpu: (event.tdur || 0) / 1000, at: event.ts, pid: event.pid}));
}

// Of each process, how long its first thread (of a page: the main one) has waited for a processor, ms.
export function waits() {
  const found = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      found.set(Number(pid), Number(readFileSync(`/proc/${pid}/schedstat`, "ascii").split(" ")[1]) / 1e6);
    } catch {
      continue; // it has ended
    }
  }
  return found;
}

// Tasks that hold up a frame by their own doing: by what they work, and by their length as far as it was no wait for a
// processor. before: waits() when the trace began.
export function longTasks(tasks, frame, before) {
  const pid = tasks[0].pid, waited = (waits().get(pid) || 0) - (before.get(pid) || 0);
  const excess = tasks.reduce((sum, task) => sum + Math.max(0, task.ms - Math.max(task.cpu, frame)), 0);
  return {waited, long: tasks.filter((task) => (excess <= waited ? task.cpu : task.ms) > frame)};
}

// What a task spent its time with, in words, for who has to make it shorter.
export function within(bytes, task) {
  const parts = JSON.parse(bytes.toString()).traceEvents.filter((event) => event.ph === "X" && event.ts >= task.at && event.ts + event.dur <= task.at + task.ms * 1000 && event.tdur > 2000 && !/RunTask/.test(event.name));
  return parts.sort((a, b) => b.tdur - a.tdur).slice(0, 8).map((event) => `${event.name} ${(event.tdur / 1000).toFixed(1)}`).join(", ");
}
