/** public/startup.js asks the shell what the first view asks, before that asks it. */
import { readFileSync } from "node:fs";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test, vi } from "vitest";
import { start } from "../src/app/App";

const SETTLED = { about: { profile: "local" }, take_place: null, ask: { keys: { keys: [], keychain: null } } };

afterEach(() => {
  clearMocks();
  vi.unstubAllGlobals();
});

test("what is asked early is asked once, and all of it is used", async () => {
  const asked: string[] = [];
  const follows = vi.fn();
  mockIPC((name) => {
    if (name === "follow") follows();
    else if (!follows.mock.calls.length) asked.push(name);
    return name in SETTLED ? SETTLED[name as keyof typeof SETTLED] : [];
  }, { shouldMockEvents: true });
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  new Function(readFileSync("public/startup.js", "utf8"))();
  const early = asked.toSorted();
  expect(early.length).toBeGreaterThan(0);
  await start();
  expect(window.prefetched?.size).toBe(0);
  expect(asked.toSorted()).toEqual(early);
});
