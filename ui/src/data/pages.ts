/** Reading journals from their end. */
import type { EventLine, Host } from "../bridge";

/** Lines loaded at a time. */
export const PAGE = 400;

export interface Lines {
  lines: EventLine[];
  /** Whether they begin with the first line there is. */
  whole: boolean;
}

/** What came after `last`, or the end of the journal if nothing is known of it yet. `null` means all agents. */
export async function tail(host: Host, agent: string | null, last: EventLine | null): Promise<Lines> {
  return last ? { lines: await after(host, agent, last.position), whole: false } : before(host, agent, null);
}

/** The page that ends right before `first`. */
export function older(host: Host, agent: string | null, first: EventLine): Promise<Lines> {
  return before(host, agent, first.position);
}

async function before(host: Host, agent: string | null, position: number | null): Promise<Lines> {
  const lines = await host.call("events_before", { agent, before: position, limit: PAGE });
  const [first] = lines;
  return { lines, whole: !first || (agent === null ? first.position : first.seq) === 1 };
}

async function after(host: Host, agent: string | null, since: number): Promise<EventLine[]> {
  const all: EventLine[] = [];
  let at = since;
  for (;;) {
    const page = await host.call("events", { agent, since: at, limit: PAGE });
    all.push(...page);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return all;
    at = last.position;
  }
}
