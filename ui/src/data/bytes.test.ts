import { expect, test } from "vitest";
import { bytes } from "./bytes";

test("a size has two or three digits and the unit that fits", () => {
  const table: Array<[number, string]> = [[0, "0 B"], [999, "999 B"], [1_000, "1 kB"], [999_400, "999 kB"], [999_600, "1.0 MB"], [1_440_000, "1.4 MB"], [231_000_000, "231 MB"], [999_700_000, "1.0 GB"], [2_100_000_000, "2.1 GB"], [5_000_000_000_000, "5.0 TB"]];
  for (const [count, text] of table) expect(bytes(count)).toBe(text);
});
