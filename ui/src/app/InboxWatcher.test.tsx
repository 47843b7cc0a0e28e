import { act, render, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Host, InboxEntry, Reply } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { keys } from "../data/keys";
import { place } from "../data/links";
import { InboxWatcher } from "./InboxWatcher";

const gitea = (isSeen: boolean): InboxEntry => ({ id: "stack:gitea", kind: "stack", agent: null, name: "Gitea", since: 1, text: "it has ended", next_step: null, ended: null, shortfall: null, took: null, is_seen: isSeen });

/** A watcher at a place, and a way to change what the inbox lists. */
function watch(at: string) {
  let entries: InboxEntry[] = [];
  const seen: string[][] = [];
  const call = async (_name: string, { request }: { request: { op: string; entries?: string[] } }): Promise<Reply> => {
    if (request.op !== "see_inbox") return { inbox: { entries } };
    seen.push(request.entries ?? []);
    entries = entries.map((entry) => ({ ...entry, is_seen: true }));
    return "done";
  };
  const host = { call } as unknown as Host;
  const client = newClient();
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={client} journals={journals} drafts={new Drafts(host)}>
      <InboxWatcher place={place(at)} />
    </DataProvider>,
  );
  const list = async (next: InboxEntry[]) => {
    entries = next;
    await act(async () => {
      await client.invalidateQueries({ queryKey: keys.inbox });
      // The client tells components in a task of its own.
      await new Promise((done) => setTimeout(done, 0));
    });
  };
  return { seen, list };
}

test("a problem that comes again is marked as seen again by the person who looks at it", async () => {
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  const { seen, list } = watch("#/stack");
  await list([]);
  for (const times of [1, 2]) {
    await list([gitea(false)]);
    await waitFor(() => expect(seen).toHaveLength(times));
    await list([]);
  }
  expect(seen).toEqual([["stack:gitea"], ["stack:gitea"]]);
});

test("a problem that comes again is announced again, although the words are the same", async () => {
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  const { list } = watch("#/chat");
  await list([]);
  for (const times of [1, 2]) {
    await list([gitea(false)]);
    await waitFor(() => expect(screen.getAllByText("Gitea needs you. See the inbox.")).toHaveLength(times));
    await list([]);
  }
});
