// trace.mjs - what Chromium's trace says of the page's main thread: its tasks, how long each held up the next frame.

export function tasksOf(bytes) {
  const events = JSON.parse(bytes.toString()).traceEvents;
  const pages = new Set(events.filter((event) => event.name === "TracingStartedInBrowser").flatMap((event) => (event.args.data.frames || []).map((frame) => frame.processId)));
  const mains = new Set(events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain" && (pages.size === 0 || pages.has(event.pid))).map((event) => `${event.pid}/${event.tid}`));
  return events.filter((event) => event.name === "RunTask" && event.ph === "X" && mains.has(`${event.pid}/${event.tid}`))
    .map((event) => ({ms: event.dur / 1000, cpu: (event.tdur || 0) / 1000, at: event.ts}));
}
