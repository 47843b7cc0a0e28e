/** The asks of simulated agents: raised by a step, settled by an answer, a rule, a deadline, or the end of the turn. */
import type { Ask, AskAnswer, AskOutcome, AskRow, SettledBy } from "../wire";
import { checkAnswer } from "./checkAnswer";
import { hostError } from "./hostError";
import { addAnsweredRule, decide } from "./rules";
import type { Stage } from "./stage";

export function openAsks(world: Stage): AskRow[] {
  return world.state.asks.filter((row) => row.settled === null);
}

export function settledAsks(world: Stage, limit: number): AskRow[] {
  return world.state.asks.filter((row) => row.settled !== null).toSorted((a, b) => (b.settled?.at ?? 0) - (a.settled?.at ?? 0)).slice(0, limit);
}

export function askById(world: Stage, id: string): AskRow {
  const row = world.state.asks.find((one) => one.ask.id === id);
  if (!row) throw hostError("not_found", `there is no ask "${id}"`, "See what waits: growqr asks list");
  return row;
}

export function raise(world: Stage, id: string, ask: Ask) {
  const agent = world.agent(id);
  // Listed before the push: the window reads the list as soon as it hears of the ask.
  world.state.asks.push({ agent: id, agent_name: agent.name, depth: agent.depth, seq: agent.seq + 1, ask, raised_at: world.now(), settled: null });
  world.append(id, [{ kind: "ask_raised", data: { ask } }], { asks: agent.asks + 1 });
}

/** Records the person's answer, and the rule that it adds. */
export function answerAsk(world: Stage, id: string, answer: AskAnswer | null) {
  const row = askById(world, id);
  const { ask, settled } = row;
  if (settled) {
    const how = settled.by === "person" ? `the answer was: ${answerText(ask, settled.answer)}` : "the agent no longer needs it";
    throw hostError("conflict", `this was settled already: ${how}`, "See what still waits: growqr asks list");
  }
  if (answer) checkAnswer(ask, answer);
  const rule = ruleOf(row, answer);
  settle(world, row, "person", answer, rule);
  closeReview(world, row, answer);
  if (rule === null) return;
  addAnsweredRule(world, rule);
  applyRules(world);
}

/** Carries out the decision about a held change. */
function closeReview(world: Stage, { agent, ask: { id, detail } }: AskRow, answer: AskAnswer | null) {
  if (!detail || !("review" in detail)) return;
  const { held, message, effect, turn } = detail.review;
  const text = answer?.edited?.text ?? (held.new_blob === null ? null : world.memory.pageAt(held.path, held.commit).text);
  const origin = { agent, turn, tool_call: effect };
  const commit = answer?.option === "approve" && text !== null ? world.memory.write(held.path, text, null, message, world.now(), origin) : null;
  world.append(agent, [{ kind: "review_closed", data: { ask: id, ...(commit === null ? {} : { commit }) } }]);
  if (commit !== null) world.push("memory_changed");
}

/** Settles the asks for permission that a rule decides now. */
export function applyRules(world: Stage) {
  for (const row of openAsks(world)) {
    const { detail } = row.ask;
    if (!detail || !("call" in detail) || !("rule" in detail.call.why)) continue;
    const { tool, argument, rule } = detail.call;
    const kind = /\b(path|host|command)=/.exec(rule ?? "")?.[1] ?? "";
    const { line } = decide(world, tool, { [kind]: argument ?? "" }, row.agent);
    if (line.startsWith("allow")) settle(world, row, "rule", { option: "allow" }, line);
    if (line.startsWith("deny")) settle(world, row, "rule", { option: "deny" }, line);
  }
}

/** Withdraws the open asks of an agent, except one, and except held changes: those outlive a turn. */
export function withdrawAsks(world: Stage, agent: string, except?: string) {
  for (const row of openAsks(world)) if (row.agent === agent && row.ask.id !== except && row.ask.kind !== "review") settle(world, row, "withdrawn", null, null);
}

/** The answer of a settled ask; `undefined` as long as it is open. Settles it if its deadline has passed. */
export function answerOf(world: Stage, id: string): AskAnswer | null | undefined {
  const row = askById(world, id);
  const { deadline, default: standard } = row.ask;
  if (!row.settled && deadline !== undefined && deadline <= world.now()) settle(world, row, "deadline", standard ?? null, null);
  return row.settled ? row.settled.answer : undefined;
}

function settle(world: Stage, row: AskRow, by: SettledBy, answer: AskAnswer | null, rule: string | null) {
  const asks = world.agent(row.agent).asks - 1;
  row.settled = { by, answer, rule, at: world.now() };
  const outcome = by === "withdrawn" ? undefined : outcomeOf(row.ask, answer);
  world.append(row.agent, [{ kind: "ask_settled", data: { ask: row.ask.id, by, ...(answer ? { answer } : {}), ...(rule ? { rule } : {}), ...(outcome ? { outcome } : {}) } }], { asks });
}

function outcomeOf({ detail }: Ask, answer: AskAnswer | null): AskOutcome | undefined {
  if (detail && "call" in detail) return answer?.option === "allow" ? "allowed" : "refused";
  if (detail && "review" in detail) return answer?.option === "approve" ? "approved" : "rejected";
  if (!detail || !("limit" in detail)) return undefined;
  const { raise, finish } = detail.limit;
  if (answer?.option === "raise") return { raised: { ...raise, ...(answer.amount === undefined ? {} : { money: answer.amount }) } };
  return answer?.option === "finish" ? { finishing: finish } : "stopped";
}

/** The line that an answer adds, for its agent or for all; `null` if it is about this call only. */
function ruleOf({ ask: { detail }, agent }: AskRow, answer: AskAnswer | null): string | null {
  const proposed = detail && "call" in detail ? detail.call.rule : undefined;
  const scope = answer?.scope ?? "once";
  if (proposed === undefined || scope === "once") return null;
  const line = proposed.replace(/^\w+/, answer?.option === "allow" ? "allow" : "deny");
  return scope === "agent" ? `${line} agent=${agent}` : line;
}

function answerText(ask: Ask, answer: AskAnswer | null): string {
  const label = ask.options?.find((option) => option.id === answer?.option)?.label;
  return [label, answer?.text].filter(Boolean).join(" ");
}
