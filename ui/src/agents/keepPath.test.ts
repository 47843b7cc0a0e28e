import { expect, test } from "vitest";
import { isKeepable, isTooLong, keepPath } from "./keepPath";

test("only texts for people can be kept", () => {
  for (const path of ["a.md", "notes/b.TXT", "a b.md"]) expect(isKeepable(path), path).toBe(true);
  for (const path of ["src/a.rs", "md", ".md", "notes/.txt", "a.md.exe", "a.json"]) expect(isKeepable(path), path).toBe(false);
});

test("the proposed path is below workbench/ and has a name that memory accepts", () => {
  const table: Array<[string, string]> = [
    ["notes/projects.md", "workbench/projects.md"],
    ["Überblick 2026.TXT", "workbench/Überblick 2026.txt"],
    ["../../.git/config.md", "workbench/config.md"],
    ["..md", "workbench/notes.md"],
    ['a:"b"<c>|?*.md', "workbench/a--b--c.md"],
    ["\u202egpj.md", "workbench/gpj.md"],
    [`${"x".repeat(300)}.md`, `workbench/${"x".repeat(60)}.md`],
  ];
  for (const [path, kept] of table) expect(keepPath(path)).toBe(kept);
});

test("a page has at most 256 KiB, in bytes", () => {
  expect(isTooLong("x".repeat(256 * 1_024))).toBe(false);
  expect(isTooLong("ü".repeat(128 * 1_024 + 1))).toBe(true);
});
