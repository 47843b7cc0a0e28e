/** The simulated inbox: failed and long turns of the simulated journals, and containers that have failed. */
import type { Ended, InboxEntry, InboxKind, Stack } from "../wire";
import { eventOf, type Stage } from "./stage";

export function inbox(world: Stage, stack: Stack, long: number): InboxEntry[] {
  const entries = [...Object.keys(world.state.agents).flatMap((id) => turnOf(world, id, long)), ...ofStack(stack)];
  const seen = world.state.seen ?? [];
  return entries.map((entry) => ({ ...entry, is_seen: seen.includes(entry.id) })).sort((a, b) => b.since - a.since);
}

export function seeInbox(world: Stage, ids: readonly string[]) {
  world.state.seen = [...new Set([...(world.state.seen ?? []), ...ids])];
}

function turnOf(world: Stage, id: string, long: number): InboxEntry[] {
  const agent = world.agent(id);
  const lines = world.state.events.filter((line) => line.agent === id);
  const end = lines.findLast((line) => line.kind === "turn_ended");
  const event = end && eventOf(end);
  if (!end || event?.kind !== "turn_ended" || world.isBusy(id)) return [];
  const said = lines.findLast((line) => line.kind === "user_said");
  if (said && said.seq > end.seq) return [];
  const { ended } = event.data;
  const start = lines.findLast((line) => line.kind === "turn_started" && line.seq < end.seq);
  const took = end.at - (start?.at ?? end.at);
  const about = (kind: InboxKind, more: Partial<InboxEntry>) => [entry(kind, `turn:${id}:${end.seq}`, end.at, { agent: id, name: agent.name, ended, shortfall: event.data.shortfall ?? null, ...more })];
  if (agent.status === "failed" && hasFailed(ended)) return about("failed", {});
  return ended === "done" && took >= long ? about("finished", { took }) : [];
}

function hasFailed(ended: Ended): boolean {
  return typeof ended === "object" ? !("limit" in ended) : ended !== "done" && ended !== "cancelled";
}

function ofStack(stack: Stack): InboxEntry[] {
  const failed = stack.parts.filter((part) => part.state === "failed");
  return failed.map((part) => entry("stack", `stack:${part.id}`, Date.now() - 90_000, { name: part.name, text: part.found, next_step: part.next_step }));
}

function entry(kind: InboxKind, id: string, since: number, more: Partial<InboxEntry>): InboxEntry {
  return { id, kind, agent: null, name: "", since, text: null, next_step: null, ended: null, shortfall: null, took: null, is_seen: false, ...more };
}
