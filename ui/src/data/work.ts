/** How long an agent has worked, by its journal. */
import type { EventLine } from "../bridge";

export interface Work {
  /** When the turn that is under way began; `null` between turns. */
  since: number | null;
  /** How long the latest turn that has ended took. */
  latest: number | null;
  /** How long all turns took that have ended and are loaded. */
  all: number;
}

export function work(lines: readonly EventLine[]): Work {
  const found: Work = { since: null, latest: null, all: 0 };
  for (const { kind, at } of lines) {
    if (kind === "turn_started") found.since = at;
    // Where its beginning is not loaded, how long it took is not known.
    if (kind !== "turn_ended" || found.since === null) continue;
    found.latest = at - found.since;
    found.all += found.latest;
    found.since = null;
  }
  return found;
}
