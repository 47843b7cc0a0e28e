/** How long an agent has worked, computed from its journal. */
import type { EventLine } from "../bridge";
import { kindOf } from "./events";

export interface Work {
  /** When the current turn started; `null` between turns. */
  since: number | null;
  /** Duration of the latest completed turn. */
  latest: number | null;
  /** Total duration of all completed turns that are loaded. */
  all: number;
}

export function work(lines: readonly EventLine[]): Work {
  const found: Work = { since: null, latest: null, all: 0 };
  for (const line of lines) {
    const kind = kindOf(line);
    const { at } = line;
    if (kind === "turn_started") found.since = at;
    // Skip a turn whose start is not loaded: its duration is unknown.
    if (kind !== "turn_ended" || found.since === null) continue;
    found.latest = at - found.since;
    found.all += found.latest;
    found.since = null;
  }
  return found;
}
