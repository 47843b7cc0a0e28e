import { beforeEach, expect, test } from "vitest";
import { type Live, LiveWords } from "./live";

let shown: Array<Live | null>;
let frame: (() => void) | null;
let words: LiveWords;

beforeEach(() => {
  shown = [];
  frame = null;
  const frames = { request: (run: () => void) => ((frame = run), 1), cancel: () => (frame = null) };
  words = new LiveWords(frames, (_agent, live) => shown.push(live));
});

test("many deltas are published once per frame", () => {
  words.recorded("grow", "model_requested");
  for (const word of ["One", " two", " three"]) words.add("grow", "text", word);
  expect(shown).toEqual([]);
  frame?.();
  expect(shown.map((live) => live?.text)).toEqual(["One two three"]);
});

test("a streamed text does not reappear after the answer is recorded", () => {
  words.recorded("grow", "model_requested");
  words.add("grow", "text", "One");
  words.recorded("grow", "model_answered");
  frame?.();
  expect(shown).toEqual([null]);
  expect(frame).toBeNull();
});

test("an answer whose start was missed is marked as partial", () => {
  words.add("grow", "text", "the rest");
  frame?.();
  expect(shown[0]?.partial).toBe(true);
});

test("a second answer starts empty", () => {
  words.recorded("grow", "model_requested");
  words.add("grow", "text", "One");
  words.recorded("grow", "model_requested");
  words.add("grow", "text", "Two");
  frame?.();
  expect(shown.at(-1)).toMatchObject({ text: "Two", partial: false });
});

test("discarded words vanish, and what follows replaces them", () => {
  words.recorded("grow", "model_requested");
  words.add("grow", "text", "Let me think");
  words.add("grow", "discarded", "that was thinking");
  frame?.();
  expect(shown.at(-1)).toMatchObject({ text: "", retrying: "that was thinking" });
  words.add("grow", "text", "Hello");
  frame?.();
  expect(shown.at(-1)).toMatchObject({ text: "Hello", thinking: "", retrying: null });
});

test("the end of one agent's answer keeps another agent's deltas", () => {
  words.add("a", "text", "A");
  words.add("b", "text", "B");
  words.end("a");
  frame?.();
  expect(shown.map((live) => live?.text)).toEqual([undefined, "B"]);
});

test("the reason of a retry is shown until the next delta arrives", () => {
  words.recorded("grow", "model_requested");
  words.add("grow", "retrying", "overloaded; try 2 in 3 s");
  frame?.();
  words.add("grow", "text", "Here");
  frame?.();
  expect(shown.map((live) => live?.retrying)).toEqual(["overloaded; try 2 in 3 s", null]);
});
