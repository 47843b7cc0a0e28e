import { expect, test } from "vitest";
import type { PartKind } from "../bridge";
import { costWords, kindOf, span, total } from "./partWords";

test("a part is at its place in the turn, and a short one is still visible", () => {
  expect(span({ from: 1_500, to: 2_000 }, 1_000, 3_000)).toEqual({ left: 25, width: 25 });
  expect(span({ from: 3_000, to: 3_000 }, 1_000, 3_000)).toEqual({ left: 99.5, width: 0.5 });
  expect(span({ from: 1_000, to: 1_000 }, 1_000, 1_000)).toEqual({ left: 0, width: 0.5 });
});

test("a part that goes on reaches to now", () => {
  expect(span({ from: 2_000, to: null }, 1_000, 3_000)).toEqual({ left: 50, width: 50 });
});

test("a cost of which a part is unknown is a range", () => {
  expect(costWords({ cost: 0, unknown: 0 })).toBeNull();
  expect(costWords({ cost: 50_000_000, unknown: 0 })?.text).toBe("$0.50");
  expect(costWords({ cost: 0, unknown: 50_000_000 })?.text).toBe("up to $0.50");
  expect(costWords({ cost: 50_000_000, unknown: 25_000_000 })?.text).toBe("$0.50 to $0.75");
  expect(total([{ cost: 1, unknown: 2 }, { cost: 3, unknown: 4 }])).toEqual({ cost: 4, unknown: 6 });
});

test("a kind of part that a newer host has is shown as unknown", () => {
  expect(kindOf("tool").words).toBe("Tools");
  expect(kindOf("dream" as PartKind).words).toBe("Unknown to this version");
});
