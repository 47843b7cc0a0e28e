/** Labels, tones and rules for the status of an agent, and the tree of agents. */
import type { Agent, InboxEntry } from "../bridge";
import { counted, t, type Text } from "../words";

export type Tone = "quiet" | "active" | "waiting" | "good" | "warn" | "bad";

const STATES: Record<string, { label: Text; tone: Tone }> = {
  idle: { label: "Idle", tone: "quiet" },
  thinking: { label: "Thinking", tone: "active" },
  working: { label: "Working", tone: "active" },
  waiting: { label: "Waiting", tone: "waiting" },
  queued: { label: "Queued", tone: "waiting" },
  done: { label: "Done", tone: "good" },
  limit: { label: "Limit reached", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  cancelled: { label: "Stopped", tone: "quiet" },
};

export function state(status: string): { label: string; tone: Tone } {
  const known = Object.hasOwn(STATES, status) ? STATES[status] : undefined;
  return known ? { label: t(known.label), tone: known.tone } : { label: status, tone: "quiet" };
}

/**
 * The label of an agent: what keeps it from going on and its questions to the person come before its status. Whether it is to
 * finish is in its journal only.
 */
export function agentState(agent: Agent | undefined, isFinishing = false, isInTrouble = false): { label: string; tone: Tone } {
  if (isInTrouble) return { label: t("Cannot go on"), tone: "bad" };
  if (agent && agent.asks > 0) return { label: t("Asks you"), tone: "warn" };
  if (isFinishing) return { label: t("Finishing"), tone: "active" };
  return state(agent?.status ?? "idle");
}

/** The number of questions of all agents that wait for the person. */
export function openAsks(agents: readonly Agent[]): number {
  return agents.reduce((sum, agent) => sum + agent.asks, 0);
}

/** Whether the person is to do something about an entry of the inbox and has not seen it yet. */
export function needsPerson(entry: InboxEntry): boolean {
  return entry.kind !== "finished" && !entry.is_seen;
}

/** How many entries need the person. */
export function openProblems(entries: readonly InboxEntry[]): number {
  return entries.filter(needsPerson).length;
}

/** What waits for the person, in words: open questions, and problems that they have not seen. */
export function waitingWords(questions: number, problems: number): string {
  if (problems === 0) return counted(questions, "{n} question waits for you", "{n} questions wait for you");
  if (questions === 0) return counted(problems, "{n} problem needs you", "{n} problems need you");
  return t("{questions} and {problems} wait for you", { questions: counted(questions, "{n} question", "{n} questions"), problems: counted(problems, "{n} problem", "{n} problems") });
}

/** Whether the agent is at work: its time runs and it can be stopped. */
export function isBusy(agent: Agent | undefined): boolean {
  return agent !== undefined && ["thinking", "working", "waiting", "queued"].includes(agent.status);
}

/** Whether the agent can be resumed. */
export function canResume(agent: Agent | undefined): boolean {
  return agent !== undefined && ["limit", "failed", "cancelled"].includes(agent.status);
}

export interface Node {
  agent: Agent;
  children: Node[];
  /** Spent by the agent and its sub-agents at any depth. */
  total: number;
}

/** Agents as trees, oldest first. An agent without a known parent is a root. */
export function tree(agents: readonly Agent[]): Node[] {
  const nodes = new Map(agents.map((agent) => [agent.id, { agent, children: [], total: agent.spent } as Node]));
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parent = node.agent.parent === null ? undefined : nodes.get(node.agent.parent);
    (parent?.children ?? roots).push(node);
  }
  const add = (node: Node): number => (node.total = node.agent.spent + node.children.reduce((sum, child) => sum + add(child), 0));
  roots.forEach(add);
  return roots;
}
