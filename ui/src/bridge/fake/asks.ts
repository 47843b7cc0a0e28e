/** The asks of simulated agents: raised by a step, settled by an answer, a deadline, or the end of the turn. */
import type { Ask, AskAnswer, AskRow, SettledBy } from "../wire";
import { hostError } from "./hostError";
import type { Stage } from "./stage";

export function openAsks(world: Stage): AskRow[] {
  return world.state.asks.filter((row) => row.settled === null);
}

export function settledAsks(world: Stage, limit: number): AskRow[] {
  return world.state.asks.filter((row) => row.settled !== null).toSorted((a, b) => (b.settled?.at ?? 0) - (a.settled?.at ?? 0)).slice(0, limit);
}

export function askById(world: Stage, id: string): AskRow {
  const row = world.state.asks.find((one) => one.ask.id === id);
  if (!row) throw hostError("not_found", `There is no ask "${id}".`);
  return row;
}

export function raise(world: Stage, id: string, ask: Ask) {
  const agent = world.agent(id);
  // Listed before the push: the window reads the list as soon as it hears of the ask.
  world.state.asks.push({ agent: id, agent_name: agent.name, depth: agent.depth, seq: agent.seq + 1, ask, raised_at: world.now(), settled: null });
  world.append(id, [{ kind: "ask_raised", data: { ask } }], { asks: agent.asks + 1 });
}

/** Records the person's answer. A rule that it adds is stored if its scope is "always". */
export function answerAsk(world: Stage, id: string, answer: AskAnswer | null) {
  const row = askById(world, id);
  if (row.settled) throw hostError("conflict", "This was settled already.", "See what still waits in the inbox.");
  const { detail } = row.ask;
  const scope = answer?.scope ?? "once";
  const proposed = detail && "call" in detail && scope !== "once" ? detail.call.rule : undefined;
  const rule = proposed?.replace(/^\w+/, answer?.option === "allow" ? "allow" : "deny");
  settle(world, row, "person", answer, rule ?? null);
  if (rule && scope === "always") world.state.rules.push({ id: `r-${world.state.events.length}`, line: rule, origin: "always", added_at: world.now() });
}

/** Withdraws the open asks of an agent whose turn ends. */
export function withdrawAsks(world: Stage, agent: string) {
  for (const row of openAsks(world)) if (row.agent === agent) settle(world, row, "withdrawn", null, null);
}

/** The answer of a settled ask; `undefined` as long as it is open. Settles it if its deadline has passed. */
export function answerOf(world: Stage, id: string): AskAnswer | null | undefined {
  const row = askById(world, id);
  const { deadline, default: standard } = row.ask;
  if (!row.settled && deadline !== undefined && deadline <= world.now()) settle(world, row, "deadline", standard === undefined ? null : { option: standard }, null);
  return row.settled ? row.settled.answer : undefined;
}

function settle(world: Stage, row: AskRow, by: SettledBy, answer: AskAnswer | null, rule: string | null) {
  const asks = world.agent(row.agent).asks - 1;
  row.settled = { by, answer, rule, at: world.now() };
  world.append(row.agent, [{ kind: "ask_settled", data: { ask: row.ask.id, by, ...(answer ? { answer } : {}), ...(rule ? { rule } : {}) } }], { asks });
}
