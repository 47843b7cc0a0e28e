/** Whether an agent is to finish: it starts no further calls, and reports what it has. Derived from its journal. */
import { useMemo } from "react";
import type { Agent, EventLine } from "../bridge";
import { useJournal } from "./context";
import { understood } from "./events";
import { GROW } from "./journals";
import { isBusy } from "./status";

/** Whether the current turn was asked to finish, and no message since then lets it go on. */
export function isFinishing(lines: readonly EventLine[]): boolean {
  // Newest first. Whether the model has read what came before this line.
  let isRead = false;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index];
    const event = line && understood(line);
    switch (event?.kind) {
      case "turn_started":
      case "turn_ended":
        return false;
      case "finish_requested":
        return true;
      case "ask_settled":
        if (typeof event.data.outcome === "object" && "finishing" in event.data.outcome) return true;
        break;
      case "model_requested":
        if (!event.data.holds_messages) isRead = true;
        break;
      case "user_said":
        if (isRead) return false;
        break;
      case "mail_received": {
        const { body } = event.data.mail;
        if (isRead && typeof body === "object" && "say" in body) return false;
        break;
      }
      default:
        break;
    }
  }
  return false;
}

/** Whether this agent is at work and is to finish. Loads its journal. */
export function useIsFinishing(agent: Agent | undefined): boolean {
  const { lines } = useJournal(agent?.id ?? GROW);
  const finishing = useMemo(() => isFinishing(lines), [lines]);
  return isBusy(agent) && finishing;
}
