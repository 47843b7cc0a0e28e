import { expect, test } from "vitest";
import type { AskRow } from "../bridge";
import { stableAsks } from "./useStableAsks";

function row(id: string, isSettled = false): AskRow {
  const settled = isSettled ? ({ by: "person", answer: null, rule: null, at: 9 } as const) : null;
  return { agent: "grow", agent_name: "Grow Agent", depth: 0, seq: 1, ask: { id, kind: "question", text: id }, raised_at: 1, settled };
}
const ids = (rows: readonly AskRow[]) => rows.map((one) => one.ask.id);

test("an ask that is settled while the inbox is open stays in its place", () => {
  const first = stableAsks([], [row("a"), row("b")], [row("old", true)]);
  expect([ids(first.current), ids(first.earlier)]).toEqual([["a", "b"], ["old"]]);
  const then = stableAsks(first.current, [row("b"), row("c")], [row("a", true), row("old", true)]);
  expect([ids(then.current), ids(then.earlier)]).toEqual([["a", "b", "c"], ["old"]]);
  expect(then.current[0]?.settled?.by).toBe("person");
});

test("an ask that has not changed keeps its row", () => {
  const known = row("a");
  expect(stableAsks([known], [row("a")], []).current[0]).toBe(known);
  expect(stableAsks([known], [], [row("a", true)]).current[0]).not.toBe(known);
});

test("an ask that is in neither list keeps its last row", () => {
  const { current } = stableAsks([row("a")], [row("b")], []);
  expect(ids(current)).toEqual(["a", "b"]);
});
