import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { Attachment, Host, Request } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { GROW, Journals } from "../data/journals";
import type { Said } from "./items";
import { SaidRow } from "./SaidRow";

const NOTES: Attachment = { hash: "a".repeat(64), name: "notes.md", kind: "text", media_type: "text/markdown", bytes: 12 };
const queued = (attachments?: Attachment[]): Said => ({ kind: "said", key: "m", seq: 7, at: 0, by: "person", text: "Read this.", ...(attachments && { attachments }) });

function world() {
  const sent: Request[] = [];
  const call = async (name: string, { request }: { request?: Request }) => {
    if (request) sent.push(request);
    return name === "agents" ? [] : "done";
  };
  const host = { call } as unknown as Host;
  const drafts = new Drafts(host);
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const show = (item: Said) =>
    render(
      <DataProvider host={host} client={newClient()} journals={journals} drafts={drafts}>
        <SaidRow agent={GROW} item={item} isQueued isAside={false} marked={false} nameOf={(agent) => agent} />
      </DataProvider>,
    );
  return { sent, show };
}

const field = () => screen.findByRole("textbox", { name: "Change your message" });
const save = () => screen.getByRole<HTMLButtonElement>("button", { name: "Save" });

beforeEach(() => localStorage.clear());

test("the text of a queued message with files can be removed, also when the row was scrolled away meanwhile", async () => {
  const { sent, show } = world();
  show(queued([NOTES]));
  fireEvent.click(await screen.findByRole("button", { name: "Edit" }));
  fireEvent.change(await field(), { target: { value: "" } });
  cleanup();
  show(queued([NOTES]));
  expect(((await field()) as HTMLTextAreaElement).value).toBe("");
  fireEvent.click(save());
  await expect.poll(() => sent).toContainEqual({ op: "edit_message", agent: GROW, message: 7, text: "" });
});

test("a message without files needs a text", async () => {
  const { show } = world();
  show(queued());
  fireEvent.click(await screen.findByRole("button", { name: "Edit" }));
  fireEvent.change(await field(), { target: { value: " " } });
  expect(save().disabled).toBe(true);
});
