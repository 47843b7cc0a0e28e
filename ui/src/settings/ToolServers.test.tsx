import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, Reply, Request, ToolServer } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { ToolServers } from "./ToolServers";

const server: ToolServer = {
  name: "files", transport: { type: "program", command: "npx", args: [] }, kept: [], is_on: true, is_trusted: false,
  state: { type: "ready" }, introduction: "", tools: null, left_out: [],
};

/** Shows the servers of a host that answers like this; returns the requests. */
function show(answer: (request: Request) => Promise<Reply>): Request[] {
  const requests: Request[] = [];
  const call = (_command: string, { request }: { request: Request }) => {
    requests.push(request);
    return answer(request);
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <ToolServers />
    </DataProvider>,
  );
  return requests;
}

const listed = (...servers: ToolServer[]) => Promise.resolve({ tool_servers: { servers } } satisfies Reply);

test("a server that hangs in its test can be switched off and removed meanwhile", async () => {
  const requests = show((request) => (request.op === "test_tool_server" ? new Promise(() => {}) : listed(server)));
  fireEvent.click(await screen.findByRole("button", { name: "Test: files" }));
  await screen.findByText("Is being started");
  fireEvent.click(screen.getByRole("switch"));
  await expect.poll(() => requests.map((request) => request.op)).toContain("switch_tool_server");
  fireEvent.click(screen.getByRole("button", { name: "Remove: files" }));
  fireEvent.click(screen.getByRole("button", { name: "Remove now: files" }));
  await expect.poll(() => requests.map((request) => request.op)).toContain("remove_tool_server");
});

test("a server that has failed and starts again by itself is shown as ready", async () => {
  const failed: ToolServer = { ...server, state: { type: "failed", cause: "it cannot be reached", next_try: 1 } };
  let asked = 0;
  show(() => listed((asked += 1) === 1 ? failed : server));
  await screen.findByText("Failed");
  await screen.findByText("Ready", {}, { timeout: 4_000 });
});
