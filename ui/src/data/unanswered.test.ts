import { expect, test } from "vitest";
import { unanswered } from "./unanswered";

const offline = { turn: 1, ended: { failed: { kind: "offline", message: "There is no connection.", request_id: null } } };
const journal = (...events: Array<[kind: string, data: unknown]>) => events.map(([kind, data], index) => ({ position: index + 1, agent: "grow", seq: index + 1, at: 0, kind, data }));
const said = (text: string): [string, unknown] => ["user_said", { id: text, text }];
const began: [string, unknown] = ["turn_started", { turn: 1 }];
const answered: [string, unknown] = ["model_answered", { reply: { content: [], cost: 0 } }];

test("messages without a connection count as unanswered, over several turns, back to the last answer", () => {
  const first = [said("old"), began, answered, ["turn_ended", { turn: 1, ended: "done" }]] as Array<[string, unknown]>;
  expect(unanswered(journal(...first))).toBeNull();
  expect(unanswered(journal(...first, said("one"), began, ["turn_ended", offline]))).toBe(1);
  expect(unanswered(journal(...first, said("one"), began, ["turn_ended", offline], said("two"), began, ["turn_ended", offline]))).toBe(2);
  expect(unanswered(journal(said("one"), began, answered, ["turn_ended", offline])), "the rest of an answer").toBe(0);
});

test("no message counts as unanswered during a retry or after another ending", () => {
  expect(unanswered(journal(said("one"), began, ["turn_ended", offline], said("two"), began))).toBeNull();
  expect(unanswered(journal(said("one"), began, ["turn_ended", offline], began, ["turn_ended", { turn: 2, ended: "cancelled" }]))).toBeNull();
  expect(unanswered([])).toBeNull();
});
