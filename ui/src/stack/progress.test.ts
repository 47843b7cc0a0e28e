import { expect, test } from "vitest";
import { progressText, share, wholeSize } from "./progress";

const layer = (done: number, total: number | null, status = "Downloading") => ({ id: "a", status, done, total });
const at = (done: number, total: number | null, layers = [layer(done, total)]) => ({ done, total, layers });

test("the size is known once every layer has begun or is there already, or if a larger total was known before", () => {
  expect(wholeSize(at(5, 10))).toBe(10);
  expect(wholeSize(at(5, 10, []))).toBe(10);
  expect(wholeSize(at(5, 10, [layer(5, 10), layer(0, null, "Waiting")])), "the second layer is missing in the sum").toBeNull();
  expect(wholeSize(at(5, 30, [layer(5, 10), layer(0, null, "Waiting")]))).toBe(30);
  expect(wholeSize(at(5, 10, [layer(5, 10), layer(0, null, "Already exists")]))).toBe(10);
  expect(wholeSize(at(5, null))).toBeNull();
  expect(wholeSize(at(0, 0))).toBeNull();
});

test("the bar waits for the size and never goes back", () => {
  expect(share(at(5, null), null)).toBeNull();
  expect(share(at(5, 10), null)).toBe(0.5);
  expect(share(at(6, 40), 0.5)).toBe(0.5);
  expect(share(at(6, null), 0.5)).toBe(0.5);
  expect(share(at(50, 40), 0.5)).toBe(1);
});

test("the text says how much has arrived, and of how much if that is known", () => {
  expect(progressText(142_000_000, 361_000_000)).toBe("142 MB of 361 MB");
  expect(progressText(142_000_000, null)).toBe("142 MB so far");
  expect(progressText(12_000_000, 11_000_000)).toBe("11 MB of 11 MB");
});
