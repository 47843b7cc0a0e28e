/** The items of a transcript. They are immutable, so that memoised rows can compare by identity. */
import type { Ask, AskSettlement, Attachment, Block, Ended, LimitReached, Report, Shortfall, ToolContent, Usage } from "../bridge";

/** One tool call from start to result. */
export interface Call {
  effect: string;
  name: string;
  input: Record<string, unknown>;
  startedAt: number;
  finishedAt: number | null;
  result: ToolContent | null;
  isError: boolean;
  /** The program stopped during the call: it is being looked up, or is carried out again. */
  interrupted: "looking_up" | "repeated" | null;
  /** Whether it waits for the person's permission. */
  isAsking: boolean;
  /** The sub-agent that the call started. */
  child: { id: string; name: string; task: string; allowance: number } | null;
  /** The memory change that the call made. */
  commit: string | null;
  /** The model call that requested it, if loaded. */
  asked: Asked | null;
}

/** The cost of a model call, and the number of tool calls that it requested. */
export interface Asked {
  /** `null`: unknown price. */
  cost: number | null;
  calls: number;
}

/** A message to the agent: of the person, or of another agent. */
export interface Said {
  kind: "said";
  key: string;
  at: number;
  seq: number;
  text: string;
  /** `person`, or the id of the agent that wrote it. */
  by: string;
  attachments?: readonly Attachment[];
  /** Whether it waits for a fresh start, as long as it is queued. */
  afterFresh?: boolean;
}
/** An answer of the model. */
export interface Answer {
  kind: "answer";
  key: string;
  at: number;
  seq: number;
  text: string;
  thinking: string;
  /** Its blocks, if it has searched the web. */
  web?: readonly Block[];
  /** `null`: unknown price. */
  cost: number | null;
  usage: Usage;
  model: string;
}
/** Consecutive tool calls. */
export interface Calls {
  kind: "calls";
  key: string;
  at: number;
  seq: number;
  calls: readonly Call[];
}
/** A sub-agent's report. */
export interface Reported {
  kind: "reported";
  key: string;
  at: number;
  seq: number;
  from: string;
  report: Report;
}
/** Money for something other than the agent's own model calls. */
export interface Charge {
  kind: "charge";
  key: string;
  at: number;
  seq: number;
  charge: string;
  purpose: string;
  /** The most that it can cost; `null`: unknown price. */
  reservation: number | null;
  isSettled: boolean;
  /** `null`: not settled, or never known. */
  cost: number | null;
}
/** A question to the person. */
export interface Asking {
  kind: "ask";
  key: string;
  at: number;
  seq: number;
  ask: Ask;
  /** `null` as long as it is open. */
  settled: AskSettlement | null;
}
/** A short text between other items, such as a change of the model. */
export interface Note {
  kind: "note";
  key: string;
  at: number;
  seq: number;
  text: string;
}
/** A turn that waits at a limit. */
export interface Paused {
  kind: "paused";
  key: string;
  at: number;
  seq: number;
  limit: LimitReached;
}
/** The end of a turn. */
export interface End {
  kind: "end";
  key: string;
  at: number;
  seq: number;
  ended: Ended;
  shortfall: Shortfall | null;
  /** Duration of the turn; `null` if its start is not loaded. */
  took: number | null;
  /** Known cost of this turn's model calls, and of the sub-agents that reported in it. */
  cost: number;
  /** Whether it is the last ending, so that it can be resumed. */
  last: boolean;
}
/** A fresh start: the agent reads nothing of what is above it. */
export interface Divider {
  kind: "divider";
  key: string;
  at: number;
  seq: number;
}
/** What was said from a message on that was written anew: the agent reads nothing of it any more. */
export interface Aside {
  kind: "aside";
  key: string;
  at: number;
  seq: number;
  items: readonly Item[];
}
export type Item = Said | Answer | Calls | Reported | Charge | Asking | Note | Paused | End | Divider | Aside;

export interface Transcript {
  items: readonly Item[];
  /** The sequence numbers of the first and last applied event; 0 if none. */
  first: number;
  last: number;
  /** When the current turn started; `null` between turns. */
  turnAt: number | null;
  turnCost: number;
  /** Whether a turn is running. */
  working: boolean;
  /** Messages sent during a turn that the next model call will include. */
  waiting: readonly Said[];
  /** The messages among the items that no model call has included yet, by their sequence numbers. */
  unread: readonly number[];
  /** The request for a fresh start that has not taken effect: later messages wait for it. `null` if there is none. */
  freshFrom: number | null;
  /** The last item is a message that was written anew, whose segment has not begun. */
  isAgain: boolean;
  /** The sequence number of the pending model request; `null` if there is none. */
  calling: number | null;
  /** The latest answered model call of this turn. */
  asked: Asked | null;
}

export const EMPTY: Transcript = { items: [], first: 0, last: 0, turnAt: null, turnCost: 0, working: false, waiting: [], unread: [], freshFrom: null, isAgain: false, calling: null, asked: null };
