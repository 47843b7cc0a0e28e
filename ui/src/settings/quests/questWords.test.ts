import { afterEach, expect, test } from "vitest";
import type { Quest, QuestState, StepState } from "../../bridge";
import { startLanguage } from "../../words";
import { ordered, progressWords } from "./questWords";

const steps = (...states: StepState[]) => states.map((state) => ({ state }));

async function choose(language: string) {
  localStorage.setItem("language", language);
  await startLanguage();
}

afterEach(() => choose("en"));

test("the picture in words has the steps that are done, and all that stand otherwise than waiting", async () => {
  const many = steps("done", "done", "done", "at_work", "due", "failed", "waiting");
  expect(progressWords(many)).toBe("3 of 7 steps done, 1 at work, 1 about to begin, 1 failed");
  expect(progressWords(steps("limit", "cancelled", "skipped", "skipped"))).toBe("0 of 4 steps done, 1 at a limit, 1 cancelled, 2 skipped");
  expect(progressWords(steps("done"))).toBe("1 of 1 step done");
  await choose("de");
  expect(progressWords(many)).toBe("3 von 7 Schritten fertig, 1 bei der Arbeit, 1 kurz vor dem Beginn, 1 fehlgeschlagen");
  await choose("hi");
  expect(progressWords(steps("done", "waiting"))).toBe("2 में से 1 कदम पूरे");
});

test("what goes on is listed before what has ended, each in the order of the host", () => {
  const quest = (id: string, state: QuestState) => ({ id, state }) as Quest;
  const list = [quest("1", "done"), quest("2", "at_work"), quest("3", "cancelled"), quest("4", "blocked"), quest("5", "no_money"), quest("6", "paused")];
  expect(ordered(list).map(({ id }) => id)).toEqual(["2", "4", "5", "6", "1", "3"]);
});
