import { describe, expect, test } from "vitest";
import type { EventKind, EventLine } from "../bridge";
import type { EventData } from "../data/events";
import { fold, folded } from "./fold";
import { EMPTY } from "./items";

let seq = 0;
function line<K extends EventKind>(kind: K, data: Partial<EventData[K]>): EventLine {
  seq += 1;
  return { position: seq, agent: "grow", seq, at: seq * 1_000, kind, data };
}

const usage = { input_tokens: 1, output_tokens: 2, cache_read_tokens: 3, cache_write_5m_tokens: 4, cache_write_1h_tokens: 5 };
const birth = { name: "Scout", task: "look", allowance: 50, depth: 1 };

/** A turn with thinking, a memory change, a sub-agent and its report. */
function story(): EventLine[] {
  seq = 0;
  return [
    line("agent_created", { birth: null, parent: null }),
    line("user_said", { id: "m1", text: "hello" }),
    line("turn_started", { turn: 1 }),
    line("model_requested", { attempt: 1, max_tokens: 1, reservation: null }),
    line("model_answered", { reply: { content: [{ type: "thinking", thinking: "hm" }, { type: "text", text: "I will." }, { type: "tool_use", id: "t1", name: "commit_memory", input: {} }], stop: "tool_use", usage, model: "m", request_id: null, cost: 7 } }),
    line("tool_started", { call: "t1", name: "commit_memory", input: { path: "a.md" }, effect: "e1" }),
    line("tool_started", { call: "t2", name: "spawn_sub_agent", input: { name: "Scout", task: "look" }, effect: "e2" }),
    line("child_requested", { effect: "e2", mail: { id: "e2", from: "grow", to: "a-e2", body: { spawn: birth } } }),
    line("tool_finished", { effect: "e2", content: "at work", is_error: false }),
    line("commit_intended", { effect: "e1", plan: { path: "a.md", base_head: null, old_blob: null, new_blob: "b", commit: "abc", merged: false } }),
    line("tool_finished", { effect: "e1", content: "committed", is_error: false }),
    line("mail_received", { mail: { id: "r", from: "a-e2", to: "grow", body: { report: { name: "Scout", ending: "done", text: "found", spent: 3, returned: 47, up_to: 1 } } } }),
    line("model_requested", { attempt: 1, max_tokens: 1, reservation: null }),
    line("model_answered", { reply: { content: [{ type: "text", text: "Done." }], stop: "end_turn", usage, model: "m", request_id: null, cost: null } }),
    line("turn_ended", { turn: 1, ended: "done", reports: [] }),
  ];
}

