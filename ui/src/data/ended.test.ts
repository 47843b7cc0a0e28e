import { expect, test } from "vitest";
import { ending } from "./ended";
import type { Ended } from "./events";

const ALL: Ended[] = [
  "cancelled", "cut", "silent", { refused: "" }, { unknown: "paused" },
  { limit: "per_message" }, { limit: "per_day" }, { limit: "per_month" }, { limit: "allowance" }, { limit: "calls" },
  { failed: { kind: "key", message: "The key was refused.", request_id: null } },
  { failed: { kind: "new_kind", message: "Something else.", request_id: null } },
];

test("a turn that is done needs no words", () => {
  expect(ending("done")).toBeNull();
});

test("every other ending is a sentence, and what can go on says how", () => {
  for (const ended of ALL) {
    const how = ending(ended);
    expect(how?.title).toMatch(/\.$/);
    expect(how?.resumable === true || how?.next !== null).toBe(true);
  }
});

test("budgets and keys lead to the settings", () => {
  expect(ALL.filter((ended) => ending(ended)?.settings)).toHaveLength(4);
});
