/**
 * The reducer from journal events to a transcript. Pure and idempotent: the same events give the same transcript in
 * batches of any size, and an event that is already applied changes nothing.
 */
import type { AskSettled, EventLine, JournalEvent, Mail } from "../bridge";
import { understood } from "../data/events";
import { t } from "../words";
import { isCited, isServerCall, words } from "./answerWords";
import { divide, type Draft, push, read, say, sayNow, setAside } from "./foldMessages";
import { sessionItems } from "./foldSession";
import { type Call, type Calls, EMPTY, type Item, type Said, type Transcript } from "./items";

/** Applies events in order; skips those up to `transcript.last`. */
export function fold(transcript: Transcript, lines: readonly EventLine[]): Transcript {
  const from = lines.findLastIndex((line) => line.seq <= transcript.last) + 1;
  if (from === lines.length) return transcript;
  const next: Draft = { ...transcript, items: transcript.items.slice() };
  for (const line of lines.slice(from)) {
    next.first ||= line.seq;
    next.last = line.seq;
    const event = understood(line);
    if (event) add(next, line, event);
    else push(next, { kind: "note", ...place(line, "note"), text: t("This version cannot show an event of kind {kind}", { kind: line.kind }) });
  }
  return next;
}

/** The transcript of `lines`. */
export function folded(lines: readonly EventLine[]): Transcript {
  return fold(EMPTY, lines);
}

/** Marks the latest ending as no longer resumable, because the conversation has continued. */
function goOn(draft: Draft) {
  const index = draft.items.findLastIndex((item) => item.kind === "end");
  const end = draft.items[index];
  if (end?.kind === "end" && end.last) draft.items[index] = { ...end, last: false };
}

function place(line: EventLine, what: string) {
  return { key: `${what}-${line.seq}`, at: line.at, seq: line.seq };
}

function add(draft: Draft, line: EventLine, event: JournalEvent) {
  switch (event.kind) {
    case "agent_created":
      if (event.data.birth) push(draft, { kind: "said", ...place(line, "task"), text: event.data.birth.task, by: event.data.parent ?? "grow" });
      return;
    case "user_said":
      goOn(draft);
      return say(draft, { kind: "said", ...place(line, "said"), text: event.data.text, by: "person", attachments: event.data.attachments });
    case "said_again":
      goOn(draft);
      setAside(draft, line, event.data.message);
      draft.isAgain = true;
      return sayNow(draft, { kind: "said", ...place(line, "said"), text: event.data.text, by: "person", attachments: event.data.attachments });
    case "fresh_requested":
      draft.freshFrom = line.seq;
      if (draft.working) push(draft, { kind: "note", ...place(line, "note"), text: t("You asked for a fresh start: it begins once this turn has ended") });
      return;
    case "fresh_started":
      draft.freshFrom = null;
      goOn(draft);
      return divide(draft, { kind: "divider", ...place(line, "divider") });
    case "mail_received":
      return addMail(draft, line, event.data.mail);
    case "segment_started":
      if (draft.isAgain) draft.isAgain = false;
      else if (event.data.carried) push(draft, { kind: "note", ...place(line, "note"), text: t("Model changed to {model}", { model: event.data.card.name || event.data.card.id }) });
      return;
    case "turn_started":
      goOn(draft);
      draft.working = true;
      draft.turnAt = line.at;
      draft.turnCost = 0;
      draft.asked = null;
      return;
    case "model_requested":
      draft.working = true;
      draft.calling = line.seq;
      // A retry repeats the first request, so it includes no queued messages.
      if (event.data.attempt > 1 || event.data.holds_messages) return;
      return read(draft);
    case "model_failed":
      draft.calling = null;
      return;
    case "model_answered": {
      const key = `answer-${draft.calling ?? line.seq}`;
      draft.calling = null;
      const { reply } = event.data;
      draft.turnCost += reply.cost ?? 0;
      const blocks = Array.isArray(reply.content) ? reply.content : [];
      draft.asked = { cost: reply.cost, calls: blocks.filter((block) => block.type === "tool_use").length };
      const text = words(blocks, "text");
      const thinking = words(blocks, "thinking");
      const web = blocks.some((block) => isCited(block) || isServerCall(block)) ? blocks : undefined;
      if (text || thinking || web) {
        push(draft, { kind: "answer", ...place(line, "answer"), key, text, thinking, ...(web && { web }), cost: reply.cost, usage: reply.usage, model: reply.model });
      }
      return;
    }
    case "tool_started":
      return addCall(draft, line, {
        effect: event.data.effect,
        name: event.data.name,
        input: record(event.data.input),
        startedAt: line.at,
        finishedAt: null,
        result: null,
        isError: false,
        interrupted: null,
        isAsking: event.data.ask !== undefined,
        child: null,
        commit: null,
        asked: draft.asked,
      });
    case "tool_interrupted":
      return change(draft, event.data.effect, () => ({ interrupted: "looking_up" }));
    case "tool_resumed":
      // A call that has waited for a permission is carried out for the first time.
      return change(draft, event.data.effect, (call) => (call.interrupted ? { interrupted: "repeated" } : {}));
    case "commit_intended":
      return change(draft, event.data.effect, () => ({ commit: event.data.plan.commit }));
    case "child_requested": {
      const { mail, effect } = event.data;
      const birth = typeof mail.body === "object" && "spawn" in mail.body ? mail.body.spawn : null;
      if (birth) change(draft, effect, () => ({ child: { id: mail.to, name: birth.name, task: birth.task, allowance: birth.allowance } }));
      return;
    }
    case "tool_finished":
      return change(draft, event.data.effect, () => ({ finishedAt: line.at, result: event.data.content, isError: event.data.is_error, isAsking: false }));
    case "turn_ended": {
      const took = draft.turnAt === null ? null : line.at - draft.turnAt;
      push(draft, { kind: "end", ...place(line, "end"), ended: event.data.ended, shortfall: event.data.shortfall ?? null, took, cost: draft.turnCost, last: true });
      draft.turnAt = null;
      draft.working = false;
      draft.calling = null;
      return;
    }
    case "charge_reserved": {
      const { charge, purpose, reservation } = event.data;
      return push(draft, { kind: "charge", ...place(line, "charge"), charge, purpose, reservation, isSettled: false, cost: null });
    }
    case "charge_settled":
      return settle(draft, event.data.charge, event.data.cost);
    case "session_intended":
      draft.working = true;
      return read(draft);
    case "charge_refused":
    case "session_started":
    case "session_progressed":
    case "session_decided":
    case "session_ended":
      for (const [part, item] of sessionItems(event, draft.turnCost)) push(draft, { ...item, ...place(line, part) });
      return;
    case "ask_raised":
      return push(draft, { kind: "ask", ...place(line, "ask"), ask: event.data.ask, settled: null });
    case "ask_settled":
      return settleAsk(draft, line.at, event.data);
    case "finish_requested":
      return push(draft, { kind: "note", ...place(line, "note"), text: event.data.by_person ? t("You asked it to finish up: no new steps, a report of what it has") : t("Asked to finish up and report") });
    case "turn_paused":
      return push(draft, { kind: "paused", ...place(line, "note"), limit: event.data.limit });
    case "message_withdrawn": {
      const { message } = event.data;
      draft.waiting = draft.waiting.filter((said) => said.seq !== message);
      draft.items = draft.items.filter((item) => item.kind !== "said" || item.seq !== message);
      return;
    }
    case "message_edited": {
      const { message, text } = event.data;
      const edited = <T extends Item>(item: T): T => (item.kind === "said" && item.seq === message ? { ...item, text } : item);
      draft.waiting = draft.waiting.map(edited);
      draft.items = draft.items.map(edited);
      return;
    }
    case "journal_named":
    case "session_replied":
    case "turn_ending":
    case "scheduled_work_started":
    case "child_told":
    case "child_cancelled":
    case "cancel_requested":
      return; // Later events show their effects.
  }
}

