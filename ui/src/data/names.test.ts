import { expect, test } from "vitest";
import { agentName, quoted, visible } from "./names";

test("a model's text in a sentence is quoted, in one line, and cut", () => {
  expect(quoted(" Which\n\n evening? ")).toBe("“Which evening?”");
  expect(quoted("a ” b")).toBe('“a " b”');
  expect(quoted("abcdef", 3)).toBe("“abc…”");
});

test("characters that hide something are written out; emoji and other scripts stay", () => {
  expect(visible("a\u202eb\u200bc\u0007")).toBe("a⟨U+202E⟩b⟨U+200B⟩c⟨U+0007⟩");
  for (const text of ["👩‍💻 می‌خواهم\n\tx", "क्‍ष", "❤️ 1️⃣ ☎︎", "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}"]) expect(visible(text)).toBe(text);
});

test("text that is hidden in tags, selectors or joiners is written out", () => {
  expect(visible("tea\u{E0068}\u{E0069}")).toBe("tea⟨U+E0068⟩⟨U+E0069⟩");
  expect(visible("☺\ufe0f\ufe0f\u{E0101}")).toBe("☺\ufe0f⟨U+FE0F⟩⟨U+E0101⟩");
  expect(visible("a\u200cb\u200d\u200d")).toBe("a⟨U+200C⟩b⟨U+200D⟩⟨U+200D⟩");
});

test("only the name of a sub-agent is quoted", () => {
  expect(agentName({ id: "grow", name: "Grow Agent" })).toBe("Grow Agent");
  expect(agentName({ id: "a-1", name: "Scout" })).toBe("“Scout”");
});
