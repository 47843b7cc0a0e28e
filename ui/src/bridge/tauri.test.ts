import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, expect, test } from "vitest";
import { HostError } from "./host";
import { tauri } from "./tauri";
import type { Push } from "./wire";

afterEach(clearMocks);

test("a command is sent by its name with its arguments", async () => {
  const seen: unknown[] = [];
  mockIPC((name, args) => {
    seen.push([name, args]);
    return [];
  });
  await tauri.call("events", { agent: null, since: 3, limit: 10 });
  expect(seen).toEqual([["events", { agent: null, since: 3, limit: 10 }]]);
});

test("a wire error keeps its code and its next step", async () => {
  mockIPC(() => {
    throw { code: "conflict", message: "It has changed.", retryable: false, next_step: "Read it again." };
  });
  await expect(tauri.call("budget", {})).rejects.toMatchObject({ code: "conflict", message: "It has changed.", nextStep: "Read it again." });
});

test("anything else that is thrown becomes a readable error", async () => {
  mockIPC(() => {
    throw "command not found";
  });
  const error: unknown = await tauri.call("budget", {}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HostError);
  expect(error).toMatchObject({ code: "internal", message: "command not found" });
});

test("pushes arrive in order over one channel", async () => {
  const pushes: Push[] = [];
  mockIPC((name, args) => {
    expect(name).toBe("follow");
    const { id } = (args as { channel: { id: number } }).channel;
    const run = (window as unknown as { __TAURI_INTERNALS__: { runCallback(id: number, message: unknown): void } }).__TAURI_INTERNALS__.runCallback;
    run(id, { index: 1, message: { delta: { agent: "grow", kind: "text", text: "two" } } });
    run(id, { index: 0, message: "missed" });
    return null;
  });
  await tauri.follow((push) => pushes.push(push));
  expect(pushes).toEqual(["missed", { delta: { agent: "grow", kind: "text", text: "two" } }]);
});
