/** Performs one step of a simulated agent. */
import type { Ended, JournalEvent, Mail, ModelReply, ReportEnding, ToolContent } from "../wire";
import { answerOf, openAsks, raise, withdrawAsks } from "./asks";
import { startFreshAfterTurn } from "./fresh";
import { eventOf, type Stage } from "./stage";
import { answer, type Step } from "./steps";

/** Reserved for one model call. */
const RESERVATION = 12_000_000;

/** Performs and removes the first step of the agent's queue, unless that step is still waiting for sub-agents. */
export function perform(world: Stage, id: string) {
  const queue = world.state.queues[id];
  const step = queue?.[0];
  if (!queue || !step) return;
  if (step.do === "wait" && childrenAtWork(world, id)) {
    const agent = world.agent(id);
    if (agent.status !== "waiting") world.append(id, [], { status: "waiting" });
    return;
  }
  if (step.do === "await") return awaitAnswer(world, id, step);
  queue.shift();
  act(world, id, step);
}

/** Goes on once the ask is settled; until then the agent waits. */
function awaitAnswer(world: Stage, id: string, step: Extract<Step, { do: "await" }>) {
  const answer = answerOf(world, step.ask);
  if (answer === undefined) {
    if (world.agent(id).status !== "waiting") world.append(id, [], { status: "waiting" });
    return;
  }
  const instead = step.otherwise[answer?.option ?? "none"];
  if (instead) world.state.queues[id] = instead;
  else world.state.queues[id]?.shift();
}

function act(world: Stage, id: string, step: Step) {
  const agent = world.agent(id);
  switch (step.do) {
    case "pause":
      return;
    case "delta":
      return world.push({ delta: { agent: id, kind: step.kind, text: step.text } });
    case "request":
      return world.append(id, [{ kind: "model_requested", data: { attempt: 1, request_hash: "", max_tokens: 16_000, reservation: RESERVATION } }], { status: "thinking", reserved: RESERVATION });
    case "answer": {
      const usage = { input_tokens: 840, output_tokens: JSON.stringify(step.content).length >> 2, cache_read_tokens: 6_200, cache_write_5m_tokens: 410, cache_write_1h_tokens: 0 };
      const reply: ModelReply = { content: step.content, stop: "end_turn", usage, model: agent.model, request_id: "req_fake", cost: step.cost };
      return world.append(id, [{ kind: "model_answered", data: { reply } }], { status: "working", spent: agent.spent + step.cost, reserved: 0 });
    }
    case "tool":
      return world.append(id, [{ kind: "tool_started", data: { call: `toolu_${step.effect}`, name: step.name, input: step.input, effect: step.effect, ...(step.ask ? { ask: step.ask } : {}) } }], { status: "working" });
    case "ask":
      return raise(world, id, step.ask);
    case "finish":
      return finish(world, id, step.effect, step.content, step.isError ?? false);
    case "await":
      return;
    case "wait":
      return finish(world, id, step.effect, "All sub-agents have reported.", false);
    case "commit":
      return commit(world, id, step);
    case "hold":
      return hold(world, id, step);
    case "spawn":
      return spawn(world, id, step);
    case "record":
      return world.append(id, [step.event]);
    case "end":
      return end(world, id, step.ended);
  }
}

function finish(world: Stage, id: string, effect: string, content: ToolContent, is_error: boolean) {
  world.append(id, [{ kind: "tool_finished", data: { effect, content, is_error } }]);
}

function commit(world: Stage, id: string, step: Extract<Step, { do: "commit" }>) {
  const origin = { agent: id, turn: world.agent(id).turn, tool_call: step.effect };
  const rev = world.memory.write(step.path, step.content, null, step.message, world.now(), origin);
  world.append(id, [{ kind: "commit_intended", data: { effect: step.effect, plan: { path: step.path, base_head: null, old_blob: null, new_blob: "x", commit: rev, merged: false } } }]);
  finish(world, id, step.effect, `committed ${step.path} as ${rev.slice(0, 8)}`, false);
}

function hold(world: Stage, id: string, step: Extract<Step, { do: "hold" }>) {
  const { effect, path, content, message } = step;
  const { turn, name } = world.agent(id);
  const held = world.memory.hold(path, content, message, world.now(), { agent: id, turn, tool_call: effect });
  world.append(id, [{ kind: "commit_intended", data: { effect, plan: held } }]);
  finish(world, id, effect, `the change of ${path} is not in memory yet: it waits for the person's approval`, false);
  const review = { effect, turn, held, message, rule: "hold commit_memory", ...(held.old_blob === null ? {} : { base: held.old_blob }) };
  const options = [{ id: "approve", label: "Approve" }, { id: "reject", label: "Reject" }];
  raise(world, id, { id: `ask-${effect}`, kind: "review", text: `${name} wants to change the page ${path}.`, detail: { review }, options });
}

