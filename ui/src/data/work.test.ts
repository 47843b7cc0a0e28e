import { expect, test } from "vitest";
import { work } from "./work";

const journal = (...events: Array<[kind: string, at: number]>) => events.map(([kind, at], index) => ({ position: index + 1, agent: "a", seq: index + 1, at, kind, data: {} }));

test("the durations of turns are added up without the time between them", () => {
  expect(work(journal(["turn_started", 10], ["turn_ended", 40], ["turn_started", 900], ["model_requested", 905]))).toEqual({ since: 900, latest: 30, all: 30 });
  expect(work(journal(["turn_started", 10], ["turn_ended", 40], ["turn_started", 900], ["turn_ended", 950]))).toEqual({ since: null, latest: 50, all: 80 });
});

test("a turn whose start is not loaded is not counted", () => {
  expect(work(journal(["model_answered", 5], ["turn_ended", 40]))).toEqual({ since: null, latest: null, all: 0 });
});
