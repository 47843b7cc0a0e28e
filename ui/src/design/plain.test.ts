import { describe, expect, test } from "vitest";
import { excerpt, findMatches, plain } from "./plain";

describe("plain", () => {
  test.each([
    ["## Why *this*?", "Why this?"],
    ["- **Mara** works on a storage team", "Mara works on a storage team"],
    ["  2. [x] see [goals](goals/README.md \"all\") and ![a cat](cat.png)", "see goals and a cat"],
    ["> - quoted `snake_case **not bold**`", "quoted snake_case **not bold**"],
    ["| Week 1 | Rustlings, **evenings** | |", "Week 1 · Rustlings, evenings"],
    ["snake_case_name and 2 * 3 * 4, a*b*c", "snake_case_name and 2 * 3 * 4, a*b*c"],
    ["_soft_ and __strong__ and ~~gone~~ and ***both***", "soft and strong and gone and both"],
    ["#hashtag, -5 degrees, 1.5 hours", "#hashtag, -5 degrees, 1.5 hours"],
    ["<https://example.org/a> costs 5 \\* 3", "https://example.org/a costs 5 * 3"],
    ["# One\n\n|a|b|\n|---|:-:|\n|1|2|\n\n---\n\n```rust\nlet x = 1;\n```", "One\na · b\n1 · 2\nlet x = 1;"],
    ["", ""],
  ])("%j becomes %j", (markdown, text) => {
    expect(plain(markdown)).toBe(text);
  });

  test("a long line of syntax characters is fast", () => {
    const began = performance.now();
    for (const sign of ["*", "_", "`", "[", "**a", "_a ", "|-"]) plain(sign.repeat(1_000));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

test("matches ignore case, and special characters in the query are literal", () => {
  expect(findMatches("Rust, rust", "RUST")).toEqual([[0, 4], [6, 10]]);
  expect(findMatches("a.c (abc)", "a.c")).toEqual([[0, 3]]);
  expect(findMatches("C:\\x [y]-{2}", "\\x [y]-{2}")).toEqual([[2, 12]]);
  expect(findMatches("İstanbul", "istanbul")).toEqual([]);
  expect(findMatches("anything", "")).toEqual([]);
});

test("an excerpt starts at the line of the match, and keeps the syntax if the match is part of it", () => {
  expect(excerpt("# Plan\n\nAsk **Mara** first", "mara")).toBe("…Ask Mara first");
  expect(excerpt("Ask **Mara** first", "**Mara")).toBe("Ask **Mara** first");
  expect(excerpt(`${"very ".repeat(20)}*long* way`, "long")).toBe("…very very very very very very long way");
});
