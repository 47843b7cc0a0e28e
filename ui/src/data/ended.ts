/** How a turn ended, as a sentence and a next step. `done` needs neither. */
import type { Ended, Limit, Shortfall } from "./events";
import { money } from "./money";
import { inWords } from "./settingWords";

export interface Ending {
  tone: "quiet" | "warn" | "bad";
  title: string;
  next: string | null;
  resumable: boolean;
  /** Where the next step is taken, if not here. */
  settings: boolean;
}

const LIMITS: Record<Limit, [string, string]> = {
  per_message: ["The budget for one message is used up.", "Raise it in Settings, or go on with a fresh share of the day."],
  per_day: ["Today's budget is used up.", "Raise it in Settings, or wait for tomorrow (UTC)."],
  per_month: ["This month's budget is used up.", "Raise it in Settings."],
  allowance: ["This sub-agent has used up what it was given.", "Go on to give it a new share."],
  calls: ["It made as many model calls as one message may.", "Go on, if it was getting somewhere."],
};

const LEFT_OF: Partial<Record<Limit, string>> = {
  per_message: "of the budget for one message",
  per_day: "of today's budget",
  per_month: "of this month's budget",
  allowance: "of what it was given",
};

const FAILURES: Record<string, string> = {
  key: "Check the key in Settings.",
  no_credit: "Add credit at the provider, then go on.",
  unknown_model: "Choose another model in Settings.",
  offline: "What you said is kept. Go on to send it, once the connection is back.",
  busy: "Wait a moment, then go on.",
  prompt_too_long: "Start with a shorter message.",
  past_refused: "Say it again: what was said before is carried along in short.",
};

export function ending(ended: Ended, shortfall?: Shortfall | null): Ending | null {
  if (ended === "done") return null;
  const plain = { next: null, resumable: true, settings: false };
  if (ended === "cancelled") return { ...plain, tone: "quiet", title: "Stopped. What was done so far is kept." };
  if (ended === "cut") return { ...plain, tone: "warn", title: "The answer was cut at its length limit.", next: "Go on to hear the rest." };
  if (ended === "silent") return { ...plain, tone: "warn", title: "The model said nothing, twice.", next: "Say it in other words, or go on." };
  if ("limit" in ended) {
    const [usedUp, next] = LIMITS[ended.limit] ?? ["A limit was reached.", "See Settings."];
    const left = shortfall && (LEFT_OF[ended.limit] ?? "of its budget");
    const title = left ? `The next step can cost up to ${money(shortfall.needed)}, and ${money(shortfall.available)} is left ${left}.` : usedUp;
    return { tone: "warn", title, next, resumable: true, settings: ended.limit.startsWith("per_") };
  }
  if ("failed" in ended) {
    const { kind, message } = ended.failed;
    const settings = kind === "key" || kind === "unknown_model";
    return { tone: "bad", title: inWords(message), next: FAILURES[kind] ?? "Nothing is lost; go on to try again.", resumable: true, settings };
  }
  if ("refused" in ended) {
    return { ...plain, tone: "warn", title: ended.refused || "The model declined to answer.", next: "Say it in other words.", resumable: false };
  }
  return { ...plain, tone: "warn", title: `The model stopped for a reason this version does not know: ${ended.unknown}.`, next: "Go on, or say it again." };
}
