import { expect, test } from "vitest";
import { pageTree } from "./pageTree";

test("paths are grouped into folders", () => {
  const row = (path: string) => ({ path, bytes: 1, conflict_copy_of: null });
  const tree = pageTree(["README.md", "goals/2026/q1.md", "goals/README.md"].map(row));
  expect(tree.pages.map((page) => page.path)).toEqual(["README.md"]);
  expect(tree.folders[0]).toMatchObject({ name: "goals", path: "goals/", pages: [{ path: "goals/README.md" }], folders: [{ path: "goals/2026/" }] });
});
