import { expect, test } from "vitest";
import type { Agent } from "../bridge";
import { tree } from "../data/status";
import { flatTree } from "./flatTree";

const agent = (id: string, parent: string | null, status = "done") => ({ id, name: id, parent, status, spent: 1 }) as Agent;

const AGENTS = [agent("grow", null, "waiting"), agent("a", "grow"), agent("b", "grow", "working"), agent("a1", "a", "thinking"), agent("a2", "a")];

test("each agent is below the one that started it, and siblings keep their order", () => {
  const rows = flatTree(tree(AGENTS), new Set());
  expect(rows.map((row) => [row.agent.id, row.level])).toEqual([["grow", 0], ["a", 1], ["a1", 2], ["a2", 2], ["b", 1]]);
  expect(rows.map((row) => `${row.place} of ${row.siblings}`)).toEqual(["1 of 1", "1 of 2", "1 of 2", "2 of 2", "2 of 2"]);
});

test("a folded branch says how many agents are below it and how many of them are at work", () => {
  const rows = flatTree(tree(AGENTS), new Set(["a"]));
  expect(rows.map((row) => row.agent.id)).toEqual(["grow", "a", "b"]);
  expect(rows.map((row) => [row.below, row.busy, row.total])).toEqual([[4, 2, 5], [2, 1, 3], [0, 0, 1]]);
});

test("an agent without others below it cannot be folded", () => {
  expect(flatTree(tree(AGENTS), new Set(["b"])).find((row) => row.agent.id === "b")?.isFolded).toBe(false);
});
