import { expect, test } from "vitest";
import { offlineHint } from "./Offline";

test("messages already waiting are named before what happens to new ones, and a model on this computer still answers", () => {
  expect(offlineHint(2, "guide", "guide")).toContain("2 messages are sent");
  expect(offlineHint(0, "model", "claude-opus-4-7")).toContain("unfinished answer continues");
  expect(offlineHint(null, "model", "claude-opus-4-7")).toContain("are saved");
  expect(offlineHint(null, "model", "openai/qwen3:8b")).toContain("on this computer still answers");
  expect(offlineHint(null, "no_key", "claude-opus-4-7")).toContain("guide");
});
