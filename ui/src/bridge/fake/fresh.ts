/** Fresh starts and messages that are written anew, as the simulated Grow Agent takes them. */
import { hostError } from "./hostError";
import { eventOf, type Stage } from "./stage";
import type { Agent, Attachment } from "../wire";

const GROW = "grow";

export function startFresh(world: Stage, id: string) {
  const events = ownEvents(world);
  const last = events.findLastIndex((event) => event.kind === "fresh_requested");
  const isUnused = !events.slice(last + 1).some((event) => event.kind === "turn_started" || event.kind === "user_said");
  if (isUnused || events.some((event) => event.kind === "fresh_requested" && event.data.id === id)) return;
  world.append(GROW, [{ kind: "fresh_requested", data: { id } }]);
  if (!world.isBusy(GROW)) world.append(GROW, [{ kind: "fresh_started", data: {} }]);
}

/** Starts afresh if that has waited for the end of the turn. Returns whether it did. */
export function startFreshAfterTurn(world: Stage, agent: string): boolean {
  const events = ownEvents(world);
  const count = (kind: string) => events.filter((event) => event.kind === kind).length;
  if (agent !== GROW || count("fresh_requested") === count("fresh_started")) return false;
  world.append(GROW, [{ kind: "fresh_started", data: {} }]);
  return true;
}

export function sayAgain(world: Stage, message: number, id: string, text: string, attachments: Attachment[]): Agent {
  if (world.isBusy(GROW) || world.state.waiting[GROW]?.length) {
    throw hostError("conflict", "the agent is at work or has messages to read, so an earlier message cannot be sent anew now", "Wait until it has finished, or stop it. Then send the message again.");
  }
  world.append(GROW, [{ kind: "said_again", data: { id, message, text, ...(attachments.length > 0 && { attachments }) } }]);
  world.begin(GROW, text);
  return { ...world.agent(GROW) };
}

function ownEvents(world: Stage) {
  return world.state.events.filter((line) => line.agent === GROW).map(eventOf);
}
