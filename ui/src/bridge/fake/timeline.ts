/** A turn of a simulated agent in parts, and what the agents do now. The real host knows more kinds of parts. */
import type { AgentStep, PartKind, Timeline, TimelinePart } from "../wire";
import { hostError } from "./hostError";
import { eventOf } from "./stage";
import type { World } from "./world";

const VERBS: Record<string, string> = { read_memory: "Read", search_memory: "Searched memory for", commit_memory: "Wrote", spawn_sub_agent: "Started sub-agent", wait_for_sub_agents: "Waited for sub-agents" };

export function timeline(world: World, id: string, wanted: number | null): Timeline {
  const agent = world.agent(id);
  const turn = wanted ?? agent.turn;
  if (turn < 1 || turn > agent.turn) throw hostError("not_found", `There is no turn ${turn} of ${agent.name}.`, "");
  const parts: TimelinePart[] = [];
  const open = new Map<string, TimelinePart>();
  const begin = (key: string, kind: PartKind, label: string, from: number, more: Partial<TimelinePart> = {}) => {
    const part: TimelinePart = { kind, state: "running", label, from, to: null, cost: null, unknown: 0, agent: null, effect: null, ...more };
    parts.push(part);
    open.set(key, part);
  };
  const end = (key: string, to: number, change: Partial<TimelinePart> = {}) => {
    const part = open.get(key);
    if (part) Object.assign(part, { to, state: "done" }, change);
    open.delete(key);
  };
  let began_at = agent.created_at;
  let ended: Timeline["ended"] = null;
  let ended_at: number | null = null;
  let current = 0;
  for (const line of world.state.events) {
    if (line.agent !== id) continue;
    const event = eventOf(line);
    const { at } = line;
    if (event.kind === "turn_started") {
      current = event.data.turn;
      if (current === turn) began_at = at;
    }
    if (current !== turn || ended_at !== null) continue;
    if (event.kind === "model_requested") begin("model", "model", "Thinking", at);
    if (event.kind === "model_answered") end("model", at, { label: `Model call (${agent.model})`, cost: event.data.reply.cost });
    if (event.kind === "model_failed") end("model", at, { state: event.data.failure.kind === "interrupted" ? "cut" : "failed", unknown: event.data.unknown ?? 0 });
    if (event.kind === "tool_started") {
      const { name, input, effect } = event.data;
      const about = Object.values(input as Record<string, unknown>).find((value) => typeof value === "string") ?? "";
      begin(effect, name === "wait_for_sub_agents" ? "waiting" : "tool", `${VERBS[name] ?? name} ${String(about).slice(0, 60)}`, at, { effect });
    }
    if (event.kind === "tool_finished") end(event.data.effect, at, event.data.is_error ? { state: "failed" } : {});
    if (event.kind === "child_requested" && typeof event.data.mail.body === "object" && "spawn" in event.data.mail.body) begin(event.data.mail.to, "sub_agent", event.data.mail.body.spawn.name, at, { agent: event.data.mail.to });
    if (event.kind === "mail_received" && typeof event.data.mail.body === "object" && "report" in event.data.mail.body) end(event.data.mail.from, at, { cost: event.data.mail.body.report.spent });
    if (event.kind === "ask_raised") begin(event.data.ask.id, "person", `Waiting for you: ${event.data.ask.text}`, at);
    if (event.kind === "ask_settled") end(event.data.ask, at);
    if (event.kind === "turn_ended") {
      [ended, ended_at] = [event.data.ended, at];
      for (const key of [...open.keys()]) end(key, at, { state: ended === "cancelled" ? "stopped" : "goes_on" });
    }
  }
  const until = ended_at ?? world.now();
  return { agent: id, name: agent.name, turn, turns: agent.turn, began_at, ended_at, until, ended, shortfall: null, parts, left_out: 0, sums: sums(parts, began_at, until) };
}

const ORDER: readonly PartKind[] = ["model", "tool", "person", "limit", "cut", "session", "waiting", "sub_agent", "queue", "other"];

/** Each moment counts for the first kind that goes on then. */
function sums(parts: readonly TimelinePart[], began: number, until: number): Timeline["sums"] {
  const kindOf = (part: TimelinePart): PartKind => (part.state === "cut" ? "cut" : part.kind);
  const edges = [...new Set([began, until, ...parts.flatMap((part) => [part.from, part.to ?? until])])].filter((at) => at >= began && at <= until).sort((a, b) => a - b);
  const times = new Map<PartKind, number>();
  edges.slice(1).forEach((to, index) => {
    const from = edges[index] ?? to;
    const going = parts.filter((part) => part.from <= from && (part.to ?? until) >= to).map(kindOf);
    const kind = ORDER.find((one) => going.includes(one)) ?? "other";
    times.set(kind, (times.get(kind) ?? 0) + to - from);
  });
  return ORDER.filter((kind) => times.has(kind) || parts.some((part) => kindOf(part) === kind)).map((kind) => {
    const own = parts.filter((part) => kindOf(part) === kind);
    return { kind, time: times.get(kind) ?? 0, cost: own.reduce((sum, part) => sum + (part.cost ?? 0), 0), unknown: own.reduce((sum, part) => sum + part.unknown, 0), parts: own.length };
  });
}

export function agentSteps(world: World): AgentStep[] {
  return Object.values(world.state.agents)
    .filter((agent) => ["thinking", "working", "waiting", "queued"].includes(agent.status) && agent.turn > 0)
    .map((agent) => {
      const { parts, began_at } = timeline(world, agent.id, null);
      const part = parts.filter(({ to }) => to === null).at(-1);
      return { agent: agent.id, began_at, kind: part?.kind ?? "other", label: part?.label ?? "Between two steps", since: part?.from ?? agent.updated_at };
    });
}
