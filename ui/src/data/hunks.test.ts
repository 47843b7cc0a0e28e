import { expect, test } from "vitest";
import { hunks, withoutHunks } from "./hunks";

const DIFF = [
  "diff --git a/a.md b/a.md",
  "--- a/a.md",
  "+++ b/a.md",
  "@@ -1,3 +1,4 @@",
  " one",
  "+one and a half",
  " two",
  " three",
  "@@ -8,3 +9,2 @@",
  " eight",
  "-nine",
  " ten",
  "\\ No newline at end of file",
  "",
].join("\n");
const OLD = "one\ntwo\nthree\n4\n5\n6\n7\neight\nnine\nten";
const NEW = "one\none and a half\ntwo\nthree\n4\n5\n6\n7\neight\nten";

test("each part can be left out", () => {
  const parts = hunks(DIFF);
  expect(parts.map((part) => part.from)).toEqual([0, 8]);
  expect(withoutHunks(NEW, parts, () => false)).toBe(NEW);
  expect(withoutHunks(NEW, parts, () => true)).toBe(OLD);
  expect(withoutHunks(NEW, parts, (index) => index === 0)).toBe(NEW.replace("one and a half\n", ""));
  expect(withoutHunks(NEW, parts, (index) => index === 1)).toBe(NEW.replace("eight\n", "eight\nnine\n"));
});

test("a new page is one part", () => {
  const parts = hunks("diff --git a/a.md b/a.md\n--- /dev/null\n+++ b/a.md\n@@ -0,0 +1,2 @@\n+one\n+-two\n");
  expect(parts).toEqual([{ from: 0, lines: ["+one", "+-two"] }]);
});

test("a part that is left out has the final line end that was there before", () => {
  const added = hunks("@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+two\n");
  expect(withoutHunks("one\ntwo\n", added, () => true)).toBe("one\ntwo");
  const removed = hunks("@@ -1,2 +1,2 @@\n one\n-two\n+two\n\\ No newline at end of file\n");
  expect(withoutHunks("one\ntwo", removed, () => true)).toBe("one\ntwo\n");
  expect(withoutHunks("one\ntwo", removed, () => false)).toBe("one\ntwo");
});