function addMail(draft: Draft, line: EventLine, mail: Mail) {
  if (typeof mail.body === "string") return;
  if ("say" in mail.body) {
    const { text, by_person } = mail.body.say;
    const said: Said = { kind: "said", ...place(line, "said"), text, by: by_person ? "person" : mail.from };
    if (by_person) say(draft, said);
    else push(draft, said);
  } else if ("report" in mail.body) {
    // A scheduled run is paid apart from the turn in which its report comes.
    if (!mail.body.report.schedule) draft.turnCost += mail.body.report.spent;
    push(draft, { kind: "reported", ...place(line, "report"), from: mail.from, report: mail.body.report });
  }
}

/** Consecutive calls form one item. */
function addCall(draft: Draft, line: EventLine, call: Call) {
  const last = draft.items.at(-1);
  if (last?.kind === "calls") {
    draft.items[draft.items.length - 1] = { ...last, calls: [...last.calls, call] };
  } else {
    push(draft, { kind: "calls", ...place(line, "calls"), calls: [call] });
  }
}

function change(draft: Draft, effect: string, by: (call: Call) => Partial<Call>) {
  for (let index = draft.items.length - 1; index >= 0; index -= 1) {
    const item = draft.items[index];
    if (item?.kind !== "calls" || !item.calls.some((call) => call.effect === effect)) continue;
    const calls = item.calls.map((call) => (call.effect === effect ? { ...call, ...by(call) } : call));
    draft.items[index] = { ...item, calls } satisfies Calls;
    return;
  }
}

/** Settles an ask, and marks its call as no longer waiting. */
function settleAsk(draft: Draft, at: number, { ask: id, by, answer, rule }: AskSettled) {
  const index = draft.items.findLastIndex((item) => item.kind === "ask" && item.ask.id === id);
  const item = draft.items[index];
  if (item?.kind !== "ask") return;
  draft.items[index] = { ...item, settled: { by, answer: answer ?? null, rule: rule ?? null, at } };
  const { detail } = item.ask;
  if (detail && "call" in detail) change(draft, detail.call.effect, () => ({ isAsking: false }));
}

function settle(draft: Draft, charge: string, cost: number | null) {
  draft.turnCost += cost ?? 0;
  const index = draft.items.findLastIndex((item) => item.kind === "charge" && item.charge === charge);
  const item = draft.items[index];
  if (item?.kind === "charge") draft.items[index] = { ...item, isSettled: true, cost };
}

function record(input: unknown): Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {};
}
