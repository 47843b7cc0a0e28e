/**
 * The content of journal events, as far as the interface reads it. `EventLine.data` is stored JSON of any build; what
 * does not have the shape expected here is shown as an unknown event, never trusted.
 */
import type { EventLine } from "../bridge";

export interface Birth {
  name: string;
  task: string;
  allowance: number;
  depth: number;
}
export interface Report {
  name: string;
  ending: "done" | "failed" | "cancelled" | "limit";
  text: string;
  spent: number;
  returned: number;
}
export type MailBody =
  | { spawn: Birth }
  | { say: { text: string; allowance: number; by_person: boolean } }
  | "cancel"
  | { report: Report };
export interface Mail {
  id: string;
  from: string;
  to: string;
  body: MailBody;
}
export interface Failure {
  kind: string;
  message: string;
  request_id: string | null;
}
/** The most that the next request costs, and what may be used, in USD micro-cents. */
export interface Shortfall {
  needed: number;
  available: number;
}

export type Limit = "per_message" | "per_day" | "per_month" | "allowance" | "calls";
export type Ended =
  | "done"
  | "cancelled"
  | "cut"
  | "silent"
  | { refused: string }
  | { limit: Limit }
  | { failed: Failure }
  | { unknown: string };
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_5m_tokens: number;
  cache_write_1h_tokens: number;
}
export type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string }
  | { type: "tool_use"; id: string; name: string; input: unknown };
export interface ModelReply {
  content: Block[];
  stop: unknown;
  usage: Usage;
  model: string;
  cost: number | null;
}

/** Kind of event to its content. */
export interface EventData {
  agent_created: { birth: Birth | null; parent: string | null };
  user_said: { id: string; text: string };
  mail_received: { mail: Mail };
  segment_started: { provider: string; card: { id: string; name: string }; carried: string | null };
  turn_started: { turn: number };
  model_requested: { attempt: number; max_tokens: number; reservation: number | null };
  model_answered: { reply: ModelReply };
  model_failed: { failure: Failure };
  tool_started: { call: string; name: string; input: unknown; effect: string };
  commit_intended: { effect: string; plan: { path: string; commit: string; new_blob: string | null } };
  tool_finished: { effect: string; content: string; is_error: boolean };
  child_requested: { effect: string; mail: Mail };
  child_told: { mail: Mail };
  child_cancelled: { mail: Mail };
  cancel_requested: { by_person: boolean };
  turn_ending: { ended: Ended };
  turn_ended: { turn: number; ended: Ended; reports: Mail[]; shortfall?: Shortfall };
}
export type EventKind = keyof EventData;
export type KnownEvent = { [K in EventKind]: { kind: K; data: EventData[K] } }[EventKind];

/** The fields without which an event of that kind cannot be shown. */
const NEEDED: { [K in EventKind]: ReadonlyArray<keyof EventData[K] & string> } = {
  agent_created: [],
  user_said: ["text"],
  mail_received: ["mail"],
  segment_started: ["card"],
  turn_started: ["turn"],
  model_requested: [],
  model_answered: ["reply"],
  model_failed: ["failure"],
  tool_started: ["name", "effect"],
  commit_intended: ["effect", "plan"],
  tool_finished: ["effect", "content"],
  child_requested: ["effect", "mail"],
  child_told: ["mail"],
  child_cancelled: ["mail"],
  cancel_requested: [],
  turn_ending: ["ended"],
  turn_ended: ["ended"],
};

/** The event, or nothing if this build does not understand it. */
export function understood(line: EventLine): KnownEvent | null {
  const needed: readonly string[] | undefined = NEEDED[line.kind as EventKind];
  if (!needed || typeof line.data !== "object" || line.data === null) return null;
  const data = line.data as Record<string, unknown>;
  if (needed.some((field) => data[field] === undefined || data[field] === null)) return null;
  return { kind: line.kind, data } as KnownEvent;
}
