/** Messages that are in an agent's journal but unanswered because there was no connection. */
import type { EventLine } from "../bridge";
import { understood } from "./events";

/** The number of unanswered messages of the person; `null` unless the latest turn failed for lack of a connection. */
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
