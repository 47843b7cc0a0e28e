/** Reading journals from their end. */
import type { EventLine, Host } from "../bridge";

/** Lines loaded at a time. */
export const BATCH = 400;

export interface Batch {
  lines: EventLine[];
  /** Whether they begin with the first line there is. */
  whole: boolean;
}

/** What came after `last`, or the end of the journal if nothing is known of it yet. `null` means all agents. */
export async function readTail(host: Host, agent: string | null, last: EventLine | null): Promise<Batch> {
  return last ? { lines: await readAfter(host, agent, last.position), whole: false } : readBefore(host, agent, null);
}

/** The page that ends right before `first`. */
export function readOlder(host: Host, agent: string | null, first: EventLine): Promise<Batch> {
  return readBefore(host, agent, first.position);
}

async function readBefore(host: Host, agent: string | null, position: number | null): Promise<Batch> {
  const lines = await host.call("events_before", { agent, before: position, limit: BATCH });
  const [first] = lines;
  return { lines, whole: !first || (agent === null ? first.position : first.seq) === 1 };
}

async function readAfter(host: Host, agent: string | null, since: number): Promise<EventLine[]> {
  const all: EventLine[] = [];
  let at = since;
  for (;;) {
    const page = await host.call("events", { agent, since: at, limit: BATCH });
    all.push(...page);
    const last = page.at(-1);
    if (!last || page.length < BATCH) return all;
    at = last.position;
  }
}
