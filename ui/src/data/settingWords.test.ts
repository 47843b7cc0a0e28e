import { expect, test } from "vitest";
import { inWords } from "./settingWords";

test("names of settings are replaced by their labels, and nothing else changes", () => {
  expect(inWords("limit.max_tokens cannot be set to that: write a whole number from 1000 to 128000")).toBe("“Length of one answer” cannot be set to that: write a whole number from 1000 to 128000");
  expect(inWords("limit.children_at_once, limit.children and the setting openai.base_url.")).toBe("“Sub-agents at the same time”, “Sub-agents for one message” and the setting “Address of another server”.");
  expect(inWords("limit.childrenx, limit_calls and the budget")).toBe("limit.childrenx, limit_calls and the budget");
});
