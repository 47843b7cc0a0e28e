import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Host, LogLine, LogPage, Request } from "../bridge";
import { LogFeed } from "./logFeed";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const line = (number: number): LogLine => ({ id: String(number), at: number, agent: "grow", name: "Grow Agent", text: `line ${number}`, tone: "quiet" });

/** A host whose log has this many lines. */
function hostOf(log: { count: number; fails?: boolean }) {
  const asked: Array<Extract<Request, { op: "log" }>> = [];
  const host = {
    call: async (_: string, { request }: { request: Extract<Request, { op: "log" }> }) => {
      if (log.fails) throw new Error("no disk");
      asked.push(request);
      const all = Array.from({ length: log.count }, (_, index) => line(index + 1));
      const end = request.before === null ? log.count : request.before - 1;
      const found = request.after ? all.filter((one) => one.at > (request.after?.events ?? 0)).slice(0, request.limit) : all.slice(Math.max(0, end - request.limit), end);
      const last = found.at(-1)?.at ?? request.after?.events ?? 0;
      const first = found[0]?.at ?? 1;
      const page: LogPage = { lines: found, after: { events: last, host: 0, run: 0 }, before: !request.after && first > 1 ? first : null, has_more: request.after !== null && last < log.count, lost: 0 };
      return { log: { page } };
    },
  } as unknown as Host;
  return { host, asked };
}

const numbers = (feed: LogFeed) => feed.get().lines.map((one) => one.at);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("new lines come while it follows, and after a pause all that came meanwhile, once", async () => {
  const log = { count: 10 };
  const feed = new LogFeed(hostOf(log).host, "#all", null);
  feed.follow();
  await vi.advanceTimersByTimeAsync(0);
  expect(numbers(feed)).toEqual(range(1, 10));
  log.count = 12;
  await vi.advanceTimersByTimeAsync(600);
  expect(numbers(feed)).toEqual(range(1, 12));
  feed.pause();
  log.count = 900;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(numbers(feed)).toEqual(range(1, 12));
  feed.follow();
  await vi.advanceTimersByTimeAsync(100);
  expect(numbers(feed)).toEqual(range(1, 900));
});

test("older lines are read in parts", async () => {
  const feed = new LogFeed(hostOf({ count: 700 }).host, "#all", null);
  feed.follow();
  await vi.advanceTimersByTimeAsync(0);
  expect(numbers(feed)).toEqual(range(401, 700));
  await feed.loadOlder();
  await feed.loadOlder();
  await feed.loadOlder();
  expect(numbers(feed)).toEqual(range(1, 700));
  expect(feed.get().before).toBeNull();
});

test("a limited number of lines is kept, and those that gave way can be read again", async () => {
  const log = { count: 10 };
  const feed = new LogFeed(hostOf(log).host, "#all", null);
  feed.follow();
  await vi.advanceTimersByTimeAsync(0);
  log.count = 6_000;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.get().lines.length).toBeLessThanOrEqual(5_000);
  expect(numbers(feed).at(-1)).toBe(6_000);
  const first = numbers(feed)[0] ?? 0;
  await feed.loadOlder();
  expect(numbers(feed).slice(0, 301)).toEqual(range(first - 300, first));
});

test("a failed reading is told, and the next one goes on where the last had ended", async () => {
  const log: { count: number; fails?: boolean } = { count: 3, fails: true };
  const feed = new LogFeed(hostOf(log).host, "#all", null);
  feed.follow();
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.get().status).toBe("failed");
  log.fails = false;
  feed.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(numbers(feed)).toEqual([1, 2, 3]);
  log.fails = true;
  await vi.advanceTimersByTimeAsync(600);
  expect(feed.get()).toMatchObject({ status: "ready", error: { message: "No disk." } });
  Object.assign(log, { fails: false, count: 5 });
  await vi.advanceTimersByTimeAsync(600);
  expect(numbers(feed)).toEqual([1, 2, 3, 4, 5]);
  expect(feed.get().error).toBeNull();
});
