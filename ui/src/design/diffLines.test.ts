import { expect, test } from "vitest";
import { diffLines } from "./diffLines";

const kinds = (text: string) => diffLines(text).map(({ kind }) => kind);

test("a diff of one file has only its lines", () => {
  const text = "diff --git a/a.md b/a.md\nindex 1..2 100644\n--- a/a.md\n+++ b/a.md\n@@ -1,2 +1,2 @@\n same\n-gone\n+added\n";
  expect(kinds(text)).toEqual(["same", "gone", "added"]);
});

test("lines inside a hunk that look like headers are lines", () => {
  expect(kinds("@@ -1 +1 @@\n--- old rule\n+++ new rule\n")).toEqual(["gone", "added"]);
});

test("several files and several hunks are separated", () => {
  const text = "diff --git a/a b/a\n@@ -1 +1 @@\n+x\n@@ -9 +9 @@\n-y\ndiff --git a/b b/b\n@@ -1 +1 @@\n+z\n\\ No newline at end of file\n";
  expect(diffLines(text).map(({ kind, text }) => `${kind} ${text}`)).toEqual(["file a", "added +x", "skip ⋯", "gone -y", "file b", "added +z", "note No newline at end of file"]);
});

test("invisible characters are written out, and line ends only if they differ", () => {
  const texts = (text: string) => diffLines(text).map((line) => line.text);
  expect(texts("@@ -1 +1 @@\n-pay Ada\n+pay \u202eAda\u200b\n")).toEqual(["-pay Ada", "+pay ⟨U+202E⟩Ada⟨U+200B⟩"]);
  expect(texts("--- a/a\n+++ b/a\n@@ -1 +1 @@\n same\r\n-old\r\n+new\r\n")).toEqual([" same", "-old", "+new"]);
  expect(texts("@@ -1 +1 @@\n-old\n+old\r\n")).toEqual(["-old", "+old⟨U+000D⟩"]);
});
