/** The messages of the simulated host's conversations. */
import type { Message } from "../wire";
import { eventOf } from "./stage";
import type { World } from "./world";

export function messages(world: World): Message[] {
  return world.state.events.flatMap((line): Message[] => {
    const event = eventOf(line);
    const base = { agent: line.agent, seq: line.seq, at: line.at };
    if (event.kind === "user_said" || event.kind === "said_again") return [{ ...base, author: "person", text: event.data.text }];
    if (event.kind !== "model_answered") return [];
    const text = event.data.reply.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    return text ? [{ ...base, author: { agent: line.agent }, text }] : [];
  });
}
