import { cleanup, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { FileChange as Change, Host } from "../../bridge";
import { DataProvider, newClient } from "../../data/context";
import { Drafts } from "../../data/drafts";
import { Journals } from "../../data/journals";
import { FileChange } from "./FileChange";

const change: Change = { path: "notes/a.md", place: "/home/you/notes/a.md", is_new: false, diff: "@@ -1 +1 @@\n-one\n+two\n", problem: null };

function show(found: Change) {
  cleanup();
  const host = { call: async () => found } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <FileChange ask="a" />
    </DataProvider>,
  );
}

test("the person sees which file a write changes, and how", async () => {
  show(change);
  expect((await screen.findByText("/home/you/notes/a.md")).closest("p")?.textContent).toBe("It changes /home/you/notes/a.md:");
  expect(screen.getByLabelText("The change").textContent).toContain("+two");
});

test("a write that would be refused says so, and shows no difference", async () => {
  show({ ...change, diff: "", problem: "notes/a.md has changed since you read it" });
  expect((await screen.findByRole("alert")).textContent).toBe("If you allow it, nothing is written: notes/a.md has changed since you read it");
  expect(screen.queryByLabelText("The change")).toBeNull();
});
