// time.js - the server's clock, and times in words. All times are milliseconds since the epoch.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
let ahead = 0; // how far the server's clock is ahead of ours

export function clockIs(serverNow) {
  if (serverNow > 0) ahead = serverNow - Date.now();
}
export const now = () => Date.now() + ahead;

// Intake says times as RFC 3339, the board as numbers.
export const when = (time) => (typeof time === "number" ? time : time ? Date.parse(time) : 0);

const two = (number) => String(number).padStart(2, "0");

// 0:42  12:05  3:10:07  2 d 4 h: as a clock counts, seconds as long as they matter.
export function span(ms) {
  const left = Math.max(0, Math.floor(ms / SECOND));
  if (ms >= 2 * DAY) return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
  if (ms >= 10 * HOUR) return `${Math.floor(ms / HOUR)} h ${two(Math.floor((ms % HOUR) / MINUTE))}`;
  const minutes = Math.floor(left / 60);
  if (minutes < 60) return `${minutes}:${two(left % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(left % 60)}`;
}

// For who listens instead of looking: "42 seconds", "3 minutes", "2 hours".
export function spoken(ms) {
  const s = Math.round(Math.abs(ms) / SECOND);
  const [count, word] = s < 90 ? [s, "second"] : s < 90 * 60 ? [Math.round(s / 60), "minute"]
    : s < 36 * 3600 ? [Math.round(s / 3600), "hour"] : [Math.round(s / 86400), "day"];
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

// About how long: "12 s", "4 min", "2 h", "3 d".
export function about(ms) {
  const s = Math.max(0, ms) / SECOND;
  return s < 100 ? `${Math.round(s)} s` : s < 100 * 60 ? `${Math.round(s / 60)} min`
    : s < 48 * 3600 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
}

const ofDay = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false});
const ofMinute = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", hour12: false});
const withDay = new Intl.DateTimeFormat(undefined, {weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false});
const dayOnly = new Intl.DateTimeFormat(undefined, {weekday: "long", day: "numeric", month: "long", year: "numeric"});

export const clock = (time) => ofDay.format(time);
export const hour = (time) => ofMinute.format(time);
export const day = (time) => dayOnly.format(time);

// A time of another day names the day.
export function moment(time) {
  return dayOnly.format(time) === dayOnly.format(now()) ? ofMinute.format(time) : withDay.format(time);
}
