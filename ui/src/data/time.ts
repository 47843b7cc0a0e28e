/** Formats times. All inputs are milliseconds since 1970; `now` is passed in. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min ${Math.floor((span % MINUTE) / SECOND)} s`;
  return `${Math.floor(span / HOUR)} h ${Math.floor((span % HOUR) / MINUTE)} min`;
}

/** The time until a moment: `in 5 min`, `in 2 h`, `in 3 d`; `now` once it has passed. */
export function until(at: number, now: number): string {
  const span = at - now;
  if (span <= 0) return "now";
  if (span < MINUTE) return "in less than 1 min";
  if (span < HOUR) return `in ${Math.floor(span / MINUTE)} min`;
  if (span < DAY) return `in ${Math.floor(span / HOUR)} h`;
  return `in ${Math.floor(span / DAY)} d`;
}

/** A relative time: `now`, `5 min ago`, `3 h ago`, `2 d ago`, then the date. */
export function ago(at: number, now: number): string {
  const span = Math.max(0, now - at);
  if (span < MINUTE) return "now";
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min ago`;
  if (span < DAY) return `${Math.floor(span / HOUR)} h ago`;
  if (span < 14 * DAY) return `${Math.floor(span / DAY)} d ago`;
  return day(at, now);
}

// Formatters are created once: creating one is far slower than using it.
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const TIME_AND_SECONDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const DATE_AND_YEAR = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The time of day in the system's locale. */
export function clock(at: number): string {
  return TIME.format(at);
}

/** The time of day with seconds, for the log. */
export function clockSeconds(at: number): string {
  return TIME_AND_SECONDS.format(at);
}

/** Whether both are on the same day. */
export function sameDay(one: number, other: number): boolean {
  return new Date(one).setHours(0, 0, 0, 0) === new Date(other).setHours(0, 0, 0, 0);
}

/** The day: `Today`, `Yesterday`, or its date. */
export function day(at: number, now: number): string {
  const start = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((start(now) - start(at)) / DAY);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? DATE : DATE_AND_YEAR).format(at);
}

/** The date and the time of day. */
export function dayAndTime(at: number): string {
  return `${DATE_AND_YEAR.format(at)}, ${clock(at)}`;
}

/** Full date and time, for tooltips. */
export function exactTime(at: number): string {
  return EXACT.format(at);
}
