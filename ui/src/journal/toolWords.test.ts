import { afterEach, expect, test } from "vitest";
import { startLanguage } from "../words";
import { preparing, toolWords } from "./toolWords";

async function choose(language: string) {
  localStorage.setItem("language", language);
  await startLanguage();
}
afterEach(() => choose("en"));

test("a label that nothing follows has no colon", async () => {
  await choose("hi");
  expect(preparing("commit_memory")).toBe("लिखा जा रहा है…");
  expect(toolWords({ name: "commit_memory", input: {}, finishedAt: 1 }).verb).toBe("लिखा गया");
  expect(toolWords({ name: "commit_memory", input: { path: "a.md" }, finishedAt: 1 }).verb).toBe("लिखा गया:");
});

test("a tool of a server may have any name", () => {
  expect(toolWords({ name: "constructor", input: {}, finishedAt: null }).verb).toBe("constructor");
  expect(preparing("toString")).toBe("Preparing toString…");
});
