import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { Host, Request } from "../bridge";
import { HostError } from "../bridge";
import { draftLine } from "./attach/files";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { GROW, Journals } from "../data/journals";
import { Composer } from "./Composer";

const NOTES = draftLine({ hash: "a".repeat(64), name: "notes.md", kind: "text", media_type: "text/markdown", bytes: 12 });

/** `fail` ends the message that is on its way with a failure. */
function show() {
  const sent: Array<Extract<Request, { op: "say" }>> = [];
  const failures: Array<() => void> = [];
  const answers: Record<string, unknown> = { about: { profile: "local" }, agents: [] };
  const call = (name: string, { request }: { request?: Request }) => {
    if (request?.op !== "say") return Promise.resolve(answers[name] ?? null);
    sent.push(request);
    return new Promise((_resolve, reject) => failures.push(() => reject(new HostError({ code: "database", message: "the database is busy", retryable: true, next_step: null }))));
  };
  const host = { call, on: async () => {} } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const drafts = new Drafts(host);
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={drafts}>
      <Composer agent={GROW} placeholder="Message your Grow Agent" />
    </DataProvider>,
  );
  return { sent, drafts, fail: () => act(async () => failures.shift()?.()) };
}

const box = () => screen.getByRole<HTMLTextAreaElement>("textbox");
const type = (value: string) => fireEvent.change(box(), { target: { value } });
const enter = () => act(async () => void fireEvent.keyDown(box(), { key: "Enter" }));

beforeEach(() => localStorage.clear());

test("a message that is refused while another view is open comes back with its files", async () => {
  const { sent, drafts, fail } = show();
  act(() => drafts.set("files", GROW, NOTES));
  type("Read these.");
  await enter();
  expect([drafts.get("draft", GROW), drafts.get("files", GROW), sent.length]).toEqual(["", "", 1]);
  cleanup();
  await fail();
  expect([drafts.get("draft", GROW), drafts.get("files", GROW)]).toEqual(["Read these.", NOTES]);
});

test("a message that is sent again unchanged is sent as the same", async () => {
  const { sent, fail } = show();
  type("Hello.");
  await enter();
  await fail();
  expect(box().value).toBe("Hello.");
  await enter();
  expect(sent[1]?.id).toBe(sent[0]?.id);
});

test("what was written while a message failed is sent as a new message", async () => {
  const { sent, fail } = show();
  type("Hello.");
  await enter();
  type("And this.");
  await fail();
  expect(box().value).toBe("Hello.\nAnd this.");
  await enter();
  expect(sent[1]?.text).toBe("Hello.\nAnd this.");
  expect(sent[1]?.id).not.toBe(sent[0]?.id);
});

test("a file that came while a message failed makes it a new message", async () => {
  const { sent, drafts, fail } = show();
  type("Hello.");
  await enter();
  act(() => drafts.set("files", GROW, NOTES));
  await fail();
  await enter();
  expect(sent[1]?.attachments).toEqual(["a".repeat(64)]);
  expect(sent[1]?.id).not.toBe(sent[0]?.id);
});