describe("a transcript", () => {
  test("lists the items in order", () => {
    const { items } = folded(story());
    expect(items.map((item) => item.kind)).toEqual(["said", "answer", "calls", "reported", "answer", "end"]);
    expect(items[1]).toMatchObject({ text: "I will.", thinking: "hm", cost: 7 });
    expect(items[5]).toMatchObject({ took: 12_000, cost: 10, last: true });
  });

  test("joins a text that was divided to cite, and keeps what was searched", () => {
    seq = 0;
    const blocks = [{ type: "text", text: "I look." }, { type: "server_tool_use", id: "s" }, { type: "text", text: "Take " }, { type: "text", text: "70", citations: [{ url: "https://a.example/" }] }, { type: "text", text: "." }];
    const answered = (content: unknown[]) => line("model_answered", { reply: { content: content as never, stop: "end_turn", usage, model: "m", request_id: null, cost: 1 } });
    const { items } = folded([answered(blocks), answered([{ type: "text", text: "One." }, { type: "text", text: "Two." }]), answered([{ type: "server_tool_use", id: "t" }])]);
    expect(items).toMatchObject([{ text: "I look.\n\nTake 70.", web: blocks }, { text: "One.\n\nTwo." }, { text: "", web: [{ id: "t" }] }]);
    expect(items[1]).not.toHaveProperty("web");
  });

  test("a message waits while the service of the model still searches", () => {
    seq = 0;
    const { items, waiting } = folded([line("user_said", { id: "m1", text: "look" }), line("model_requested", { attempt: 1 }), line("user_said", { id: "m2", text: "hurry" }), line("model_requested", { attempt: 1, holds_messages: true })]);
    expect(waiting).toMatchObject([{ text: "hurry" }]);
    expect(items).toMatchObject([{ text: "look" }]);
  });

  test("shows the files of a message, also of one that was written anew", () => {
    seq = 0;
    const files = [{ hash: "a", name: "a.png", kind: "image" as const, media_type: "image/png", bytes: 3 }];
    const { items } = folded([line("user_said", { id: "m1", text: "look", attachments: files }), line("said_again", { id: "m2", message: 1, text: "", attachments: files })]);
    expect(items.at(-1)).toMatchObject({ kind: "said", text: "", attachments: files });
    expect(items[0]).toMatchObject({ kind: "aside", items: [{ text: "look", attachments: files }] });
  });

  test("attaches result, change and sub-agent to their call", () => {
    const calls = folded(story()).items[2];
    expect(calls?.kind === "calls" && calls.calls).toMatchObject([
      { effect: "e1", commit: "abc", result: "committed", finishedAt: 11_000, child: null },
      { effect: "e2", child: { id: "a-e2", name: "Scout", allowance: 50 }, result: "at work" },
    ]);
  });

  test("queues messages during a turn until the next model request, and keeps an answer's key from its request on", () => {
    seq = 0;
    const lines = [
      line("turn_started", { turn: 1 }),
      line("model_requested", { attempt: 1 }),
      line("user_said", { id: "m2", text: "also this" }),
      line("model_requested", { attempt: 2 }),
      line("model_answered", { reply: { content: [{ type: "text", text: "First." }], stop: "end_turn", usage, model: "m", request_id: null, cost: 1 } }),
      line("model_requested", { attempt: 1 }),
      line("model_answered", { reply: { content: [{ type: "text", text: "Second." }], stop: "end_turn", usage, model: "m", request_id: null, cost: 1 } }),
    ];
    const during = folded(lines.slice(0, 4));
    expect(during.items).toEqual([]);
    expect(during.waiting).toMatchObject([{ kind: "said", text: "also this" }]);
    const after = folded(lines);
    expect(after.waiting).toEqual([]);
    expect(after.items.map((item) => item.key)).toEqual(["answer-4", "said-3", "answer-6"]);
  });

  test("is the same for batches of any size, with or without duplicates", () => {
    const lines = story();
    const whole = folded(lines);
    for (let cut = 0; cut <= lines.length; cut += 1) {
      const first = fold(EMPTY, lines.slice(0, cut));
      expect(fold(first, lines.slice(Math.max(0, cut - 3)))).toEqual(whole);
    }
  });

  test("keeps the identity of unchanged items", () => {
    const lines = story();
    const before = folded(lines.slice(0, 6));
    const after = fold(before, lines);
    expect(after.items[0]).toBe(before.items[0]);
    expect(after.items[1]).toBe(before.items[1]);
    expect(after.items[2]).not.toBe(before.items[2]);
  });

  test("may start anywhere: results of calls that are not loaded are skipped", () => {
    const lines = story();
    expect(folded(lines.slice(8)).items.map((item) => item.kind)).toEqual(["reported", "answer", "end"]);
  });

  test("knows whether a model request is pending", () => {
    const lines = story();
    expect([3, 4, 5, 13, 15].map((count) => folded(lines.slice(0, count)).calling)).toEqual([null, 4, null, 13, null]);
  });

  test("shows a note for an event that is damaged or of a later build", () => {
    seq = 0;
    const { items } = folded([{ ...line("user_said", {}), kind: "dreamed" }, line("user_said", {}), { ...line("turn_ended", {}), data: null }]);
    expect(items.map((item) => item.kind)).toEqual(["note", "note", "note"]);
  });

  test("can be resumed only at its last ending", () => {
    const lines = story();
    const begun = line("turn_started", { turn: 2 });
    const stopped = line("turn_ended", { turn: 2, ended: "cancelled", reports: [] });
    const more = line("user_said", { id: "m2", text: "again" });
    const ends = folded([...lines, begun, stopped, more]).items.filter((item) => item.kind === "end");
    expect(ends.map((item) => item.last)).toEqual([false, false]);
  });

  test("tells the person's messages from another agent's", () => {
    seq = 0;
    const say = (by_person: boolean) => line("mail_received", { mail: { id: "x", from: "grow", to: "a", body: { say: { text: "more", allowance: 0, limit: null, number: 2, by_person } } } });
    const { items } = folded([line("agent_created", { birth, parent: "grow" }), say(true), say(false)]);
    expect(items.map((item) => item.kind === "said" && item.by)).toEqual(["grow", "person", "grow"]);
  });

  test("shows an ask where it arose, its call as waiting, and how it was settled", () => {
    seq = 0;
    const ask = { id: "k", kind: "permission", text: "?", detail: { call: { effect: "e", tool: "act", input: "{}", why: { rule: "ask *" } } } } as const;
    const lines = [
      line("tool_started", { call: "t", name: "act", input: {}, effect: "e", ask: "k" }),
      line("ask_raised", { ask }),
      line("ask_settled", { ask: "k", by: "person", answer: { option: "allow" } }),
      line("tool_resumed", { effect: "e" }),
    ];
    const open = folded(lines.slice(0, 2)).items;
    expect(open.map((item) => item.kind)).toEqual(["calls", "ask"]);
    expect(open[0]?.kind === "calls" && open[0].calls[0]?.isAsking).toBe(true);
    const after = folded(lines).items;
    expect(after[1]).toMatchObject({ kind: "ask", settled: { by: "person", answer: { option: "allow" }, rule: null, at: 3_000 } });
    expect(after[0]?.kind === "calls" && after[0].calls[0], "an allowed call was not interrupted").toMatchObject({ isAsking: false, interrupted: null });
  });

  test("shows a queued message as it was changed, and not after it was taken back", () => {
    seq = 0;
    const lines = [line("turn_started", { turn: 1 }), line("user_said", { id: "m", text: "one" }), line("message_edited", { message: 2, text: "two" }), line("message_withdrawn", { message: 2 })];
    expect(folded(lines.slice(0, 3)).waiting).toMatchObject([{ text: "two", seq: 2 }]);
    expect(folded(lines).waiting).toEqual([]);
  });

  test("shows that an interrupted call is looked up, then tried again", () => {
    seq = 0;
    const lines = [line("tool_started", { call: "t", name: "act", input: {}, effect: "e" }), line("tool_interrupted", { effect: "e" }), line("tool_resumed", { effect: "e" })];
    const states = [1, 2, 3].map((count) => folded(lines.slice(0, count)).items[0]).map((item) => item?.kind === "calls" && item.calls[0]?.interrupted);
    expect(states).toEqual([null, "looking_up", "repeated"]);
  });

  test("shows what a charge is for, and adds its cost to the turn's", () => {
    seq = 0;
    const lines = [
      line("turn_started", { turn: 1 }),
      line("charge_reserved", { charge: "c", purpose: "summary of the past", reservation: 50 }),
      line("charge_settled", { charge: "c", cost: 20 }),
      line("turn_ended", { turn: 1, ended: "done", reports: [] }),
    ];
    expect(folded(lines.slice(0, 2)).items).toMatchObject([{ kind: "charge", purpose: "summary of the past", reservation: 50, isSettled: false, cost: null }]);
    expect(folded(lines).items).toMatchObject([{ kind: "charge", isSettled: true, cost: 20 }, { kind: "end", cost: 20 }]);
    expect(folded(lines.slice(2)).items.map((item) => item.kind), "its start is not loaded").toEqual(["end"]);
  });

  test("does not show that the journal got a name", () => {
    seq = 0;
    expect(folded([line("journal_named", { name: "n" })]).items).toEqual([]);
  });
});

