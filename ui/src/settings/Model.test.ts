import { expect, test } from "vitest";
import { chosenValue } from "./Model";

const models = [{ id: "claude-opus-4-7", name: "Opus", provider: "anthropic" }];
const at = (url: string) => ({ name: "Ollama", url, models: [{ id: "openai/qwen3", name: "qwen3", provider: "openai" }] });

test("the chosen model is found at its provider, at the set server, at another, or nowhere", () => {
  expect(chosenValue(models, [], "claude-opus-4-7", "none")).toEqual({ value: "claude-opus-4-7", isKnown: true });
  expect(chosenValue(models, [at("a"), at("b")], "openai/qwen3", "b")).toEqual({ value: "b openai/qwen3", isKnown: true });
  expect(chosenValue(models, [at("a")], "openai/qwen3", "gone")).toEqual({ value: "a openai/qwen3", isKnown: true });
  expect(chosenValue(models, [], "openai/qwen3", "a")).toEqual({ value: "openai/qwen3", isKnown: false });
});
