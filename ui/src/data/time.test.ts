import { expect, test } from "vitest";
import { ago, day, duration, until } from "./time";

const NOW = new Date(2026, 10, 22, 12, 0).getTime();

test("durations get coarser as they get longer", () => {
  expect([-5, 400, 9_949, 12_000, 185_000, 7_800_000].map(duration)).toEqual(["0.0 s", "0.4 s", "9.9 s", "12 s", "3 min 5 s", "2 h 10 min"]);
});

test("recent times are relative", () => {
  expect([NOW + 5, NOW - 30_000, NOW - 5 * 60_000, NOW - 3 * 3_600_000, NOW - 2 * 86_400_000].map((at) => ago(at, NOW))).toEqual(["now", "now", "5 min ago", "3 h ago", "2 d ago"]);
});

test("the time until a moment is rounded down", () => {
  expect([NOW - 5, NOW + 30_000, NOW + 5 * 60_000, NOW + 3 * 3_600_000, NOW + 2 * 86_400_000].map((at) => until(at, NOW))).toEqual(["now", "in less than 1 min", "in 5 min", "in 3 h", "in 2 d"]);
});

test("days change at local midnight", () => {
  expect(day(NOW - 11 * 3_600_000, NOW)).toBe("Today");
  expect(day(NOW - 13 * 3_600_000, NOW)).toBe("Yesterday");
});
