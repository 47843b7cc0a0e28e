/** The rows of the tree of agents from top to bottom, without those in folded branches. */
import type { Agent } from "../bridge";
import { isBusy, type Node } from "../data/status";

export interface Row {
  agent: Agent;
  /** Spent by the agent and all below it. */
  total: number;
  /** 0 for a root. */
  level: number;
  /** All agents below it, and how many of them are at work. */
  below: number;
  busy: number;
  isFolded: boolean;
}

export function flatTree(roots: readonly Node[], folded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const add = (node: Node, level: number, isShown: boolean): { below: number; busy: number } => {
    const row: Row = { agent: node.agent, total: node.total, level, below: 0, busy: 0, isFolded: node.children.length > 0 && folded.has(node.agent.id) };
    if (isShown) rows.push(row);
    for (const child of node.children) {
      const { below, busy } = add(child, level + 1, isShown && !row.isFolded);
      row.below += below;
      row.busy += busy;
    }
    return { below: row.below + 1, busy: row.busy + (isBusy(node.agent) ? 1 : 0) };
  };
  for (const root of roots) add(root, 0, true);
  return rows;
}
