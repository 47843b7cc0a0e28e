import { expect, test } from "vitest";
import type { Agent, EventLine, Host, PartState, Push, Stack } from "../bridge";
import { newClient } from "./context";
import { startFeed, withAgent } from "./feed";
import { Journals } from "./journals";
import { keys } from "./keys";

const stack = (state: PartState, memory: number): Stack => ({
  docker: { state: "ready", found: "", next_step: null },
  parts: [{ id: "gitea", name: "Gitea", purpose: "", state, found: "", next_step: null, image: "", version: null, url: null, memory_bytes: memory, disk_bytes: null, restarts: 0, progress: null }],
  memory: null, busy: null, next: null, orphans: [], others: [], notes: [],
});

/** Whether each of these pushes makes the window read a query again. */
async function readAgain(queryKey: readonly unknown[], pushes: readonly Push[]): Promise<boolean[]> {
  const client = newClient();
  let push: (push: Push) => void = () => {};
  const host = { follow: async (listener: (push: Push) => void) => void (push = listener) } as unknown as Host;
  await startFeed(host, client, new Journals(host, { request: () => 0, cancel: () => {} }));
  return pushes.map((one) => {
    client.setQueryData(queryKey, []);
    push(one);
    return client.getQueryState(queryKey)?.isInvalidated === true;
  });
}

test("a change of the containers makes the inbox read again only if other parts have failed", async () => {
  const pushes = [stack("running", 1), stack("running", 2), stack("failed", 2), stack("failed", 3), stack("unknown", 3), stack("running", 3)];
  expect(await readAgain(keys.inbox, pushes.map((stack) => ({ stack_changed: { stack } })))).toEqual([true, false, true, false, true, true]);
});

const agent = (change: Partial<Agent>) => ({ id: "grow", seq: 1, seen: null, unread: 0, ...change }) as Agent;

test("an answer makes what is unread be counted again, a step does not", async () => {
  const line = (kind: string): EventLine => ({ position: 1, agent: "grow", seq: 1, at: 0, kind, data: {} });
  const pushes = ["model_answered", "tool_started", "mail_received"].map((kind) => ({ recorded: { agent: agent({}), events: [line(kind)] } }));
  expect(await readAgain(keys.unread, pushes)).toEqual([true, false, true]);
});

test("a pushed row leaves what is known to be seen", () => {
  expect(withAgent([agent({ seen: 5, unread: 2 })], agent({ seq: 9 }))).toEqual([agent({ seq: 9, seen: 5, unread: 2 })]);
});
