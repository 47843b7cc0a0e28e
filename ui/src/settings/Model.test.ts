import { expect, test } from "vitest";
import { byProvider, chosenValue, retirementWords } from "./Model";

const models = [{ id: "claude-opus-4-7", name: "Opus", provider: "anthropic" }];
const [A, B] = ["http://127.0.0.1:11434/v1", "http://127.0.0.1:1234/v1"] as const;
const at = (url: string) => ({ name: "Ollama", url, models: [{ id: `openai/qwen3@${url}`, name: "qwen3", provider: "openai" }] });

test("the chosen model is found at its provider, at the saved server, at another server, or nowhere", () => {
  expect(chosenValue(models, [], "claude-opus-4-7", "auto")).toEqual({ value: "claude-opus-4-7", isKnown: true });
  expect(chosenValue(models, [at(A), at(B)], `openai/qwen3@${B}`, A)).toEqual({ value: `openai/qwen3@${B}`, isKnown: true });
  expect(chosenValue(models, [at(A), at(B)], "openai/qwen3", B)).toEqual({ value: `openai/qwen3@${B}`, isKnown: true });
  expect(chosenValue(models, [at(A)], "openai/qwen3", "auto")).toEqual({ value: `openai/qwen3@${A}`, isKnown: true });
  expect(chosenValue(models, [], "openai/qwen3", A)).toEqual({ value: "openai/qwen3", isKnown: false });
});

test("the end of a model is told with its day, if that is known", () => {
  expect(retirementWords({ date: "2026-11-30", successor: "claude-sonnet-5-5" })).toBe("This model retires on 2026-11-30. Choose claude-sonnet-5-5 in its place.");
  expect(retirementWords({ date: null, successor: "claude-opus-5-5" })).toContain("retires soon");
});

test("models are grouped by provider, unknown providers too", () => {
  const row = (id: string, provider: string) => ({ id, name: id, provider });
  const rows = [row("a", "anthropic"), row("m", "mistral"), row("b", "anthropic"), row("guide", "guide")];
  expect(byProvider(rows).map(([label, those]) => [label, those.map((one) => one.id)])).toEqual([
    ["Anthropic", ["a", "b"]],
    ["mistral", ["m"]],
    ["Without AI", ["guide"]],
  ]);
});
