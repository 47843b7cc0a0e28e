import { expect, test } from "vitest";
import type { EventLine, JournalEvent } from "../bridge";
import { isFinishing } from "./finishing";

function lines(...events: JournalEvent[]): EventLine[] {
  return events.map(({ kind, data }, index) => ({ position: index + 1, agent: "grow", seq: index + 1, at: index, kind, data }));
}
const started: JournalEvent = { kind: "turn_started", data: { turn: 1, limits: {} as never } };
const asked: JournalEvent = { kind: "finish_requested", data: { by_person: true } };
const request: JournalEvent = { kind: "model_requested", data: { attempt: 1, request_hash: "", max_tokens: 1, reservation: null } };
const said: JournalEvent = { kind: "user_said", data: { id: "m", text: "wait" } };
const ended: JournalEvent = { kind: "turn_ended", data: { turn: 1, ended: "done", reports: [] } };

test("an agent is finishing from the request to the end of its turn", () => {
  expect(isFinishing(lines(started, request))).toBe(false);
  expect(isFinishing(lines(started, request, asked))).toBe(true);
  expect(isFinishing(lines(started, asked, request))).toBe(true);
  expect(isFinishing(lines(started, asked, request, ended))).toBe(false);
});

test("the answer “finish” about a limit lets it finish too", () => {
  const settled: JournalEvent = { kind: "ask_settled", data: { ask: "a", by: "person", outcome: { finishing: { money: 1 } } } };
  expect(isFinishing(lines(started, settled, request))).toBe(true);
  expect(isFinishing(lines(started, { kind: "ask_settled", data: { ask: "a", by: "person", outcome: { raised: { money: 1 } } } }))).toBe(false);
});

test("a message that it has read since then lets it go on", () => {
  expect(isFinishing(lines(started, asked, said))).toBe(true);
  expect(isFinishing(lines(started, asked, said, request))).toBe(false);
  expect(isFinishing(lines(started, said, asked, request))).toBe(true);
});
