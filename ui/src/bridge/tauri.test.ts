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

test("an error is a sentence, and its next step names no command that the window has a place for", async () => {
  const thrown = [
    { code: "conflict", message: "this was settled already: it was dismissed", retryable: false, next_step: "See what still waits: growqr asks list" },
    { code: "bad_request", message: "budget.per_day cannot be set to that", retryable: false, next_step: null },
    { code: "memory", message: "notes/a.md is damaged.", retryable: true, next_step: "Find the cause with: growqr doctor" },
  ];
  mockIPC(() => {
    throw thrown.shift();
  });
  const failed = () => tauri.call("budget", {});
  await expect(failed()).rejects.toMatchObject({ message: "This was settled already: it was dismissed.", nextStep: "See what still waits in the inbox." });
  await expect(failed()).rejects.toMatchObject({ message: "budget.per_day cannot be set to that.", nextStep: null });
  await expect(failed()).rejects.toMatchObject({ message: "notes/a.md is damaged.", nextStep: "Find the cause with: growqr doctor" });
});

test("anything else that is thrown becomes a readable error", async () => {
  mockIPC(() => {
    throw "command not found";
  });
  const error: unknown = await tauri.call("budget", {}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HostError);
  expect(error).toMatchObject({ code: "internal", message: "Command not found." });
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
