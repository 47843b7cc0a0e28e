import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, Stack } from "../../bridge";
import { DataProvider, newClient } from "../../data/context";
import { Drafts } from "../../data/drafts";
import { Journals } from "../../data/journals";
import { PullLink } from "./PullLink";

const page = "http://127.0.0.1:3000/growqr/memory/pulls/1";

/** Shows the link of this commit with these pull requests in Gitea. */
function show(commit: string, pulls: Array<{ commit: string; url: string; changed: boolean }>) {
  const stack = { memory: { state: "same", behind: 0, synced_at: null, found: "", next_step: null, pulls } } as unknown as Stack;
  const host = { call: async () => ({ stack: { stack } }), subscribe: () => () => {} } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  return render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <PullLink commit={commit} />
      <p>shown</p>
    </DataProvider>,
  );
}

test("a held change links to its pull request", async () => {
  show("c", [{ commit: "other", url: `${page}1`, changed: false }, { commit: "c", url: page, changed: false }]);
  expect((await screen.findByRole("link", { name: /Decide in Gitea/ })).getAttribute("title")).toBe(page);
  expect(screen.queryByRole("status")).toBeNull();
});

test("one that was changed there says so", async () => {
  show("c", [{ commit: "c", url: page, changed: true }]);
  expect((await screen.findByRole("status")).textContent).toContain("changed there");
});

test("without a pull request there is no link", async () => {
  show("c", []);
  await screen.findByText("shown");
  expect(screen.queryByRole("link")).toBeNull();
});
