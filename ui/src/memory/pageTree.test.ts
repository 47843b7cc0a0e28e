import { expect, test } from "vitest";
import { firstRows, pageTree } from "./pageTree";

test("paths are grouped into folders", () => {
  const row = (path: string) => ({ path, bytes: 1, conflict_copy_of: null });
  const tree = pageTree(["README.md", "goals/2026/q1.md", "goals/README.md"].map(row));
  expect(tree.pages.map((page) => page.path)).toEqual(["README.md"]);
  expect(tree.folders[0]).toMatchObject({ name: "goals", path: "goals/", pages: [{ path: "goals/README.md" }], folders: [{ path: "goals/2026/" }] });
});

test("a folder shows its first rows only, folders first", () => {
  const rows = Array.from({ length: 10_000 }, (_, number) => ({ path: number % 2 ? `${number}.md` : `area ${number}/plan.md`, bytes: 1, conflict_copy_of: null }));
  const tree = pageTree(rows);
  const count = (limit: number) => {
    const { folders, pages, hidden } = firstRows(tree, limit);
    return [folders.length, pages.length, hidden];
  };
  expect(count(500)).toEqual([500, 0, 9_500]);
  expect(count(5_500)).toEqual([5_000, 500, 4_500]);
  expect(count(20_000)).toEqual([5_000, 5_000, 0]);
});
