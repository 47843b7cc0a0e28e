import { expect, test } from "vitest";
import { waits } from "./Offline";

test("messages already waiting are named before what happens to new ones, and a model on this computer still answers", () => {
  expect(waits(2, "guide", "guide")).toContain("2 messages are sent");
  expect(waits(0, "model", "claude-opus-4-7")).toContain("unfinished answer continues");
  expect(waits(null, "model", "claude-opus-4-7")).toContain("are saved");
  expect(waits(null, "model", "openai/qwen3:8b")).toContain("on this computer still answers");
  expect(waits(null, "no_key", "claude-opus-4-7")).toContain("guide");
});
