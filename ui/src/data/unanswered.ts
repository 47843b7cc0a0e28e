/** What waits for a connection: said to an agent, kept in its journal, and not answered because nobody could be reached. */
import type { EventLine } from "../bridge";
import { understood } from "./events";

/** How many messages of the person wait for an answer; `null` unless the latest turn ended for want of a connection. */
export function unanswered(lines: readonly EventLine[]): number | null {
  let isOffline = false;
  let messages = 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index];
    const event = line && understood(line);
    if (event?.kind === "model_answered") break;
    if (event?.kind === "turn_started" && !isOffline) return null;
    if (event?.kind === "turn_ended") {
      const { ended } = event.data;
      const failed = typeof ended === "object" && "failed" in ended && ended.failed.kind === "offline";
      if (!failed) break;
      isOffline = true;
    }
    if (event?.kind === "user_said") messages += 1;
    if (event?.kind === "mail_received") {
      const { body } = event.data.mail;
      if (typeof body === "object" && "say" in body && body.say.by_person) messages += 1;
    }
  }
  return isOffline ? messages : null;
}
