/** What an agent is doing, in the words of the product. */
import type { Agent } from "../bridge";

export type Tone = "quiet" | "active" | "waiting" | "good" | "warn" | "bad";

const STATES: Record<string, { label: string; tone: Tone }> = {
  idle: { label: "Idle", tone: "quiet" },
  thinking: { label: "Thinking", tone: "active" },
  working: { label: "Working", tone: "active" },
  waiting: { label: "Waiting", tone: "waiting" },
  done: { label: "Done", tone: "good" },
  limit: { label: "Limit reached", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  cancelled: { label: "Stopped", tone: "quiet" },
};

export function state(status: string): { label: string; tone: Tone } {
  return STATES[status] ?? { label: status, tone: "quiet" };
}

/** Whether it is at work: worth a clock that runs and a stop button. */
export function isBusy(agent: Agent | undefined): boolean {
  return agent !== undefined && ["thinking", "working", "waiting"].includes(agent.status);
}

/** Whether `resume` makes sense. */
export function canResume(agent: Agent | undefined): boolean {
  return agent !== undefined && ["limit", "failed", "cancelled"].includes(agent.status);
}

export interface Node {
  agent: Agent;
  children: Node[];
  /** Spent by it and everything below it. */
  total: number;
}

/** Agents as trees, oldest first; an agent whose parent is not there stands at the top. */
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
