import { expect, test } from "vitest";
import type { Agent } from "../bridge";
import { tree } from "../data/status";
import { flatTree } from "./flatTree";
import { rowWithName, treeMove, typeLetter } from "./treeMove";

const agent = (id: string, parent: string | null) => ({ id, name: id, parent, status: "done", spent: 1 }) as Agent;
const AGENTS = [agent("Grow", null), agent("People", "Grow"), agent("Reader", "People"), agent("Projects", "Grow")];
const rows = flatTree(tree(AGENTS), new Set());

test("arrows go up, down, to the parent and to the first child, and never out of the tree", () => {
  expect([treeMove("ArrowDown", rows, 0), treeMove("ArrowUp", rows, 2), treeMove("Home", rows, 3), treeMove("End", rows, 0)]).toEqual([{ to: 1 }, { to: 1 }, { to: 0 }, { to: 3 }]);
  expect([treeMove("ArrowRight", rows, 1), treeMove("ArrowLeft", rows, 2), treeMove("ArrowLeft", rows, 3)]).toEqual([{ to: 2 }, { to: 1 }, { to: 0 }]);
  expect([treeMove("ArrowUp", rows, 0), treeMove("ArrowDown", rows, 3), treeMove("ArrowRight", rows, 3), treeMove("Tab", rows, 0)]).toEqual([null, null, null, null]);
});

test("left folds an open branch, and right unfolds it", () => {
  expect(treeMove("ArrowLeft", rows, 1)).toEqual({ isFolded: true });
  const folded = flatTree(tree(AGENTS), new Set(["People"]));
  expect([treeMove("ArrowRight", folded, 1), treeMove("ArrowLeft", folded, 1)]).toEqual([{ isFolded: false }, { to: 0 }]);
});

test("a typed letter goes to the next agent whose name begins with it, and a word to the first that fits", () => {
  let typed = typeLetter({ text: "", at: 0 }, "P", 1_000);
  expect([rowWithName(typed.text, rows, 0), rowWithName(typed.text, rows, 1), rowWithName(typed.text, rows, 3)]).toEqual([{ to: 1 }, { to: 3 }, { to: 1 }]);
  typed = typeLetter(typed, "r", 1_200);
  expect([typed.text, rowWithName(typed.text, rows, 1), rowWithName("x", rows, 1)]).toEqual(["pr", { to: 3 }, null]);
  expect(typeLetter(typed, "g", 3_000).text).toBe("g");
});
