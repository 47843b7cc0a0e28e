import { expect, test } from "vitest";
import { answerer } from "./answerer";

const model = (value: string) => [{ name: "model", value, is_set: true, about: "" }];
const key = (name: string) => [{ name, source: "memory" as const }];

test("a model answers if it needs no key or has one; otherwise the guide answers", () => {
  expect(answerer(model("claude-opus-4-7"), key("anthropic"))).toBe("model");
  expect(answerer(model("claude-opus-4-7"), key("openai"))).toBe("no_key");
  expect(answerer(model("openai/qwen3:8b"), [])).toBe("model");
  expect(answerer(model("guide"), key("anthropic"))).toBe("guide");
});
