import { expect, test } from "vitest";
import { firstNew, hasNews, seenWith } from "./readingMark";
import type { Item } from "./items";

const at = 0;
const said = (seq: number, by = "person"): Item => ({ kind: "said", key: `said-${seq}`, at, seq, text: "x", by });
const answer = (seq: number) => ({ kind: "answer", key: `answer-${seq}`, at, seq, text: "x" }) as Item;
const note = (seq: number): Item => ({ kind: "note", key: `note-${seq}`, at, seq, text: "x" });
const items = [said(1), answer(4), said(6), note(8), answer(9), answer(12)];

test("new is what others wrote after what was seen, together with the steps before it", () => {
  expect(firstNew(items, 5)).toBe(3);
  expect(firstNew(items, 9)).toBe(5);
  expect(firstNew(items, 12)).toBe(-1);
});

test("a message of the person and a step alone are not new", () => {
  expect(firstNew([answer(1), said(2)], 1)).toBe(-1);
  expect(firstNew([answer(1), note(2)], 1)).toBe(-1);
  expect(firstNew([answer(1), said(2, "grow")], 1)).toBe(1);
});

test("what is above a visible item is seen, and with the last item everything", () => {
  expect(seenWith(items, 1, 14)).toBe(5);
  expect(seenWith(items, 5, 14)).toBe(14);
});

test("a mark moves only for messages of others", () => {
  expect(hasNews(items, 4, 8)).toBe(false);
  expect(hasNews(items, 4, 9)).toBe(true);
});
