/** Texts for how a turn ended: a sentence and a next step. `done` has none. */
import type { Ended, Limit, Shortfall } from "./events";
import { money } from "./money";
import { inWords } from "./settingWords";

export interface Ending {
  tone: "quiet" | "warn" | "bad";
  title: string;
  next: string | null;
  resumable: boolean;
  /** Whether the next step is in the settings. */
  settings: boolean;
}

const LIMITS: Record<Limit, [string, string]> = {
  per_message: ["The budget for one message is used up.", "Raise it in Settings, or resume with a new budget."],
  per_day: ["Today's budget is used up.", "Raise it in Settings, or wait until tomorrow (UTC)."],
  per_month: ["This month's budget is used up.", "Raise it in Settings."],
  allowance: ["This sub-agent has used up its allowance.", "Resume to give it a new one."],
  calls: ["The limit of model calls for one message is reached.", "Resume if the agent was making progress."],
};

const LEFT_OF: Partial<Record<Limit, string>> = {
  per_message: "of the budget for one message",
  per_day: "of today's budget",
  per_month: "of this month's budget",
  allowance: "of its allowance",
};

const FAILURES: Record<string, string> = {
  key: "Check the key in Settings.",
  no_credit: "Add credit at the provider, then resume.",
  unknown_model: "Choose another model in Settings.",
  offline: "Your message is saved. Resume to send it once the connection is back.",
  busy: "Wait a moment, then resume.",
  prompt_too_long: "Send a shorter message.",
  past_refused: "Send your message again. The earlier conversation is then sent in shortened form.",
};

export function ending(ended: Ended, shortfall?: Shortfall | null): Ending | null {
  if (ended === "done") return null;
  const plain = { next: null, resumable: true, settings: false };
  if (ended === "cancelled") return { ...plain, tone: "quiet", title: "Stopped. What was done so far is kept." };
  if (ended === "cut") return { ...plain, tone: "warn", title: "The answer was cut off at its length limit.", next: "Resume to get the rest." };
  if (ended === "silent") return { ...plain, tone: "warn", title: "The model gave an empty answer twice.", next: "Rephrase your message, or resume." };
  if ("limit" in ended) {
    const [usedUp, next] = LIMITS[ended.limit] ?? ["A limit was reached.", "See Settings."];
    const left = shortfall && (LEFT_OF[ended.limit] ?? "of its budget");
    const title = left ? `The next step can cost up to ${money(shortfall.needed)}, but only ${money(shortfall.available)} is left ${left}.` : usedUp;
    return { tone: "warn", title, next, resumable: true, settings: ended.limit.startsWith("per_") };
  }
  if ("failed" in ended) {
    const { kind, message } = ended.failed;
    const settings = kind === "key" || kind === "unknown_model";
    return { tone: "bad", title: inWords(message), next: FAILURES[kind] ?? "Nothing is lost. Resume to try again.", resumable: true, settings };
  }
  if ("refused" in ended) {
    return { ...plain, tone: "warn", title: ended.refused || "The model declined to answer.", next: "Rephrase your message.", resumable: false };
  }
  return { ...plain, tone: "warn", title: `The model stopped for a reason this version does not know: ${ended.unknown}.`, next: "Resume, or send your message again." };
}
