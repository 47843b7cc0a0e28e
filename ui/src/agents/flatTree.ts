/** The rows of the tree of agents from top to bottom, without those in folded branches. */
import type { Agent } from "../bridge";
import { isBusy, type Node } from "../data/status";

export interface Row {
  agent: Agent;
  /** Spent by the agent and all below it. */
  total: number;
  /** 0 for a root. */
  level: number;
  /** Its number among those with the same parent, from 1 on, and how many these are. */
  place: number;
  siblings: number;
  /** All agents below it, and how many of them are at work. */
  below: number;
  busy: number;
  isFolded: boolean;
}

export function flatTree(roots: readonly Node[], folded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const add = (node: Node, level: number, [place, siblings]: [number, number], isShown: boolean): { below: number; busy: number } => {
    const row: Row = { agent: node.agent, total: node.total, level, place, siblings, below: 0, busy: 0, isFolded: node.children.length > 0 && folded.has(node.agent.id) };
    if (isShown) rows.push(row);
    for (const [index, child] of node.children.entries()) {
      const { below, busy } = add(child, level + 1, [index + 1, node.children.length], isShown && !row.isFolded);
      row.below += below;
      row.busy += busy;
    }
    return { below: row.below + 1, busy: row.busy + (isBusy(node.agent) ? 1 : 0) };
  };
  for (const [index, root] of roots.entries()) add(root, 0, [index + 1, roots.length], true);
  return rows;
}
