import { expect, test } from "vitest";
import type { SpendingRow } from "../bridge";
import { cachedShare, cacheWords, chartWords, daysAgo, estimateWords, everyDay, periodStart, spentWords } from "./spending";

const row = (key: string, cost: number, change: Partial<SpendingRow> = {}): SpendingRow => ({ key, name: key, calls: 1, cost, unknown: 0, reserved: 0, input_tokens: 100, cached_tokens: 75, output_tokens: 9, estimates: 0, at: 0, ...change });

test("the share of the cache is unknown without prompts", () => {
  expect(cachedShare(row("a", 1))).toBe(0.75);
  expect(cachedShare({ input_tokens: 0, cached_tokens: 0 })).toBeNull();
});

test("the share of the cache of all rows is weighted by their prompts", () => {
  expect(cacheWords([row("a", 1), row("b", 1, { input_tokens: 300, cached_tokens: 0 })])).toBe("19 % of the prompt tokens came from the cache.");
  expect(cacheWords([])).toBeNull();
});

test("days without spendings are shown as zero, oldest first", () => {
  const now = Date.UTC(2026, 10, 28, 20);
  const days = everyDay([row("2026-11-28", 5), row("2026-11-26", 3)], daysAgo(2, now), now);
  expect(days.map((day) => [day.key, day.cost])).toEqual([["2026-11-26", 3], ["2026-11-27", 0], ["2026-11-28", 5]]);
});

test("a month and a day begin in UTC, and all of it at its first day", () => {
  const now = Date.UTC(2026, 10, 28, 20);
  expect(periodStart("today", now)).toBe(Date.UTC(2026, 10, 28));
  expect(periodStart("month", now)).toBe(Date.UTC(2026, 10, 1));
  const rows = [row("2026-11-27", 5), row("2026-11-25", 3)];
  expect(everyDay(rows, periodStart("ever", now), now).map((day) => day.key)).toEqual(["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"]);
  expect(everyDay([row("2025-01-01", 5)], 0, now)).toHaveLength(60);
});

test("the chart in words names the total and the largest part, with what counts for unknown bills", () => {
  const rows = [row("grow", 100_000_000), row("Scout", 50_000_000, { unknown: 100_000_000 })];
  expect(chartWords(rows, "agent")).toBe("$2.50 in total. The most: “Scout” with $1.50.");
  expect(chartWords(rows, "model")).toBe("$2.50 in total. The most: Scout with $1.50.");
  expect(chartWords([], "day")).toBe("Nothing was spent.");
});

test("sums that contain estimates are marked, and the sign has a legend", () => {
  const rows = [row("a", 100_000_000, { estimates: 1 }), row("b", 200_000_000), row("local", 0, { estimates: 2 })];
  expect(rows.map(spentWords)).toEqual(["~$1.00", "$2.00", "$0"]);
  expect(chartWords(rows, "model")).toBe("~$3.00 in total. The most: b with $2.00.");
  expect(cacheWords(rows)).toBe("~75 % of the prompt tokens came from the cache.");
  expect(estimateWords(rows)).toContain("~ contains estimates");
  expect(estimateWords([row("b", 1)])).toBeNull();
});
