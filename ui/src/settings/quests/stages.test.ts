import { expect, test } from "vitest";
import { columns, stages } from "./stages";

const step = (number: number, after: number | null) => ({ number, after });
const numbers = (steps: ReadonlyArray<{ number: number; after: number | null }>) => stages(steps).map((group) => group.map(({ number }) => number));

test("steps that wait for each other come one after the other, the others side by side", () => {
  expect(numbers([step(1, null), step(2, 1), step(3, 2)])).toEqual([[1], [2], [3]]);
  expect(numbers([step(1, null), step(2, null), step(3, null)])).toEqual([[1, 2, 3]]);
  expect(numbers([step(1, null), step(2, 1), step(3, 1), step(4, 3)])).toEqual([[1], [2, 3], [4]]);
  expect(numbers([])).toEqual([]);
});

test("a step that waits for one that is not there, or for a later one, comes first", () => {
  expect(numbers([step(1, 7), step(2, 3), step(3, 3)])).toEqual([[1, 2, 3]]);
});

test("a group of many steps takes few columns", () => {
  expect([1, 3, 4, 6, 7, 50].map(columns)).toEqual([1, 1, 2, 2, 3, 8]);
});
