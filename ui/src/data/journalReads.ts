/** Reads journals from the end, in batches. */
import type { EventLine, Host } from "../bridge";

/** Lines per request. */
export const BATCH = 400;

export interface Batch {
  lines: EventLine[];
  /** Whether the batch starts at the first line of the journal. */
  whole: boolean;
}

/** The lines after `last`, or the tail of the journal without it. */
export async function readTail(host: Host, agent: string, last: EventLine | null): Promise<Batch> {
  return last ? { lines: await readAfter(host, agent, last.position), whole: false } : readBefore(host, agent, null);
}

/** The batch that ends just before `first`. */
export function readOlder(host: Host, agent: string, first: EventLine): Promise<Batch> {
  return readBefore(host, agent, first.position);
}

async function readBefore(host: Host, agent: string, position: number | null): Promise<Batch> {
  const lines = await host.call("events_before", { agent, before: position, limit: BATCH });
  const [first] = lines;
  return { lines, whole: !first || first.seq === 1 };
}

async function readAfter(host: Host, agent: string, since: number): Promise<EventLine[]> {
  const all: EventLine[] = [];
  let at = since;
  for (;;) {
    const batch = await host.call("events", { agent, since: at, limit: BATCH });
    all.push(...batch);
    const last = batch.at(-1);
    if (!last || batch.length < BATCH) return all;
    at = last.position;
  }
}
