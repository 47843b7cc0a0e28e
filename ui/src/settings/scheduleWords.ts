/** The words for what a schedule does, and for what became of its runs. */
import type { OnMissed, RunOutcome, Schedule, ScheduleRun } from "../bridge";
import type { Tone } from "../design/Dot";
import { dayAndTime } from "../data/time";
import { t, type Text } from "../words";

export const ON_MISSED: Record<OnMissed, Text> = {
  run_once: "Run once afterwards",
  skip: "Skip it",
  ask: "Ask me",
};

export const OUTCOMES: Record<RunOutcome, { tone: Tone; label: Text }> = {
  due: { tone: "active", label: "Begins as soon as agents run" },
  at_work: { tone: "active", label: "At work" },
  done: { tone: "good", label: "Ran" },
  failed: { tone: "bad", label: "Failed" },
  limit: { tone: "warn", label: "Reached a limit" },
  cancelled: { tone: "quiet", label: "Cancelled" },
  asked: { tone: "warn", label: "Waits for you in the inbox" },
  skipped: { tone: "quiet", label: "Skipped" },
  missed: { tone: "quiet", label: "Missed" },
  busy: { tone: "quiet", label: "Left out: the run before was still at work" },
};

/** Whether, and when, it is due next. */
export function nextWords({ state, next_at }: Schedule): string {
  if (state === "paused") return t("Paused");
  return next_at === null ? t("Finished") : t("Next: {time}", { time: dayAndTime(next_at) });
}

/** When a run was due; of several, the first and the last time. */
export function dueWords({ due, last, count }: ScheduleRun): string {
  return count === 1 ? dayAndTime(due) : `${dayAndTime(due)} – ${dayAndTime(last)} (${count}×)`;
}