function spawn(world: Stage, id: string, step: Extract<Step, { do: "spawn" }>) {
  const child = `a-${step.effect}`;
  const depth = world.agent(id).depth + 1;
  const allowance = 40_000_000;
  const birth = { name: step.name, task: step.task, allowance, depth };
  const mail: Mail = { id: step.effect, from: id, to: child, body: { spawn: birth } };
  world.append(id, [{ kind: "child_requested", data: { effect: step.effect, mail } }]);
  finish(world, id, step.effect, `sub-agent ${child} (${step.name}) is at work`, false);
  world.create(child, step.name, id, depth, step.task, allowance);
  world.append(child, [{ kind: "agent_created", data: { birth, parent: id, mail: step.effect } }]);
  world.begin(child, step.task);
}

function childrenAtWork(world: Stage, id: string): boolean {
  return Object.values(world.state.agents).some((agent) => agent.parent === id && world.isBusy(agent.id));
}

function reportEnding(ended: Ended): ReportEnding {
  if (ended === "done" || ended === "cancelled") return ended;
  return typeof ended === "object" && "limit" in ended ? "limit" : "failed";
}

function end(world: Stage, id: string, ended: Ended) {
  const agent = world.agent(id);
  const answers = ownEvents(world, id).flatMap((event) => (event.kind === "model_answered" ? [event.data.reply] : []));
  const content = answers.at(-1)?.content ?? [];
  const ending = reportEnding(ended);
  const report = { name: agent.name, ending, text: content.map((block) => (block.type === "text" ? block.text : "")).join(""), spent: agent.spent, returned: Math.max(0, (agent.allowance ?? 0) - agent.spent), up_to: 1 };
  const reports: Mail[] = agent.parent === null ? [] : [{ id: `${id}-${agent.turn}`, from: id, to: agent.parent, body: { report } }];
  world.state.queues[id] = [];
  withdrawAsks(world, id);
  world.append(id, [{ kind: "turn_ended", data: { turn: agent.turn, ended, reports } }], { status: ending === "done" && agent.depth === 0 ? "idle" : ending, reserved: 0 });
  for (const mail of reports) world.append(mail.to, [{ kind: "mail_received", data: { mail } }]);
  const isFresh = startFreshAfterTurn(world, id);
  if ((ended !== "done" && !isFresh) || !world.state.waiting[id]?.length) return;
  const next = world.state.waiting[id].map((message) => message.text).join("\n\n");
  world.state.waiting[id] = [];
  world.begin(id, next);
}

/** Stops an agent: fails its open tool calls and ends its turn. */
export function stopAgent(world: Stage, id: string) {
  world.append(id, [{ kind: "cancel_requested", data: { by_person: true } }]);
  finishCalls(world, id, "stopped by the person");
  end(world, id, "cancelled");
}

/** Lets an agent finish: fails its open tool calls, and answers with what it has. */
export function finishAgent(world: Stage, id: string, by_person: boolean) {
  const limit = openAsks(world).find((row) => row.agent === id && row.ask.kind === "budget")?.ask.id;
  world.append(id, [{ kind: "finish_requested", data: { by_person } }]);
  // The answer about a limit is still needed, because the report costs something too.
  withdrawAsks(world, id, limit);
  finishCalls(world, id, "not carried out: you are to finish now");
  const stopped: Step[] = [{ do: "end", ended: { limit: "per_message" } }];
  const waits: Step[] = limit === undefined ? [] : [{ do: "await", ask: limit, otherwise: { stop: stopped, none: stopped } }];
  world.state.queues[id] = [...waits, ...answer(() => `finish-${id}`, "", "Here is what I have so far.", [], 1_840_000), { do: "end", ended: "done" }];
  world.wake(id);
}

function finishCalls(world: Stage, id: string, why: string) {
  const mine = ownEvents(world, id);
  const done = new Set(mine.flatMap((event) => (event.kind === "tool_finished" ? [event.data.effect] : [])));
  const open = mine.flatMap((event) => (event.kind === "tool_started" ? [event.data.effect] : []));
  for (const effect of open) if (!done.has(effect)) finish(world, id, effect, why, true);
}

function ownEvents(world: Stage, id: string): JournalEvent[] {
  return world.state.events.filter((line) => line.agent === id).map(eventOf);
}
