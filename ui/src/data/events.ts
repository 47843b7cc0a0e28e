/**
 * Reads journal events. Their types are generated in `bridge/wire.ts`; this file only decides whether an event can be
 * shown. `EventLine.data` is stored JSON of any build: an event without the expected shape is shown as unknown.
 */
import type { ContentBlock, EventKind, EventLine, JournalEvent, ToolContent } from "../bridge";
import { t } from "../words";

/** Kind of event to its content. */
export type EventData = { [E in JournalEvent as E["kind"]]: E["data"] };

/** The fields without which an event of that kind cannot be shown. */
const NEEDED: { [K in EventKind]: ReadonlyArray<keyof EventData[K] & string> } = {
  agent_created: [],
  journal_named: [],
  user_said: ["text"],
  said_again: ["message", "text"],
  fresh_requested: [],
  fresh_started: [],
  mail_received: ["mail"],
  segment_started: ["card"],
  turn_started: ["turn"],
  model_requested: [],
  model_answered: ["reply"],
  model_failed: ["failure"],
  tool_started: ["name", "effect"],
  tool_interrupted: ["effect"],
  tool_resumed: ["effect"],
  commit_intended: ["effect", "plan"],
  tool_finished: ["effect", "content"],
  child_requested: ["effect", "mail"],
  scheduled_work_started: ["mail"],
  child_told: ["mail"],
  child_cancelled: ["mail"],
  cancel_requested: [],
  charge_reserved: ["charge", "purpose"],
  charge_settled: ["charge"],
  charge_refused: ["charge", "purpose", "limit"],
  session_intended: ["effect", "prompt"],
  session_started: ["effect", "session"],
  session_progressed: ["effect", "steps"],
  session_decided: ["effect", "what", "reply"],
  session_replied: ["effect", "request"],
  session_ended: ["effect", "words", "tokens", "outcome"],
  ask_raised: ["ask"],
  ask_settled: ["ask", "by"],
  review_intended: ["ask", "plan"],
  review_closed: ["ask"],
  finish_requested: [],
  turn_paused: ["limit"],
  message_withdrawn: ["message"],
  message_edited: ["message", "text"],
  turn_ending: ["ended"],
  turn_ended: ["ended"],
};

/** The kind of an event; `null` if this build does not know it. */
export function kindOf(line: Pick<EventLine, "kind">): EventKind | null {
  return Object.hasOwn(NEEDED, line.kind) ? (line.kind as EventKind) : null;
}

/** The event; `null` if this build does not know its kind or shape. */
export function understood(line: Pick<EventLine, "kind" | "data">): JournalEvent | null {
  const kind = kindOf(line);
  if (kind === null || typeof line.data !== "object" || line.data === null) return null;
  const data = line.data as Record<string, unknown>;
  if (NEEDED[kind].some((field) => data[field] === undefined || data[field] === null)) return null;
  return { kind, data } as JournalEvent;
}

/** The blocks of a tool's result. */
export function contentBlocks(content: ToolContent): readonly ContentBlock[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content : [];
}

export function plainBlock(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
      return `[${t("picture")}]`;
    case "link":
      return `[${t("link")}: ${block.title ? `${block.title}, ` : ""}${block.uri}]`;
    default:
      return `[${t("content unknown to this version")}]`;
  }
}
