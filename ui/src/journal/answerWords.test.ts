import { expect, test } from "vitest";
import type { Block } from "../bridge";
import { words } from "./answerWords";

const plain = (text: string) => ({ type: "text", text });
const cited = (text: string) => ({ type: "text", text, citations: [{ type: "x" }] });

test.each([
  ["a space between two citations is kept", [plain(" "), cited("Green tea."), plain(" "), cited("Black tea.")], "Green tea. Black tea."],
  ["texts without citations are paragraphs", [plain("One."), plain(" "), plain("Two.")], "One.\n\nTwo."],
  ["a search is between two paragraphs", [plain("One."), { type: "server_tool_use" }, cited("Two."), plain(" more")], "One.\n\nTwo. more"],
])("%s", (_, blocks, expected) => {
  expect(words(blocks as unknown as Block[], "text")).toBe(expected);
});
