import { expect, test } from "vitest";
import { takePrefetched } from "./prefetched";

test("a prefetched response is handed out once, to the identical request", async () => {
  const answer = Promise.resolve([]);
  window.prefetched = new Map([['["events",{"agent":null,"since":3,"limit":10}]', answer]]);
  expect(takePrefetched("events", { agent: null, since: 4, limit: 10 })).toBeUndefined();
  expect(takePrefetched("events", { agent: null, since: 3, limit: 10 })).toBe(answer);
  expect(takePrefetched("events", { agent: null, since: 3, limit: 10 })).toBeUndefined();
});

test("a page without prefetched responses has none to hand out", () => {
  delete window.prefetched;
  expect(takePrefetched("agents", {})).toBeUndefined();
});
