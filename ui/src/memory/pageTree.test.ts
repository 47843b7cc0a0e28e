import { expect, test } from "vitest";
import { pageTree } from "./pageTree";

test("paths are grouped into folders", () => {
  const tree = pageTree([{ path: "README.md", bytes: 1 }, { path: "goals/2026/q1.md", bytes: 1 }, { path: "goals/README.md", bytes: 1 }]);
  expect(tree.pages.map((page) => page.path)).toEqual(["README.md"]);
  expect(tree.folders[0]).toMatchObject({ name: "goals", path: "goals/", pages: [{ path: "goals/README.md" }], folders: [{ path: "goals/2026/" }] });
});
