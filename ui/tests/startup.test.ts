/** public/startup.js sends the requests of the first view before the bundle runs. */
import { readFileSync } from "node:fs";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test, vi } from "vitest";
import { listenToHost, openLinkedPlace } from "../src/app/hostEvents";
import { start } from "../src/app/start";

const SETTLED = { about: { profile: "local" }, take_place: null, ask: { keys: { keys: [], keychain: null } } };

afterEach(() => {
  clearMocks();
  vi.unstubAllGlobals();
});

test("prefetched requests are sent once, and all responses are used", async () => {
  const sent: string[] = [];
  const follows = vi.fn();
  mockIPC((name) => {
    if (name === "follow") follows();
    else if (!follows.mock.calls.length) sent.push(name);
    return name in SETTLED ? SETTLED[name as keyof typeof SETTLED] : [];
  }, { shouldMockEvents: true });
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  new Function(readFileSync("public/startup.js", "utf8"))();
  const prefetched = sent.toSorted();
  expect(prefetched.length).toBeGreaterThan(0);
  await start({ listen: listenToHost, before: openLinkedPlace });
  expect(window.prefetched?.size).toBe(0);
  expect(sent.toSorted()).toEqual(prefetched);
});
