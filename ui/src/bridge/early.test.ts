import { expect, test } from "vitest";
import { early } from "./early";

test("an early answer is given once, to the same question", async () => {
  const answer = Promise.resolve([]);
  window.early = new Map([['["events",{"agent":null,"since":3,"limit":10}]', answer]]);
  expect(early("events", { agent: null, since: 4, limit: 10 })).toBeUndefined();
  expect(early("events", { agent: null, since: 3, limit: 10 })).toBe(answer);
  expect(early("events", { agent: null, since: 3, limit: 10 })).toBeUndefined();
});

test("nothing was asked early in a page without it", () => {
  delete window.early;
  expect(early("agents", {})).toBeUndefined();
});
