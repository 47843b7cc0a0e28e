import { render, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { EventLine, Host } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { BATCH } from "../data/journalReads";
import { Journals } from "../data/journals";
import { TranscriptView } from "./TranscriptView";

vi.stubGlobal("ResizeObserver", class {
  observe() {}
  unobserve() {}
  disconnect() {}
});

/** A journal whose last line sets aside all that is loaded at first, so that nothing scrolls. */
const LENGTH = 2 * BATCH + 10;
const lines = Array.from({ length: LENGTH }, (_, index): EventLine => {
  const seq = index + 1;
  const again = { id: `m${seq}`, message: BATCH, text: "again", past: null };
  return { position: seq, agent: "grow", seq, at: 0, kind: seq === LENGTH ? "said_again" : "user_said", data: seq === LENGTH ? again : { id: `m${seq}`, text: `message ${seq}` } };
});

test("what is older than a fold of everything that is loaded is loaded too", async () => {
  const call = async (name: string, args: { before?: number | null; since?: number; limit?: number }) => {
    if (name === "agents") return [];
    if (name === "events_before") return lines.filter((line) => line.position < (args.before ?? Infinity)).slice(-(args.limit ?? 0));
    return name === "events" ? lines.filter((line) => line.position > (args.since ?? 0)).slice(0, args.limit) : {};
  };
  const host = { call, follow: async () => {}, on: async () => {} } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <TranscriptView agent="grow" empty={null} target={null} />
    </DataProvider>,
  );
  await waitFor(() => expect(journals.get("grow").whole).toBe(true));
});
