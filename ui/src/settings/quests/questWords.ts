/** The words for how quests and their steps stand. */
import type { HostError, Quest, QuestState, QuestStep, StepState } from "../../bridge";
import type { Tone } from "../../design/Dot";
import { counted, t, type Text } from "../../words";

export const QUESTS: Record<QuestState, { tone: Tone; label: Text }> = {
  at_work: { tone: "active", label: "At work" },
  paused: { tone: "quiet", label: "Paused" },
  blocked: { tone: "warn", label: "Waits for your decision" },
  no_money: { tone: "warn", label: "Not enough money left" },
  done: { tone: "good", label: "Done" },
  cancelled: { tone: "quiet", label: "Cancelled" },
};

export const STEPS: Record<StepState, Text> = {
  waiting: "Not begun",
  due: "About to begin",
  at_work: "At work",
  done: "Done",
  failed: "Failed",
  limit: "Reached a limit",
  cancelled: "Cancelled",
  skipped: "Skipped",
};

/** How many steps stand so, besides those that are done. */
const BESIDES: Partial<Record<StepState, (n: number) => string>> = {
  at_work: (n) => counted(n, "{n} at work", "{n} at work"),
  due: (n) => t("{n} about to begin", { n }),
  failed: (n) => t("{n} failed", { n }),
  limit: (n) => t("{n} at a limit", { n }),
  cancelled: (n) => t("{n} cancelled", { n }),
  skipped: (n) => t("{n} skipped", { n }),
};

export function hasEnded({ state }: Pick<Quest, "state">): boolean {
  return state === "done" || state === "cancelled";
}

/** Whether a step did not succeed: the person can retry it or go on without it. */
export function hasStopped({ state }: Pick<QuestStep, "state">): boolean {
  return state === "failed" || state === "limit" || state === "cancelled";
}

/** A refusal of the host, without a next step that is a command about quests: what it does can be done here. */
export function refusal(problem: HostError | null): { message: string; nextStep: string | null } | null {
  return problem && { message: problem.message, nextStep: /\bgrowqr quest\b/.test(problem.nextStep ?? "") ? null : problem.nextStep };
}

/** The picture in words: `3 of 7 steps done, 1 at work`. */
export function progressWords(steps: ReadonlyArray<Pick<QuestStep, "state">>): string {
  const count = (state: StepState) => steps.filter((step) => step.state === state).length;
  const besides = (Object.keys(BESIDES) as StepState[]).flatMap((state) => (count(state) > 0 ? (BESIDES[state]?.(count(state)) ?? []) : []));
  return [counted(steps.length, "{done} of {n} step done", "{done} of {n} steps done", { done: count("done") }), ...besides].join(", ");
}

/** The quests that go on, then those that have ended; in the order in which the host lists them. */
export function ordered(quests: readonly Quest[]): Quest[] {
  return [...quests.filter((quest) => !hasEnded(quest)), ...quests.filter(hasEnded)];
}
