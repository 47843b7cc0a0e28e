import { expect, test } from "vitest";
import { takePrefetched } from "./prefetched";

test("an early answer is given once, to the same question", async () => {
  const answer = Promise.resolve([]);
  window.prefetched = new Map([['["events",{"agent":null,"since":3,"limit":10}]', answer]]);
  expect(takePrefetched("events", { agent: null, since: 4, limit: 10 })).toBeUndefined();
  expect(takePrefetched("events", { agent: null, since: 3, limit: 10 })).toBe(answer);
  expect(takePrefetched("events", { agent: null, since: 3, limit: 10 })).toBeUndefined();
});

test("nothing was asked early in a page without it", () => {
  delete window.prefetched;
  expect(takePrefetched("agents", {})).toBeUndefined();
});
