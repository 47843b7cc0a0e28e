/** The person's messages that a simulated agent has not read yet. */
import { hostError } from "./hostError";
import type { Stage } from "./stage";

export function withdrawMessage(world: Stage, agent: string, seq: number) {
  const waiting = queuedMessage(world, agent, seq);
  world.state.waiting[agent] = (world.state.waiting[agent] ?? []).filter((one) => one !== waiting);
  world.append(agent, [{ kind: "message_withdrawn", data: { message: seq } }]);
}

export function editMessage(world: Stage, agent: string, seq: number, text: string) {
  queuedMessage(world, agent, seq).text = text;
  world.append(agent, [{ kind: "message_edited", data: { message: seq, text } }]);
}

function queuedMessage(world: Stage, agent: string, seq: number) {
  const found = world.state.waiting[agent]?.find((one) => one.seq === seq);
  if (!found) throw hostError("conflict", "this message is no longer queued: the agent has read it, or it was withdrawn", "Send another message.");
  return found;
}
