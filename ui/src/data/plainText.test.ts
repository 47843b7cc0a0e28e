import { expect, test } from "vitest";
import { plainText, withStop } from "./plainText";

test("colours and titles of a terminal are removed, text and tabs stay", () => {
  expect(plainText("\u001b[1;32mready\u001b[0m\tin 2 s")).toBe("ready\tin 2 s");
  expect(plainText("\u001b]0;a title\u0007text\u001b]8;;http://x\u001b\\link")).toBe("textlink");
  expect(plainText("one\r\ntwo\rthree")).toBe("one\ntwo\nthree");
});

test("characters that hide or turn text around are written out", () => {
  expect(plainText("a\u202eb\u0000c\u001b")).toBe("a⟨U+202E⟩b⟨U+0000⟩c⟨U+001B⟩");
});

test("markup stays text", () => {
  expect(plainText("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
});

test("a message that another sentence follows has a full stop, once", () => {
  expect(["not found", "not found.", "found?"].map(withStop)).toEqual(["not found.", "not found.", "found?"]);
});
