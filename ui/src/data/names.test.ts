import { expect, test } from "vitest";
import { agentName, quoted, visible } from "./names";

test("a model's text in a sentence is quoted, in one line, and cut", () => {
  expect(quoted(" Which\n\n evening? ")).toBe("“Which evening?”");
  expect(quoted("a ” b")).toBe('“a " b”');
  expect(quoted("abcdef", 3)).toBe("“abc…”");
});

test("characters that hide something are written out; emoji and other scripts stay", () => {
  expect(visible("a\u202eb\u200bc\u0007")).toBe("a⟨U+202E⟩b⟨U+200B⟩c⟨U+0007⟩");
  expect(visible("👩‍💻 می‌خواهم\n\tx")).toBe("👩‍💻 می‌خواهم\n\tx");
});

test("only the name of a sub-agent is quoted", () => {
  expect(agentName({ id: "grow", name: "Grow Agent" })).toBe("Grow Agent");
  expect(agentName({ id: "a-1", name: "Scout" })).toBe("“Scout”");
});
