// trace.mjs - what Chromium's trace says of the page: its frames as Chromium counts them (AnimationFrame: from the first work
// for it until it is rendered), and the main thread's tasks; and what the kernel says of the threads that draw it: how long
// they waited for a processor.
import {readdirSync, readFileSync} from "node:fs";

const DRAW = /^(CrRendererMain|Compositor|CrGpuMain|VizCompositorThread)$/;

const eventsOf = (bytes) => JSON.parse(bytes.toString()).traceEvents;
const pagesOf = (events) => new Set(events.filter((event) => event.name === "TracingStartedInBrowser").flatMap((event) => (event.args.data.frames || []).map((frame) => frame.processId)));

export function tasksOf(bytes) {
  const events = eventsOf(bytes), pages = pagesOf(events);
  const mains = new Set(events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain" && (pages.size === 0 || pages.has(event.pid))).map((event) => `${event.pid}/${event.tid}`));
  return events.filter((event) => event.name === "RunTask" && event.ph === "X" && mains.has(`${event.pid}/${event.tid}`))
    .map((event) => ({what: "task", ms: event.dur / 1000, cpu: (event.tdur || 0) / 1000, at: event.ts, pid: event.pid}));
}

// Chromium says how long each frame took; it worked as long as the tasks that it holds.
export function framesOf(bytes, tasks) {
  const {pid} = tasks[0], frames = eventsOf(bytes).filter((event) => event.name === "AnimationFrame" && event.ph === "b" && event.pid === pid);
  return frames.map(({ts: at, args}) => {
    const ms = args.animation_frame_timing_info.duration_ms, during = tasks.filter((task) => task.at < at + ms * 1000 && task.at + task.ms * 1000 > at);
    return {what: "frame", ms, cpu: during.reduce((sum, task) => sum + task.cpu, 0), at, pid};
  });
}

// Of each thread, how long it has waited for a processor, ms.
export function waits() {
  const found = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const tid of readdirSync(`/proc/${pid}/task`)) found.set(Number(tid), Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, "ascii").split(" ")[1]) / 1e6);
    } catch {
      continue; // it has ended
    }
  }
  return found;
}

// Tasks or frames that took too long by their own doing: by what they work, and by their length as far as it was no wait for
// a processor. before: waits() when the trace began.
export function judge(bytes, all, frame, before) {
  const now = waits(), {pid} = all[0], threads = eventsOf(bytes).filter((event) => event.name === "thread_name" && DRAW.test(event.args.name) && (event.pid === pid || /Gpu|Viz/.test(event.args.name)));
  const waited = threads.reduce((sum, {tid}) => sum + (now.get(tid) || 0) - (before.get(tid) || 0), 0);
  const excess = all.reduce((sum, one) => sum + Math.max(0, one.ms - Math.max(one.cpu, frame)), 0), by = excess <= waited ? "cpu" : "ms";
  return {waited, by: by === "cpu" ? "what they work" : "their length", long: all.filter((one) => one[by] > frame)};
}

// What a task spent its time with, in words, for who has to make it shorter.
export function within(bytes, task) {
  const parts = eventsOf(bytes).filter((event) => event.ph === "X" && event.ts >= task.at && event.ts + event.dur <= task.at + task.ms * 1000 && event.tdur > 2000 && !/RunTask/.test(event.name));
  return parts.sort((a, b) => b.tdur - a.tdur).slice(0, 8).map((event) => `${event.name} ${(event.tdur / 1000).toFixed(1)}`).join(", ");
}
