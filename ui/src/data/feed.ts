/** Applies the host's pushes to the journals and the query cache. */
import type { QueryClient } from "@tanstack/react-query";
import type { Agent, EventKind, EventLine, Host, Push, Stack } from "../bridge";
import { kindOf, understood } from "./events";
import type { Journals } from "./journals";
import { keys } from "./keys";

/** Event kinds that change the budget. */
const MONEY = new Set<EventKind | null>(["model_requested", "model_answered", "model_failed", "child_requested", "scheduled_work_started", "charge_reserved", "charge_settled", "turn_ended", "mail_received"]);

/** Event kinds that change the lists of asks. */
const ASKS = new Set<EventKind | null>(["ask_raised", "ask_settled"]);

/** Event kinds after which something may be unread, or nothing any more. */
const MESSAGES = new Set<EventKind | null>(["agent_created", "user_said", "said_again", "mail_received", "model_answered", "session_ended"]);

/** Event kinds after which the inbox may list something else, besides the asks. */
const TURNS = new Set<EventKind | null>(["turn_started", "turn_ended", "user_said", "said_again", "mail_received"]);

/** Subscribes to pushes for the lifetime of the window. Rejects if the subscription fails. */
export function startFeed(host: Host, client: QueryClient, journals: Journals): Promise<void> {
  return host.follow((push) => {
    journals.push(push);
    refresh(client, push);
  });
}

function refresh(client: QueryClient, push: Push) {
  if (push === "missed") {
    void client.invalidateQueries();
    return;
  }
  if (push === "memory_changed") {
    void client.invalidateQueries({ queryKey: keys.memory });
    return;
  }
  if ("memory_progress" in push) {
    client.setQueryData(keys.adoption, push.memory_progress);
    return;
  }
  if ("stack_changed" in push) {
    // A read that is still under way would bring the older state.
    void client.cancelQueries({ queryKey: keys.stack });
    const before = client.getQueryData<Stack>(keys.stack);
    const { stack } = push.stack_changed;
    client.setQueryData(keys.stack, stack);
    if (!before || problems(before) !== problems(stack)) void client.invalidateQueries({ queryKey: keys.inbox });
  }
  if ("health_changed" in push) {
    void client.cancelQueries({ queryKey: keys.health });
    client.setQueryData(keys.health, push.health_changed.health);
    void client.invalidateQueries({ queryKey: keys.inbox });
  }
  if (!("recorded" in push)) return;
  const { agent, events } = push.recorded;
  const known = client.getQueryData<Agent[]>(keys.agents);
  if (known) client.setQueryData<Agent[]>(keys.agents, withAgent(known, agent));
  else void client.invalidateQueries({ queryKey: keys.agents });
  if (events.some((line) => MONEY.has(kindOf(line)))) {
    void client.invalidateQueries({ queryKey: keys.budget });
    void client.invalidateQueries({ queryKey: keys.spending });
  }
  if (events.some((line) => TURNS.has(kindOf(line)))) void client.invalidateQueries({ queryKey: keys.inbox });
  if (events.some((line) => MESSAGES.has(kindOf(line)))) void client.invalidateQueries({ queryKey: keys.unread });
  if (events.some((line) => ASKS.has(kindOf(line)))) void client.invalidateQueries({ queryKey: keys.asks });
  // An answer may have added a rule, also one from outside this window.
  if (events.some((line) => kindOf(line) === "ask_settled")) void client.invalidateQueries({ queryKey: keys.rules });
  if (finishedCommit(client, agent.id, events)) void client.invalidateQueries({ queryKey: keys.memory });
}

/** What the inbox lists of the containers. Most changes are of their memory or of a download. */
function problems(stack: Stack): string {
  const parts = stack.parts.filter((part) => part.state === "failed" || part.state === "unknown").map(({ id, state, found }) => [id, state, found]);
  const copy = stack.memory?.state === "stopped" ? stack.memory.found : null;
  return JSON.stringify([stack.docker.state, parts, copy]);
}

/** The list with this agent's row added or replaced. A row older than the known one is ignored. */
export function withAgent(agents: readonly Agent[], newer: Agent): Agent[] {
  const at = agents.findIndex((agent) => agent.id === newer.id);
  const known = agents[at];
  if (!known) return [...agents, newer];
  // Pushes do not say what is unread.
  return known.seq > newer.seq ? agents.slice() : agents.with(at, { ...newer, seen: known.seen, unread: known.unread });
}

/** Effect ids of commits that are intended and not finished yet. */
const intended = new WeakMap<QueryClient, Set<string>>();

/** Whether memory has changed: a commit of the agent itself, or of an approved change. */
function finishedCommit(client: QueryClient, agent: string, events: readonly EventLine[]): boolean {
  const open = intended.get(client) ?? new Set<string>();
  intended.set(client, open);
  let finished = false;
  for (const line of events) {
    const event = understood(line);
    if (event?.kind === "commit_intended") open.add(`${agent} ${event.data.effect}`);
    if (event?.kind === "review_closed" && event.data.commit !== undefined) finished = true;
    if (event?.kind === "tool_finished" && open.delete(`${agent} ${event.data.effect}`)) finished = true;
  }
  return finished;
}