describe("a past that is left behind", () => {
  const turn = (number: number, text: string) => [
    line("turn_started", { turn: number }),
    line("model_requested", { attempt: 1 }),
    line("model_answered", { reply: { content: [{ type: "text", text }], stop: "end_turn", usage, model: "m", request_id: null, cost: 1 } }),
    line("turn_ended", { turn: number, ended: "done", reports: [] }),
  ];
  const kinds = (lines: EventLine[]) => folded(lines).items.map((item) => item.kind);

  test("a message that no model call has included stands below the fresh start, because the next one includes it", () => {
    seq = 0;
    const refused = [line("user_said", { id: "b", text: "unread" }), line("turn_started", { turn: 2 }), line("turn_ended", { turn: 2, ended: "done", reports: [] })];
    const { items } = folded([line("user_said", { id: "a", text: "read" }), line("turn_started", { turn: 1 }), line("model_requested", { attempt: 1 }), line("turn_ended", { turn: 1, ended: "done", reports: [] }), ...refused.map((one) => ({ ...one, seq: one.seq + 10 })), { ...line("fresh_requested", { id: "f" }), seq: 30 }, { ...line("fresh_started", {}), seq: 31 }]);
    expect(items.map((item) => (item.kind === "said" ? item.text : item.kind))).toEqual(["read", "end", "end", "divider", "unread"]);
  });

  test("a fresh start between turns is a divider", () => {
    seq = 0;
    const lines = [line("user_said", { id: "a", text: "one" }), ...turn(1, "first"), line("fresh_requested", { id: "f" }), line("fresh_started", {}), line("user_said", { id: "b", text: "two" }), ...turn(2, "second")];
    expect(kinds(lines)).toEqual(["said", "answer", "end", "divider", "said", "answer", "end"]);
    expect(folded(lines).items.filter((item) => item.kind === "end" && item.last)).toHaveLength(1);
  });

  test("during a turn it is announced, and later messages wait for it", () => {
    seq = 0;
    const said = line("user_said", { id: "a", text: "one" });
    const [started, requested, answered, ended] = turn(1, "first") as [EventLine, EventLine, EventLine, EventLine];
    const before = folded([said, started, requested, line("user_said", { id: "b", text: "also" }), line("fresh_requested", { id: "f" }), line("user_said", { id: "c", text: "new" }), line("model_requested", { attempt: 1 })]);
    expect(before.items.map((item) => item.kind)).toEqual(["said", "note", "said"]);
    expect(before.waiting).toMatchObject([{ text: "new", afterFresh: true }]);
    const after = fold(before, [{ ...answered, seq: 100 }, { ...ended, seq: 101 }, { ...line("fresh_started", {}), seq: 102 }, { ...line("turn_started", { turn: 2 }), seq: 103 }, { ...line("model_requested", { attempt: 1 }), seq: 104 }]);
    expect(after.items.map((item) => item.kind)).toEqual(["said", "note", "said", "answer", "end", "divider", "said"]);
    expect(after).toMatchObject({ waiting: [], freshFrom: null });
  });

  test("a message that is written anew folds everything from the earlier one on", () => {
    seq = 0;
    const lines = [line("user_said", { id: "a", text: "one" }), ...turn(1, "first"), line("user_said", { id: "b", text: "two" }), ...turn(2, "second")];
    const card = { id: "m", name: "M", context_tokens: 1, max_output_tokens: 1, prices: null, effort: null };
    lines.push(line("said_again", { id: "c", message: 6, text: "two, better" }), line("segment_started", { carried: "…", card }), ...turn(3, "better"));
    expect(kinds(lines)).toEqual(["said", "answer", "end", "aside", "said", "answer", "end"]);
    const aside = folded(lines).items[3];
    expect(aside?.kind === "aside" && aside.items.map((item) => item.kind)).toEqual(["said", "answer", "end"]);
    // The earlier message is not loaded.
    expect(kinds(lines.slice(7))).toEqual(["aside", "said", "answer", "end"]);
    expect(kinds([...lines, line("said_again", { id: "d", message: 1, text: "one, better" })])).toEqual(["aside", "said"]);
  });
});
