/** What a transcript consists of. Items are replaced, never changed, so that a row can tell whether it is the same. */
import type { Ended, Shortfall, Report, Usage } from "../data/events";

/** One tool call from start to result. */
export interface Call {
  effect: string;
  name: string;
  input: Record<string, unknown>;
  startedAt: number;
  finishedAt: number | null;
  result: string | null;
  isError: boolean;
  /** The sub-agent that it sent to work. */
  child: { id: string; name: string; task: string; allowance: number } | null;
  /** The memory change that it made. */
  commit: string | null;
  /** The model call that asked for it, if that is loaded. */
  asked: Asked | null;
}

/** What a model call cost, and how many tool calls it asked for. */
export interface Asked {
  /** `null`: unknown price. */
  cost: number | null;
  calls: number;
}

export interface Said {
  kind: "said";
  key: string;
  at: number;
  seq: number;
  text: string;
  /** `person`, or the agent that wrote it. */
  by: string;
}
export interface Answer {
  kind: "answer";
  key: string;
  at: number;
  seq: number;
  text: string;
  thinking: string;
  /** `null`: unknown price. */
  cost: number | null;
  usage: Usage;
  model: string;
}
export interface Calls {
  kind: "calls";
  key: string;
  at: number;
  seq: number;
  calls: readonly Call[];
}
export interface Reported {
  kind: "reported";
  key: string;
  at: number;
  seq: number;
  from: string;
  report: Report;
}
export interface Note {
  kind: "note";
  key: string;
  at: number;
  seq: number;
  text: string;
}
export interface End {
  kind: "end";
  key: string;
  at: number;
  seq: number;
  ended: Ended;
  shortfall: Shortfall | null;
  /** How long the turn took; `null` if its start is not loaded. */
  took: number | null;
  /** Known cost of this turn's model calls, and of the sub-agents that reported in it. */
  cost: number;
  /** Whether no work came after it, so that going on makes sense. */
  last: boolean;
}
export type Item = Said | Answer | Calls | Reported | Note | End;

export interface Transcript {
  items: readonly Item[];
  /** The first and last sequence number folded in; 0 before anything. */
  first: number;
  last: number;
  /** When the turn that is under way began; `null` between turns. */
  turnAt: number | null;
  turnCost: number;
  /** Whether a turn is under way. */
  working: boolean;
  /** What the person said during a turn and the model has not been given yet: it is, with its next call. */
  waiting: readonly Said[];
  /** The number of the request whose answer is under way; `null` if no model call is. */
  calling: number | null;
  /** The latest model call that was answered in this turn. */
  asked: Asked | null;
}

export const EMPTY: Transcript = { items: [], first: 0, last: 0, turnAt: null, turnCost: 0, working: false, waiting: [], calling: null, asked: null };
