import { expect, test } from "vitest";
import type { Ended } from "../bridge";
import { ending } from "./ended";

const ALL: Ended[] = [
  "cancelled", "cut", "silent", { refused: "" }, { unknown: "paused" },
  { limit: "per_message" }, { limit: "per_day" }, { limit: "per_month" }, { limit: "allowance" }, { limit: "calls" },
  { failed: { kind: "key", message: "The key was refused.", request_id: null } },
  { failed: { kind: "new_kind" as "busy", message: "Something else.", request_id: null } },
];

test("a turn that ended normally has no text", () => {
  expect(ending("done")).toBeNull();
});

test("a budget that is too small for the next step is shown with both amounts", () => {
  const how = ending({ limit: "per_message" }, { needed: 63_000_000, available: 20_000_000 });
  expect(how?.title).toBe("The next step can cost up to $0.63, but only $0.20 is left of the budget for one message.");
});

test("every other ending is a sentence, with a next step or a way to resume", () => {
  for (const ended of ALL) {
    const how = ending(ended);
    expect(how?.title).toMatch(/\.$/);
    expect(how?.resumable === true || how?.next !== null).toBe(true);
  }
});

test("endings by budget or key link to the settings", () => {
  expect(ALL.filter((ended) => ending(ended)?.settings)).toHaveLength(4);
});
