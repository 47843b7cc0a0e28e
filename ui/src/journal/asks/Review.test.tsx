import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { type AskAnswer, type HeldChange, type Host, HostError } from "../../bridge";
import type { ReviewDetail } from "../../data/asks";
import { DataProvider, newClient } from "../../data/context";
import { Drafts } from "../../data/drafts";
import { Journals } from "../../data/journals";
import { ReviewForm } from "./Review";
import type { Answering } from "./useAnswer";

const held = { path: "goals.md", base_head: null, old_blob: "v1", new_blob: "p", commit: "c", merged: false };
const review: ReviewDetail = { effect: "e", turn: 1, held, message: "m", rule: "hold commit_memory", base: "v1" };
const added = "@@ -1,1 +1,2 @@\n one\n+two\n";
const change: HeldChange = { base: "one\n", now: "one\n", version: "v1", proposed: "one\ntwo\n", result: "one\ntwo\n", is_conflict: false, diff: added, yours: "", proposal: added };

/** Shows the form for each of these in turn, as after the row was scrolled away, with the same drafts. */
function forms() {
  const send = vi.fn<(answer: AskAnswer | null) => void>();
  const answer: Answering = { send, retry: null, reset: () => {}, isSending: false, error: null, amountProblem: null, isElsewhere: false };
  const drafts = new Drafts({} as Host);
  const show = (found: HeldChange | HostError, detail = review) => {
    cleanup();
    const host = { call: async () => { if (found instanceof HostError) throw found; return found; } } as unknown as Host;
    const journals = new Journals(host, { request: () => 0, cancel: () => {} });
    render(
      <DataProvider host={host} client={newClient()} journals={journals} drafts={drafts}>
        <ReviewForm id="a" review={detail} answer={answer} />
      </DataProvider>,
    );
  };
  const sent = () => send.mock.lastCall?.[0];
  return { show, sent };
}

const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));
const text = async () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Text of goals.md" });

test("a text goes with the version that it was made from, also after the page has changed", async () => {
  const { show, sent } = forms();
  show(change);
  await press("Edit first");
  fireEvent.change(await text(), { target: { value: "one\nthree\n" } });
  show({ ...change, now: "zero\none\n", version: "v2", result: "zero\none\ntwo\n", yours: "@@ -1,1 +1,2 @@\n+zero\n one\n" });
  expect((await text()).value).toBe("one\nthree\n");
  await press("Approve my text");
  expect(sent()).toEqual({ option: "approve", edited: { text: "one\nthree\n", base: "v1" } });
});

test("the text and the remark of an approval that failed are there again", async () => {
  const { show, sent } = forms();
  show(change, { ...review, base: "v2", problem: "the page has changed", edited: "mine\n", remark: "Shorter." });
  expect((await text()).value).toBe("mine\n");
  await press("Approve my text");
  expect(sent()).toEqual({ option: "approve", text: "Shorter.", edited: { text: "mine\n", base: "v2" } });
});

test("an unchanged approval sends no text, and a conflict sends the text that is shown", async () => {
  const { show, sent } = forms();
  show(change);
  await press("Approve");
  expect(sent()).toEqual({ option: "approve" });
  show({ ...change, now: "uno\n", version: "v2", is_conflict: true, diff: "@@ -1,1 +1,2 @@\n-uno\n+one\n+two\n", yours: "@@ -1,1 +1,1 @@\n-one\n+uno\n" });
  await press("Take the proposal");
  expect(sent()).toEqual({ option: "approve", edited: { text: "one\ntwo\n", base: "v2" } });
});

test("a change that cannot be read can be rejected", async () => {
  const { show, sent } = forms();
  show(new HostError({ code: "not_found", message: "there is no change c", retryable: false, next_step: null }));
  await press("Reject");
  expect(sent()).toEqual({ option: "reject" });
});

const twoParts = "@@ -1,1 +1,2 @@\n one\n+two\n@@ -9,1 +10,2 @@\n nine\n+ten\n";
const lines = (added: readonly string[]) => ["one", ...added, "3", "4", "5", "6", "7", "8", "nine"].join("\n");
const inTwoParts: HeldChange = { ...change, base: lines([]), now: lines([]), proposed: `${lines(["two"])}\nten\n`, result: `${lines(["two"])}\nten\n`, diff: twoParts, proposal: twoParts };

test("parts that were left out stay so after the row was scrolled away, and count no longer once the page has changed", async () => {
  const { show } = forms();
  show(inTwoParts);
  fireEvent.click(await screen.findByRole("checkbox", { name: "Part 2 of 2" }));
  show(inTwoParts);
  await screen.findByRole("button", { name: "Approve 1 of 2 parts" });
  show({ ...inTwoParts, version: "v2", diff: added, yours: added });
  await screen.findByText(/The page has changed since you left parts out/);
  await screen.findByRole("button", { name: "Approve" });
});

test("a remark that was taken back is not sent again", async () => {
  const { show, sent } = forms();
  show(change, { ...review, problem: "the page has changed", remark: "Shorter." });
  fireEvent.change(await screen.findByRole("textbox", { name: /Tell the agent why/ }), { target: { value: "" } });
  show(change, { ...review, problem: "the page has changed", remark: "Shorter." });
  await press("Reject");
  expect(sent()).toEqual({ option: "reject", text: "" });
});

test("a text that was discarded does not come back", async () => {
  const { show } = forms();
  const failed = { ...review, base: "v1", problem: "the page has changed", edited: "mine\n" };
  show(change, failed);
  await press("Discard my text");
  show(change, failed);
  await screen.findByRole("button", { name: "Edit first" });
});

test("invisible characters are named before an approval", async () => {
  const { show } = forms();
  show({ ...change, result: "one\ntwo\u{E0068}\n", diff: "@@ -1,1 +1,2 @@\n one\n+two\u{E0068}\n" });
  await screen.findByText(/It contains invisible characters/);
});
