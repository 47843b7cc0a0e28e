/**
 * Reading journals from their end. The host gives lines after a position; where an agent's last lines begin is found by
 * halving: at most some seventeen small questions for a hundred thousand events, and none where they are all its own.
 */
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
  if (last) return { lines: await after(host, agent, last.position), whole: false };
  const agents = await host.call("agents", {});
  const total = agents.reduce((sum, one) => sum + one.seq, 0);
  if (agent === null) return from(host, null, Math.max(0, total - PAGE));
  const length = agents.find((one) => one.id === agent)?.seq ?? 0;
  const since = length <= PAGE ? 0 : await positionBefore(host, agent, length - PAGE + 1, total - PAGE);
  return from(host, agent, since);
}

/** The page that ends right before `first`. */
export async function older(host: Host, agent: string | null, first: EventLine): Promise<Lines> {
  const start = agent === null ? first.position - PAGE : first.seq - PAGE;
  const since = agent === null ? Math.max(0, start - 1) : start <= 1 ? 0 : await positionBefore(host, agent, start, first.position - PAGE - 1);
  const lines = await host.call("events", { agent, since, limit: PAGE + 1 });
  return { lines: lines.filter((line) => line.position < first.position), whole: since === 0 };
}

async function from(host: Host, agent: string | null, since: number): Promise<Lines> {
  return { lines: await after(host, agent, since), whole: since === 0 };
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

/**
 * The position right before the agent's line with the number `seq`, at most `high`. A line's position is never smaller
 * than its number.
 */
async function positionBefore(host: Host, agent: string, seq: number, high: number): Promise<number> {
  let low = seq - 1;
  let top = high;
  while (low < top) {
    const middle = Math.ceil((low + top) / 2);
    const [next] = await host.call("events", { agent, since: middle, limit: 1 });
    if (next && next.seq <= seq) low = middle;
    else top = middle - 1;
  }
  return low;
}
