/** The sums of the simulated model calls. */
import type { SpendingBy, SpendingRow } from "../wire";
import { eventOf, type Stage } from "./stage";

export function spending(world: Stage, by: SpendingBy, since: number): SpendingRow[] {
  const rows = new Map<string, SpendingRow>();
  for (const line of world.state.events) {
    const event = eventOf(line);
    if (event.kind !== "model_answered" || line.at < since) continue;
    const { reply } = event.data;
    const key = by === "agent" ? line.agent : by === "model" ? reply.model : new Date(line.at).toISOString().slice(0, 10);
    const agent = by === "agent" ? world.agent(key) : null;
    const row = rows.get(key) ?? { key, name: agent?.name ?? key, calls: 0, cost: 0, unknown: 0, reserved: agent?.reserved ?? 0, input_tokens: 0, cached_tokens: 0, output_tokens: 0, estimates: 0, at: line.at };
    const { usage } = reply;
    row.calls += 1;
    row.cost += reply.cost ?? 0;
    row.input_tokens += usage.input_tokens + usage.cache_read_tokens + usage.cache_write_5m_tokens;
    row.cached_tokens += usage.cache_read_tokens;
    row.output_tokens += usage.output_tokens;
    row.estimates += usage.is_estimate ? 1 : 0;
    row.at = line.at;
    rows.set(key, row);
  }
  return [...rows.values()].sort((a, b) => (by === "day" ? b.key.localeCompare(a.key) : b.cost - a.cost));
}
