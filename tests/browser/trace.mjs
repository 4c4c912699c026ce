// trace.mjs - what Chromium's trace says of the page's main thread: its tasks, how long each held up the next frame.

export function tasksOf(bytes) {
  const events = JSON.parse(bytes.toString()).traceEvents;
  const pages = new Set(events.filter((event) => event.name === "TracingStartedInBrowser").flatMap((event) => (event.args.data.frames || []).map((frame) => frame.processId)));
  const mains = new Set(events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain" && (pages.size === 0 || pages.has(event.pid))).map((event) => `${event.pid}/${event.tid}`));
  return events.filter((event) => event.name === "RunTask" && event.ph === "X" && mains.has(`${event.pid}/${event.tid}`))
    .map((event) => ({ms: event.dur / 1000, cpu: (event.tdur || 0) / 1000, at: event.ts}));
}

// What a task spent its time with, in words, for who has to make it shorter.
export function within(bytes, task) {
  const parts = JSON.parse(bytes.toString()).traceEvents.filter((event) => event.ph === "X" && event.ts >= task.at && event.ts + event.dur <= task.at + task.ms * 1000 && event.tdur > 2000 && !/RunTask/.test(event.name));
  return parts.sort((a, b) => b.tdur - a.tdur).slice(0, 8).map((event) => `${event.name} ${(event.tdur / 1000).toFixed(1)}`).join(", ");
}
