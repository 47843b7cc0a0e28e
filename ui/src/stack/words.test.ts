import { expect, test } from "vitest";
import type { Stack, StackPart } from "../bridge";
import { actionLabel, canStop, changes, dockerState, downloadSize, failure, isNew, memoryState, partState, partTitle, shortImage } from "./words";

function part(id: string, change: Partial<StackPart> = {}): StackPart {
  return { id, name: id, purpose: "", state: "running", found: "", next_step: null, image: "", version: null, url: null, memory_bytes: null, disk_bytes: null, restarts: 0, progress: null, ...change };
}

function stack(change: Partial<Stack> = {}): Stack {
  return { docker: { state: "ready", found: "", next_step: null }, parts: [part("gitea"), part("opencode")], memory: null, busy: null, next: null, orphans: [], others: [], notes: [], ...change };
}

const missing = (total: number | null) => ({ state: "needs_download" as const, progress: { done: 0, total, layers: [] } });

test("the download button names the size of all missing images, and none if one is not known", () => {
  const next = "download" as const;
  const both = stack({ next, parts: [part("gitea", missing(137_000_000)), part("opencode", missing(224_000_000))] });
  expect(downloadSize(both)).toBe(361_000_000);
  expect(actionLabel(both)).toBe("Download and start (about 361 MB)");
  expect(actionLabel(stack({ next, parts: [part("gitea"), part("opencode", missing(224_000_000))] }))).toBe("Download and start (about 224 MB)");
  expect(actionLabel(stack({ next, parts: [part("gitea", missing(137_000_000)), part("opencode", missing(null))] }))).toBe("Download and start");
  expect(downloadSize(stack())).toBeNull();
});

test("there is no button without a next step, nor for one of a later build", () => {
  expect(actionLabel(stack())).toBeNull();
  expect(actionLabel(stack({ next: "migrate" as never }))).toBeNull();
});

test("states and services of later builds are shown by their own names", () => {
  expect(partState(part("gitea", { state: "resting" as never }))).toEqual({ label: "resting", tone: "quiet" });
  expect(dockerState({ state: "odd" as never, found: "", next_step: null }).label).toBe("odd");
  expect(partTitle(part("mail", { name: "Mail" }))).toBe("Mail");
  expect(partTitle(part("opencode", { name: "OpenCode" }))).toBe("Workbench");
});

test("the stack is new until Gitea was started, and can be stopped only while something runs", () => {
  const off = [part("gitea", { state: "off" }), part("opencode", { state: "needs_download" })];
  const memory = { state: "behind" as const, behind: 2, synced_at: null, found: "", next_step: null, pulls: [] };
  expect(isNew(stack({ parts: off }))).toBe(true);
  expect(isNew(stack({ parts: off, memory }))).toBe(false);
  expect(isNew(stack())).toBe(false);
  expect(canStop(stack({ parts: off }))).toBe(false);
  expect(canStop(stack())).toBe(true);
  expect(canStop(stack({ docker: { state: "no_answer", found: "", next_step: null } }))).toBe(false);
  expect(memoryState(memory).label).toBe("Behind by 2 changes");
  expect(memoryState({ ...memory, behind: 1 }).label).toBe("Behind by 1 change");
});

test("a change of state is said once, with the reason of a failure; progress is not said", () => {
  const before = stack({ parts: [part("gitea", { state: "downloading", progress: { done: 1, total: 9, layers: [] } }), part("opencode")] });
  expect(changes(before, stack({ parts: [part("gitea", { state: "downloading", progress: { done: 5, total: 9, layers: [] } }), part("opencode")] }))).toEqual([]);
  expect(changes(before, stack({ parts: [part("gitea"), part("opencode", { state: "failed", found: "It ran out of memory." })] }))).toEqual(["Memory server: Running.", "Workbench: Failed. It ran out of memory."]);
  expect(changes(before, { ...before, docker: { state: "no_answer", found: "", next_step: null } })).toEqual(["Docker: Does not answer."]);
  const sync = (state: "same" | "syncing" | "stopped") => stack({ memory: { state, behind: 0, synced_at: null, found: "", next_step: null, pulls: [] } });
  expect(changes(sync("same"), sync("syncing"))).toEqual([]);
  expect(changes(sync("same"), sync("stopped"))).toEqual(["Memory on Gitea: Stopped until you decide."]);
});

test("the services that have failed are named", () => {
  expect(failure(stack())).toBeNull();
  expect(failure(stack({ parts: [part("gitea"), part("opencode", { state: "failed" })] }))).toBe("The workbench does not run.");
  expect(failure(stack({ parts: [part("gitea", { state: "failed" }), part("opencode", { state: "failed" })] }))).toBe("The memory server does not run. The workbench does not run.");
});

test("an image is shown with the beginning of its digest", () => {
  expect(shortImage("gitea/gitea:28.1.0-rootless")).toBe("gitea/gitea:28.1.0-rootless");
  expect(shortImage(`a.example/b:1@sha256:${"0123456789abcdef".repeat(4)}`)).toBe("a.example/b:1@sha256:0123456789ab…");
});
