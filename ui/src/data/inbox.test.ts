import { expect, test } from "vitest";
import type { InboxEntry } from "../bridge";
import { entryPlace, entryStep, entryText, entryTitle, isShownAt } from "./inbox";
import { openProblems, waitingWords } from "./status";

function entry(change: Partial<InboxEntry>): InboxEntry {
  return { id: "turn:a-1:9", kind: "failed", agent: "a-1", name: "Reader", since: 1, text: null, next_step: null, ended: null, shortfall: null, took: null, is_seen: false, ...change };
}

test("finished work and what was seen need nobody", () => {
  expect(openProblems([entry({}), entry({ is_seen: true }), entry({ kind: "finished" }), entry({ kind: "stack", agent: null })])).toBe(2);
  expect([waitingWords(1, 0), waitingWords(0, 2), waitingWords(2, 1)]).toEqual(["1 question waits for you", "2 problems need you", "2 questions and 1 problem wait for you"]);
});

test("an entry says what happened to whom, and a name that a model has chosen is quoted", () => {
  expect(entryTitle(entry({}))).toBe("“Reader” could not finish");
  expect(entryTitle(entry({ kind: "trouble", agent: "grow", name: "Grow Agent" }))).toBe("Grow Agent cannot go on");
  expect(entryTitle(entry({ kind: "stack", agent: null, name: "Gitea" }))).toBe("Gitea needs you");
  expect(entryText(entry({ kind: "finished", took: 725_000 }))).toEqual({ text: "It took 12 min 5 s.", next: null });
  expect(entryText(entry({ kind: "stack", agent: null, text: "it has ended", next_step: "Start it with: growqr stack up" }))).toEqual({ text: "It has ended.", next: "Start the services in Stack." });
});

test("an entry leads to the place that shows it", () => {
  expect(entryPlace(entry({ agent: "grow" })).href).toBe("#/chat");
  expect(entryPlace(entry({})).href).toBe("#/agents/a-1");
  expect(entryPlace(entry({ kind: "memory", agent: null })).href).toBe("#/memory");
  expect(entryPlace(entry({ kind: "quest", agent: null })).href).toBe("#/settings?at=quests");
  expect(isShownAt(entry({ kind: "quest", agent: null }), { view: "settings", id: null })).toBe(false);
  expect(isShownAt(entry({ agent: "grow" }), { view: "chat", id: null })).toBe(true);
  expect(isShownAt(entry({}), { view: "agents", id: "a-10" })).toBe(false);
  expect(isShownAt(entry({ kind: "stack", agent: null }), { view: "stack", id: null })).toBe(true);
});

test("the next step of a failure is in the settings, or to resume", () => {
  const failed = (kind: "key" | "offline") => entry({ ended: { failed: { kind, message: "It failed", request_id: null } } });
  expect(entryStep(failed("key"))).toEqual({ do: "open", label: "Open Settings", href: "#/settings" });
  expect(entryStep(failed("offline"))).toEqual({ do: "resume", label: "Resume" });
  expect(entryStep(entry({ kind: "trouble" }))).toEqual({ do: "resume", label: "Try now" });
  expect(entryStep(entry({ kind: "finished", ended: "done" }))).toBeNull();
});
