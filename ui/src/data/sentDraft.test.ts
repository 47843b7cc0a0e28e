import { beforeEach, expect, test, vi } from "vitest";
import type { EventLine, Host } from "../bridge";
import { Drafts } from "./drafts";
import { settleSent } from "./sentDraft";

const NOTES = `${"a".repeat(64)} {"name":"a.txt"}`;
const host = { call: async () => ({ profile: "p" }) } as unknown as Host;
const line = (kind: string, data: unknown): EventLine => ({ position: 8, agent: "grow", seq: 8, at: 0, kind, data }) as EventLine;
const said = (id: string) => line("user_said", { id, text: "hello" });

async function open(): Promise<Drafts> {
  const drafts = new Drafts(host);
  await drafts.loadProfile();
  return drafts;
}

/** What is left of a message when the page is killed while sending it. `withDraft`: the web view had not written that the draft is gone. */
async function killed(agent: string, withDraft: boolean): Promise<string> {
  const drafts = await open();
  drafts.set("draft", agent, "hello");
  drafts.set("files", agent, NOTES);
  drafts.write();
  const before = { ...localStorage };
  const id = drafts.send(agent, "hello", NOTES);
  if (withDraft) {
    localStorage.clear();
    for (const [key, value] of Object.entries(before)) localStorage.setItem(key, String(value));
  }
  return id;
}

const texts = (drafts: Drafts, agent: string) => [drafts.get("draft", agent), drafts.get("files", agent)];

beforeEach(() => {
  localStorage.clear();
  return () => vi.unstubAllGlobals();
});

/** A journal that was read. */
const read = (lines: EventLine[]) => ({ lines, status: "ready" as const });

test("as long as the journal could not be read, no message comes back", async () => {
  const id = await killed("grow", false);
  const drafts = await open();
  settleSent(drafts, () => ({ lines: [], status: "failed" }));
  expect([...texts(drafts, "grow"), Object.keys(localStorage)]).toEqual(["", "", [`sending:p:${id}`]]);
});

test.each([true, false])("a message that was recorded before a kill is no draft any more (old draft still in localStorage: %s)", async (withDraft) => {
  const id = await killed("grow", withDraft);
  const drafts = await open();
  settleSent(drafts, () => read([said(id)]));
  expect([...texts(drafts, "grow"), localStorage.length]).toEqual(["", "", 0]);
});

test("a message to a sub-agent that was recorded before a kill is no draft any more: the journal of the Grow Agent has it", async () => {
  const id = await killed("scout", false);
  const drafts = await open();
  settleSent(drafts, () => read([line("child_told", { mail: { id: "m", from: "grow", to: "scout", body: {} }, message: id })]));
  expect([...texts(drafts, "scout"), localStorage.length]).toEqual(["", "", 0]);
});

test.each([true, false])("a message that was not recorded before a kill is a draft again and keeps its id (old draft still in localStorage: %s)", async (withDraft) => {
  const id = await killed("grow", withDraft);
  const drafts = await open();
  // The same words were sent earlier.
  settleSent(drafts, () => read([said("earlier")]));
  expect([...texts(drafts, "grow"), drafts.get("id", "grow")]).toEqual(["hello", NOTES, id]);
  expect(Object.keys(localStorage).some((key) => key.startsWith("sending:"))).toBe(false);
  expect(drafts.send("grow", "hello", NOTES)).toBe(id);
});

test("a message that another window is sending is put back only once that window is gone", async () => {
  const waiting = new Map<string, () => unknown>();
  const id = await killed("grow", false);
  vi.stubGlobal("navigator", { locks: { request: async (name: string, run: () => unknown) => void waiting.set(name, run) } });
  const drafts = await open();
  const { page } = JSON.parse(localStorage.getItem(`sending:p:${id}`) ?? "") as { page: string };
  settleSent(drafts, () => read([]));
  expect(drafts.get("draft", "grow")).toBe("");
  waiting.get(`page:${page}`)?.();
  expect(drafts.get("draft", "grow")).toBe("hello");
});

test("a draft of an earlier build, which has no id, stays and gets one", async () => {
  localStorage.setItem("draft:p:grow", "old");
  const drafts = await open();
  settleSent(drafts, () => read([said("")]));
  expect(drafts.get("draft", "grow")).toBe("old");
  expect(drafts.send("grow", "old", "")).not.toBe("");
});
