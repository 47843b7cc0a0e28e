import { expect, test } from "vitest";
import { exactMoney, money, share, tokens } from "./money";

test("an amount is never rounded to zero", () => {
  expect([0, 1, 9_999, 10_000, 1_234_567, 42_000_000, 1_230_000_000, 123_456_700_000_000].map(money)).toEqual([
    "$0", "<$0.0001", "<$0.0001", "$0.0001", "$0.0123", "$0.42", "$12.30", "$1,234,567.00",
  ]);
});

test("the exact amount has every digit and at least two decimals", () => {
  expect([0, 1, 25_000_000, 200_000_000, 123_456_789].map(exactMoney)).toEqual(["0.00 USD", "0.00000001 USD", "0.25 USD", "2.00 USD", "1.23456789 USD"]);
});

test("a limit of zero is used up, and no share exceeds one", () => {
  expect([share(0, 0), share(5, 10), share(20, 10), share(0, 10)]).toEqual([1, 0.5, 1, 0]);
});

test("token counts are abbreviated", () => {
  expect([0, 999, 1_000, 12_345, 1_234_567].map(tokens)).toEqual(["0", "999", "1.0k", "12k", "1.2M"]);
});
