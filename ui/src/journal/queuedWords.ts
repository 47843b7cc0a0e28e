/** What is said below a message that the agent has not read yet. */
import type { Agent } from "../bridge";
import { isBusy } from "../data/status";
import { t } from "../words";

/** `isAfterFresh`: a fresh start comes first, which waits for the end of the turn. */
export function queuedWords(agent: Agent | undefined, isAfterFresh: boolean): string {
  if (agent !== undefined && !isBusy(agent)) return t("Not read yet. Your next message takes it along, and so does Resume.");
  if (agent?.status === "waiting" && agent.asks > 0) return t("Your message waits until the question above is answered. To end the turn instead, press Stop.");
  if (isAfterFresh) return t("Not read yet. The fresh start begins with it, once this turn has ended.");
  return t("Not read yet. The agent reads it before its next step.");
}
