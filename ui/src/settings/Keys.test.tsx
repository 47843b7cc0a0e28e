import { act, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, Keychain, Request } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { Keys } from "./Keys";

/** `after`: the keychain once the system was asked to unlock it. */
function show(before: string, after = before) {
  const state = { keychain: { state: before as Keychain["state"], found: `the keychain is ${before}`, next_step: null } };
  const call = async (_name: string, { request }: { request: Request }) => {
    if (request.op === "unlock_keychain") state.keychain = { ...state.keychain, state: after as Keychain["state"], found: `the keychain is ${after}` };
    return { keys: { keys: [], keychain: state.keychain } };
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Keys />
    </DataProvider>,
  );
}

test("the keyboard stays in the place of a button that has done its work", async () => {
  show("locked", "ready");
  const unlock = await screen.findByRole("button", { name: "Unlock the keychain" });
  unlock.focus();
  act(() => unlock.click());
  const words = await screen.findByText("The keychain is ready.");
  await expect.poll(() => document.activeElement?.contains(words) && document.activeElement !== document.body).toBe(true);
});

test("a state of a newer host is told as the host tells it", async () => {
  show("melted");
  await screen.findByText("The keychain is melted.");
});
