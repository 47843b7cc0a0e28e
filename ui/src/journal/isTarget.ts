import type { Item } from "./items";

/** What the transcript scrolls to and marks: a tool call, or a sequence number. */
export interface Target {
  effect?: string;
  seq?: number;
}

/** Whether an item is, or contains, what the transcript scrolls to. */
export function isTarget(item: Item, target: Target): boolean {
  if (item.kind === "aside") return item.items.some((one) => isTarget(one, target));
  if (target.effect !== undefined) return item.kind === "calls" && item.calls.some((call) => call.effect === target.effect);
  return item.seq === target.seq;
}
