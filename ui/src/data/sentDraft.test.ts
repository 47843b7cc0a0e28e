import { beforeEach, expect, test } from "vitest";
import type { EventLine, Host } from "../bridge";
import { Drafts } from "./drafts";
import { forgetSentDraft } from "./sentDraft";

const HASH = "a".repeat(64);
const host = { call: async () => ({ profile: "p" }) } as unknown as Host;
const said = (seq: number, text: string, hashes: string[] = []): EventLine => ({ position: seq, agent: "grow", seq, at: 0, kind: "user_said", data: { id: `m${seq}`, text, attachments: hashes.map((hash) => ({ hash })) } });

/** The drafts at the start after a kill: what was written and not removed on the disk. */
async function left(last: number | null, write: (drafts: Drafts) => void): Promise<Drafts> {
  const before = new Drafts(host, () => last);
  await before.loadProfile();
  write(before);
  before.write();
  const drafts = new Drafts(host);
  await drafts.loadProfile();
  return drafts;
}

beforeEach(() => localStorage.clear());

test("a draft that was sent before a kill is forgotten, with its files", async () => {
  const drafts = await left(7, (before) => {
    before.set("files", "grow", `${HASH} {"name":"a.txt"}`);
    before.set("draft", "grow", "look ");
    before.set("paste", "grow", "at this");
  });
  forgetSentDraft(drafts, "grow", [said(8, "look \n\nat this", [HASH])]);
  expect([drafts.get("draft", "grow"), drafts.get("paste", "grow"), drafts.get("files", "grow"), localStorage.length]).toEqual(["", "", "", 0]);
});

test("the same words, typed again after they were sent, stay", async () => {
  const drafts = await left(8, (before) => before.set("draft", "grow", "go on"));
  forgetSentDraft(drafts, "grow", [said(8, "go on")]);
  expect(drafts.get("draft", "grow")).toBe("go on");
});

test.each([
  ["another text", said(8, "go"), "go on"],
  ["other files", said(8, "go on", [HASH]), "go on"],
])("a draft with %s stays", async (_, line, text) => {
  const drafts = await left(7, (before) => before.set("draft", "grow", text));
  forgetSentDraft(drafts, "grow", [line]);
  expect(drafts.get("draft", "grow")).toBe(text);
});

test("the mark is of the moment at which an empty message was begun, also by another build without one", async () => {
  let last = 3;
  const drafts = new Drafts(host, () => last);
  await drafts.loadProfile();
  drafts.set("draft", "grow", "g");
  last = 5;
  drafts.set("draft", "grow", "go");
  expect(drafts.get("after", "grow")).toBe("3");
  drafts.set("draft", "grow", "");
  drafts.set("draft", "grow", "on");
  expect(drafts.get("after", "grow")).toBe("5");
  localStorage.setItem("draft:p:other", "old");
  forgetSentDraft(drafts, "other", [said(9, "old")]);
  expect(drafts.get("draft", "other")).toBe("old");
});
