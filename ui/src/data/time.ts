/** Formats times in the chosen language. All inputs are milliseconds since 1970; `now` is passed in. */
import { counted, decimal, perLocale, t } from "../words";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 10 * SECOND) return t("{n} s", { n: decimal(span / SECOND, 1) });
  if (span < MINUTE) return t("{n} s", { n: Math.floor(span / SECOND) });
  if (span < HOUR) return t("{n} min {s} s", { n: Math.floor(span / MINUTE), s: Math.floor((span % MINUTE) / SECOND) });
  return t("{n} h {min} min", { n: Math.floor(span / HOUR), min: Math.floor((span % HOUR) / MINUTE) });
}

/** The time until a moment: `in 5 min`, `in 2 h`, `in 3 d`; `now` once it has passed. */
export function until(at: number, now: number): string {
  const span = at - now;
  if (span <= 0) return t("now");
  if (span < MINUTE) return t("in less than 1 min");
  if (span < HOUR) return t("in {n} min", { n: Math.floor(span / MINUTE) });
  if (span < DAY) return t("in {n} h", { n: Math.floor(span / HOUR) });
  return counted(Math.floor(span / DAY), "in {n} d", "in {n} d");
}

/** A relative time: `now`, `5 min ago`, `3 h ago`, `2 d ago`, then the date. */
export function ago(at: number, now: number): string {
  const span = Math.max(0, now - at);
  if (span < MINUTE) return t("now");
  if (span < HOUR) return t("{n} min ago", { n: Math.floor(span / MINUTE) });
  if (span < DAY) return t("{n} h ago", { n: Math.floor(span / HOUR) });
  if (span < 14 * DAY) return counted(Math.floor(span / DAY), "{n} d ago", "{n} d ago");
  return day(at, now);
}

const formats = (options: Intl.DateTimeFormatOptions) => perLocale((locale) => new Intl.DateTimeFormat(locale, options));
const TIME = formats({ hour: "2-digit", minute: "2-digit" });
const TIME_AND_SECONDS = formats({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATE = formats({ weekday: "short", day: "numeric", month: "short" });
const DATE_AND_YEAR = formats({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const EXACT = formats({ dateStyle: "full", timeStyle: "medium" });

/** The time of day. */
export function clock(at: number): string {
  return TIME().format(at);
}

/** The time of day with seconds, for the log. */
export function clockSeconds(at: number): string {
  return TIME_AND_SECONDS().format(at);
}

/** Whether both are on the same day. */
export function sameDay(one: number, other: number): boolean {
  return new Date(one).setHours(0, 0, 0, 0) === new Date(other).setHours(0, 0, 0, 0);
}

/** The day: `Today`, `Yesterday`, or its date. */
export function day(at: number, now: number): string {
  const start = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((start(now) - start(at)) / DAY);
  if (days === 0) return t("Today");
  if (days === 1) return t("Yesterday");
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? DATE : DATE_AND_YEAR)().format(at);
}

/** The date and the time of day. */
export function dayAndTime(at: number): string {
  return `${DATE_AND_YEAR().format(at)}, ${clock(at)}`;
}

/** Full date and time, for tooltips. */
export function exactTime(at: number): string {
  return EXACT().format(at);
}
