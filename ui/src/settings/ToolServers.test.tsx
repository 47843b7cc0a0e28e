import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Host, HostError, type Reply, type Request, type ToolConfiguration, type ToolServer, type ToolServerOffer } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { ToolServers } from "./ToolServers";

const server: ToolServer = {
  name: "files", transport: { type: "program", command: "npx", args: [] }, kept: [], is_on: true, is_trusted: false,
  state: { type: "ready" }, sign_in: { is_waiting: false, is_kept: false, problem: null }, introduction: "", tools: null, left_out: [],
};

/** Shows the servers of a host that answers like this; returns the requests. Pages for the browser are noted in `opened`. */
function show(answer: (request: Request) => Promise<Reply>, opened: string[] = []): Request[] {
  const requests: Request[] = [];
  const call = (command: string, { request, address }: { request: Request; address: string }) => {
    if (command === "open_link") return Promise.resolve(opened.push(address) && null);
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

test("a server that wants a sign-in opens its page, and can be stopped while it waits for the browser", async () => {
  const opened: string[] = [];
  let now: ToolServer = { ...server, transport: { type: "http", url: "https://tools.example.com/mcp" }, state: { type: "needs_sign_in", reason: "it wants you to sign in" } };
  const requests = show((request) => {
    if (request.op === "sign_in_tool_server") {
      now = { ...now, sign_in: { ...now.sign_in, is_waiting: true } };
      return Promise.resolve({ tool_sign_in: { page: "https://auth.example.com/" } });
    }
    if (request.op === "stop_tool_sign_in") now = { ...now, sign_in: { ...now.sign_in, is_waiting: false, problem: "nobody came back" } };
    return listed(now);
  }, opened);
  await screen.findByText("Needs a sign-in");
  await screen.findByText("it wants you to sign in");
  fireEvent.click(screen.getByRole("button", { name: "Sign in at files" }));
  await screen.findByText("Waits for the browser");
  expect(opened).toEqual(["https://auth.example.com/"]);
  screen.getByText("https://auth.example.com/");
  screen.getByRole("button", { name: "Copy the address of the sign-in page" });
  fireEvent.click(screen.getByRole("button", { name: "Stop signing in at files" }));
  await screen.findByText("The sign-in failed: nobody came back");
  expect(requests.map((request) => request.op)).toContain("stop_tool_sign_in");
});

test("a sign-in whose page is not found yet can be stopped", async () => {
  const wanting: ToolServer = { ...server, state: { type: "needs_sign_in", reason: "it wants you to sign in" } };
  const requests = show((request) => (request.op === "sign_in_tool_server" ? new Promise(() => {}) : listed(wanting)));
  fireEvent.click(await screen.findByRole("button", { name: "Sign in at files" }));
  fireEvent.click(await screen.findByRole("button", { name: "Stop signing in at files" }));
  await expect.poll(() => requests.map((request) => request.op)).toContain("stop_tool_sign_in");
});

test("a sign-in that is kept can be ended", async () => {
  const requests = show(() => listed({ ...server, sign_in: { ...server.sign_in, is_kept: true } }));
  fireEvent.click(await screen.findByRole("button", { name: "Sign out of files" }));
  await expect.poll(() => requests.map((request) => request.op)).toContain("sign_out_tool_server");
});

const offer: ToolServerOffer = { title: "Notes", name: "Notes", transport: { type: "program", command: "npx", args: ["-y", "notes"] }, values: ["KEY"], reads: [], missing: [], is_off: false };
const cursor: ToolConfiguration = {
  program: "Cursor", path: "/home/you/.cursor/mcp.json", version: "1", left_out: [], problem: null,
  servers: [offer, { ...offer, title: "Search", name: "Search", missing: ["input:key"] }, { ...offer, title: "Off", name: "Off", is_off: true }, { ...offer, title: "files", name: "files" }],
};

/** Opens the servers of other programs, of which one is there already. */
async function showImport(importing: () => Promise<Reply>): Promise<Request[]> {
  const requests = show((request) => {
    if (request.op === "tool_configurations") return Promise.resolve({ tool_configurations: { configurations: [cursor] } });
    return request.op === "import_tool_servers" ? importing() : listed(server);
  });
  await screen.findByText("Ready");
  fireEvent.click(screen.getByRole("button", { name: "Add servers of other programs" }));
  await screen.findByText("Notes");
  return requests;
}

const imports = (requests: readonly Request[]) => requests.filter((request) => request.op === "import_tool_servers");

test("servers of other programs are shown as they would run, and added with one click", async () => {
  const requests = await showImport(() => listed(server));
  expect(screen.getAllByText("npx -y notes")).toHaveLength(4);
  expect(screen.getAllByText("With values that go to the keychain: KEY")).toHaveLength(4);
  expect(imports(requests)).toHaveLength(0);
  fireEvent.click(screen.getByRole("button", { name: "Add: Notes" }));
  await expect.poll(() => imports(requests)).toEqual([{ op: "import_tool_servers", path: cursor.path, version: "1", titles: ["Notes"] }]);
});

test("all that can be added are added together, without those that are off, there already or without a value", async () => {
  const requests = await showImport(() => listed(server));
  fireEvent.click(screen.getByRole("button", { name: "Add: Search" }));
  fireEvent.click(screen.getByRole("button", { name: "Add: files" }));
  expect(screen.getByText("Already added")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Add all servers of Cursor" }));
  await expect.poll(() => imports(requests).map((request) => request.op === "import_tool_servers" && request.titles)).toEqual([["Notes"]]);
});

test("a file that has changed meanwhile is shown again before anything is added from it", async () => {
  const requests = await showImport(() => Promise.reject(new HostError({ code: "bad_request", message: "it has changed since you looked at it", retryable: false, next_step: null })));
  fireEvent.click(screen.getByRole("button", { name: "Add: Notes" }));
  await screen.findByText(/has changed since you looked at it/i);
  await expect.poll(() => requests.filter((request) => request.op === "tool_configurations").length).toBe(2);
});
