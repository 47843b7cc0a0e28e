/** The part of a simulated profile that the steps of an agent read and change. */
import type { Agent, AskRow, Attachment, EventLine, JournalEvent, KeySource, Push, QuestPlanStep, RuleRow, Schedule, ScheduleRun, ToolServer } from "../wire";
import type { Memory, SavedMemory } from "./memory";
import type { Step } from "./steps";

export interface Saved {
  events: EventLine[];
  agents: Record<string, Agent>;
  queues: Record<string, Step[]>;
  /** Messages that arrived during a turn, by agent. */
  waiting: Record<string, Array<{ seq: number; text: string }>>;
  asks: AskRow[];
  /** The lines of the rules that are not built in. */
  rules: RuleRow[];
  memory: SavedMemory;
  settings: Record<string, string>;
  keys: Record<string, KeySource>;
  /** How far the person has read each conversation. */
  marks?: Record<string, number>;
  /** Entries of the inbox that were seen. */
  seen?: string[];
  /** The MCP servers that the person has added. */
  toolServers?: ToolServer[];
  /** The chosen folders of skills, and the names of the skills that are off. */
  skills?: { folders: string[]; off: string[] };
  /** The files that were attached, by hash; without content: it is missing. */
  files?: Record<string, { attachment: Attachment; content: string | null }>;
  /** The schedules that are not removed, and what became of their runs, the first first. */
  schedules?: Schedule[];
  scheduleRuns?: ScheduleRun[];
  quests?: SavedQuest[];
}

export interface SavedStep extends QuestPlanStep {
  isSkipped: boolean;
  /** The sub-agent of each attempt. */
  agents: string[];
}

export interface SavedQuest {
  id: string;
  path: string;
  name: string;
  /** The page as it was at the start. */
  text: string;
  budget: number;
  state: "open" | "paused" | "cancelled";
  created_at: number;
  steps: SavedStep[];
}

/** A stored event. The simulated journal holds only events of this build. */
export function eventOf(line: EventLine): JournalEvent {
  return line as JournalEvent;
}

export interface Stage {
  readonly state: Saved;
  readonly memory: Memory;
  readonly push: (push: Push) => void;
  readonly now: () => number;
  append(id: string, entries: readonly JournalEvent[], change?: Partial<Agent>): void;
  agent(id: string): Agent;
  create(id: string, name: string, parent: string | null, depth: number, task: string | null, allowance: number | null): Agent;
  begin(id: string, text: string): void;
  isBusy(id: string): boolean;
  cancel(id: string, tree: boolean): void;
  wake(id: string): void;
}
