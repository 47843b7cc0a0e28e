import { expect, test } from "vitest";
import { progressText, share } from "./progress";

const at = (done: number, total: number | null) => ({ done, total, layers: [] });

test("the bar waits for a size and never goes back", () => {
  expect(share(at(5, null), null)).toBeNull();
  expect(share(at(5, 10), null)).toBe(0.5);
  expect(share(at(6, 40), 0.5)).toBe(0.5);
  expect(share(at(6, null), 0.5)).toBe(0.5);
  expect(share(at(50, 40), 0.5)).toBe(1);
  expect(share(at(0, 0), null)).toBeNull();
});

test("the text says how much has arrived, and of how much if that is known", () => {
  expect(progressText(at(142_000_000, 361_000_000))).toBe("142 MB of 361 MB");
  expect(progressText(at(142_000_000, null))).toBe("142 MB");
  expect(progressText(at(12_000_000, 11_000_000))).toBe("11 MB of 11 MB");
});
