/**
 * The asks of the inbox in a stable order: one that is settled while the inbox is open stays where it is, so that nothing
 * moves under the pointer and the focus keeps its place.
 */
import { useRef } from "react";
import type { AskRow } from "../bridge";

export interface StableAsks {
  /** The open ones, and those that were open since the inbox was opened; oldest first. */
  current: readonly AskRow[];
  /** The ones that were settled before, newest first. */
  earlier: readonly AskRow[];
}

export function stableAsks(seen: readonly AskRow[], open: readonly AskRow[], settled: readonly AskRow[]): StableAsks {
  const latest = new Map([...settled, ...open].map((row) => [row.ask.id, row]));
  const isSeen = new Set(seen.map((row) => row.ask.id));
  // One that is in neither list is settled, and newer settled ones have pushed it out of the list: its last row stays.
  const current = [...seen.map((row) => newer(row, latest.get(row.ask.id))), ...open.filter((row) => !isSeen.has(row.ask.id))];
  const isCurrent = new Set(current.map((row) => row.ask.id));
  return { current, earlier: settled.filter((row) => !isCurrent.has(row.ask.id)) };
}

/** The known object as long as nothing has changed, so that its card does not render again. */
function newer(known: AskRow, latest: AskRow | undefined): AskRow {
  if (!latest) return known;
  return latest.settled?.at === known.settled?.at && latest.agent_name === known.agent_name ? known : latest;
}

export function useStableAsks(open: readonly AskRow[] | undefined, settled: readonly AskRow[] | undefined): StableAsks {
  const seen = useRef<readonly AskRow[]>([]);
  const asks = stableAsks(seen.current, open ?? [], settled ?? []);
  seen.current = asks.current;
  return asks;
}
