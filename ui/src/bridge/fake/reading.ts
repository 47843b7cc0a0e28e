/** How far the person has read the simulated conversations. */
import type { Agent, Message } from "../wire";
import type { Stage } from "./stage";

export function seeConversation(world: Stage, agent: string, seq: number) {
  const marks = (world.state.marks ??= {});
  // Tests wait for it.
  Object.assign(globalThis, { seenConversation: seq });
  marks[agent] = Math.max(marks[agent] ?? 0, Math.min(seq, world.agent(agent).seq));
}

/** An agent with what is unread; `messages` are all of the profile. */
export function withUnread(world: Stage, agent: Agent, messages: readonly Message[]): Agent {
  const mark = world.state.marks?.[agent.id];
  if (mark === undefined) return { ...agent, seen: null, unread: 0 };
  const mine = messages.filter((message) => message.agent === agent.id);
  const seen = Math.max(mark, ...mine.filter((message) => message.author === "person").map((message) => message.seq));
  return { ...agent, seen, unread: mine.filter((message) => message.seq > seen && message.author !== "person").length };
}
