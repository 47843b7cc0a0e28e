import { expect, test } from "vitest";
import type { Agent } from "../bridge";
import { queuedWords } from "./queuedWords";

function agent(change: Partial<Agent>): Agent {
  return { id: "grow", name: "Grow Agent", parent: null, depth: 0, task: null, status: "thinking", model: "", mind: "model", why: null, turn: 1, spent: 0, unknown: 0, allowance: null, reserved: 0, asks: 0, created_at: 0, updated_at: 0, seq: 1, seen: null, unread: 0, ...change };
}

test("a queued message says what it waits for: the next step, an answer, the person, or a fresh start", () => {
  expect(queuedWords(agent({}), false)).toContain("before its next step");
  expect(queuedWords(agent({ status: "waiting" }), false)).toContain("before its next step");
  expect(queuedWords(agent({ status: "waiting", asks: 1 }), false)).toMatch(/waits until the question above is answered.*press Stop/);
  expect(queuedWords(agent({ status: "failed" }), false)).toMatch(/next message.*Resume/);
  expect(queuedWords(agent({}), true)).toContain("fresh start");
});
