import { expect, test } from "vitest";
import type { EventKind, EventLine } from "../bridge";
import type { EventData } from "../data/events";
import { folded } from "./fold";

let seq = 0;
function line<K extends EventKind>(kind: K, data: Partial<EventData[K]>): EventLine {
  seq += 1;
  return { position: seq, agent: "a-1", seq, at: seq * 1_000, kind, data };
}

const tokens = { input: 10, cached: 4, output: 2 };

test("a session is shown with its steps, its words and its files", () => {
  seq = 0;
  const items = folded([
    line("turn_started", { turn: 1 }),
    line("session_intended", { effect: "e", prompt: "build" }),
    line("session_started", { effect: "e", session: "ses_1" }),
    line("charge_reserved", { charge: "c", purpose: "model-1", reservation: 50 }),
    line("charge_settled", { charge: "c", cost: 20 }),
    line("session_progressed", { effect: "e", steps: ["read a.rs", "wrote a.rs"] }),
    line("session_ended", { effect: "e", words: "Built.", files: [{ path: "a.rs", added: 3, removed: 1 }], tokens, outcome: { failed: { reason: "no model", retryable: false } } }),
  ]).items;
  expect(items).toMatchObject([
    { kind: "note", text: "Works in the workbench" },
    { kind: "charge", cost: 20 },
    { kind: "note", text: "read a.rs\nwrote a.rs" },
    { kind: "answer", text: "Built.", cost: 20, usage: { input_tokens: 6, cache_read_tokens: 4, output_tokens: 2 }, model: "workbench" },
    { kind: "note", text: "Changed in its folder: a.rs (+3 −1)" },
    { kind: "note", text: "Its session failed: no model" },
  ]);
  expect(new Set(items.map(({ key }) => key)).size, "each item has its own key").toBe(items.length);
});

test("a message to a session at work waits for the next prompt", () => {
  seq = 0;
  const lines = [line("turn_started", { turn: 1 }), line("session_intended", { effect: "e", prompt: "build" }), line("user_said", { id: "m", text: "and test" })];
  expect(folded(lines)).toMatchObject({ items: [], waiting: [{ text: "and test" }] });
  const next = [...lines, line("session_ended", { effect: "e", words: "Built.", tokens, outcome: "done" }), line("session_intended", { effect: "f", prompt: "and test" })];
  expect(folded(next)).toMatchObject({ items: [{ kind: "answer" }, { kind: "said", text: "and test" }], waiting: [] });
});
