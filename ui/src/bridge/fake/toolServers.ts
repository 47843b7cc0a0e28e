/**
 * MCP servers of the simulated host: those that the person adds. A program whose name has "broken" in it fails; an address with "login"
 * in it wants a sign-in, from which the browser comes back after a moment.
 */
import type { Request, ToolConfiguration, ToolServer } from "../wire";
import { hostError } from "./hostError";
import type { Stage } from "./stage";

type Added = Extract<Request, { op: "add_tool_server" }>["server"];
type Tools = NonNullable<ToolServer["tools"]>;

const SIGNED_OUT: ToolServer["sign_in"] = { is_waiting: false, is_kept: false, problem: null };

type ToolRequest = Extract<Request, { op: "tool_servers" | "add_tool_server" | "tool_configurations" | "import_tool_servers" | "remove_tool_server" | "switch_tool_server" | "test_tool_server" | "sign_in_tool_server" | "stop_tool_sign_in" | "sign_out_tool_server" | "tool_log" }>;

interface Listed {
  tool_servers: { servers: ToolServer[] };
}

export function answerAboutTools(world: Stage, request: ToolRequest) {
  switch (request.op) {
    case "tool_servers":
      return listToolServers(world);
    case "add_tool_server":
      return addToolServer(world, request.server, request.replace);
    case "tool_configurations":
      return { tool_configurations: { configurations: [CURSOR] } };
    case "import_tool_servers":
      return importToolServers(world, request.titles);
    case "remove_tool_server":
      return removeToolServer(world, request.name);
    case "switch_tool_server":
      return switchToolServer(world, request.name, request.is_on);
    case "test_tool_server":
      return replace(world, find(world, request.name), started);
    case "sign_in_tool_server":
    case "stop_tool_sign_in":
    case "sign_out_tool_server":
      return changeToolSignIn(world, request.op, request.name);
    case "tool_log":
      return toolLog(world, request.name);
  }
}

function toolServers(world: Stage): Listed {
  return { tool_servers: { servers: (world.state.toolServers ?? []).toSorted((one, other) => one.name.localeCompare(other.name)) } };
}

/** Adds a server; with `replace` in the place of the one with this name. */
function addToolServer(world: Stage, { name, transport, values, is_trusted }: Added, replace: boolean): Listed {
  if (!/^(?!.*__)[A-Za-z0-9_-]{1,32}(?<!_)$/.test(name)) throw hostError("bad_request", `${JSON.stringify(name)} is no name for a server: use 1 to 32 letters, digits, - and single _`);
  if (!replace && world.state.toolServers?.some((other) => other.name === name)) throw hostError("bad_request", `there is another server with the name ${name}`);
  const server: ToolServer = { name, transport, kept: Object.keys(values), is_on: true, is_trusted, state: { type: "resting" }, sign_in: SIGNED_OUT, introduction: "", tools: null, left_out: [] };
  world.state.toolServers = [...(world.state.toolServers ?? []).filter((other) => other.name !== name), started(server)];
  return toolServers(world);
}

/** What Cursor has configured on the simulated computer. */
const CURSOR: ToolConfiguration = {
  program: "Cursor", path: "/home/you/.cursor/mcp.json", version: "1", left_out: [{ name: "old", reason: "it speaks the old HTTP+SSE protocol" }], problem: null,
  servers: [
    { title: "Issues", name: "Issues", transport: { type: "http", url: "https://issues.example.com/mcp" }, values: ["Authorization"], reads: [], missing: [], is_off: false },
    { title: "Notes", name: "Notes", transport: { type: "program", command: "npx", args: ["-y", "notes-server", "~/notes"] }, values: [], reads: [], missing: [], is_off: false },
    { title: "Search", name: "Search", transport: { type: "program", command: "search-server", args: [] }, values: ["KEY"], reads: [], missing: ["input:key"], is_off: false },
  ],
};

function importToolServers(world: Stage, titles: readonly string[]): Listed {
  for (const { title, name, transport, values } of CURSOR.servers) {
    const kept = Object.fromEntries(values.map((value) => [value, ""]));
    if (titles.includes(title)) addToolServer(world, { name, transport, values: kept, client_id: null, call_limit_ms: null, folder: null, is_trusted: false }, false);
  }
  return toolServers(world);
}

function removeToolServer(world: Stage, name: string): Listed {
  const server = find(world, name);
  world.state.toolServers = world.state.toolServers?.filter((other) => other !== server);
  return toolServers(world);
}

function switchToolServer(world: Stage, name: string, is_on: boolean): Listed {
  return replace(world, find(world, name), (server) => ({ ...server, is_on, state: { type: "resting" } }));
}

function toolLog(world: Stage, name: string) {
  const said = find(world, name).state.type === "failed" ? "API_TOKEN is not set" : "Secure MCP Filesystem Server running on stdio";
  return { tool_log: { lines: [{ at: 1_785_312_000_000, is_ours: true, text: "starting" }, { at: 1_785_312_001_000, is_ours: false, text: said }] } };
}

/** After how many looks the browser comes back. A test that needs more time or less says when: `data-agreed` of the page. */
const LOOKS = 5;
const looks = new Map<string, number>();

function changeToolSignIn(world: Stage, op: "sign_in_tool_server" | "stop_tool_sign_in" | "sign_out_tool_server", name: string) {
  const server = find(world, name);
  if (op === "sign_out_tool_server") return replace(world, server, () => started({ ...server, sign_in: SIGNED_OUT }));
  const is_waiting = op === "sign_in_tool_server";
  looks.set(name, 0);
  const listed = replace(world, server, () => ({ ...server, sign_in: { ...server.sign_in, is_waiting, problem: null } }));
  return is_waiting ? { tool_sign_in: { page: "https://auth.example.com/authorize?response_type=code&client_id=growqr&code_challenge_method=S256" } } : listed;
}

/** The servers; in those that were waiting for the browser the person has agreed meanwhile. */
function listToolServers(world: Stage): Listed {
  for (const server of world.state.toolServers ?? []) {
    if (!server.sign_in.is_waiting) continue;
    const seen = looks.get(server.name) ?? 0;
    looks.set(server.name, seen + 1);
    if (seen >= LOOKS || document.documentElement.dataset["agreed"] === server.name) replace(world, server, () => started({ ...server, sign_in: { ...SIGNED_OUT, is_kept: true } }));
  }
  return toolServers(world);
}

function started(server: ToolServer): ToolServer {
  const { name, transport } = server;
  if (transport.type === "http" && transport.url.includes("login") && !server.sign_in.is_kept) return { ...server, state: { type: "needs_sign_in", reason: "it wants you to sign in" } };
  if (transport.type === "program" && transport.command.includes("broken")) return { ...server, state: { type: "failed", cause: "it ended at once; it said: API_TOKEN is not set", next_try: null } };
  const tools: Tools = [
    { name: "read_text_file", offered_as: `${name}__read_text_file`, description: "Reads a file as text.", reads_only: true },
    { name: "write_file", offered_as: `${name}__write_file`, description: "Creates a file or overwrites it.", reads_only: false },
  ];
  return { ...server, state: { type: "ready" }, introduction: "secure-filesystem-server 0.2.0", tools, left_out: [{ name: "watch", reason: 'its input is not an object but "string"' }] };
}

function replace(world: Stage, server: ToolServer, change: (server: ToolServer) => ToolServer): Listed {
  world.state.toolServers = world.state.toolServers?.map((other) => (other === server ? change(server) : other));
  return toolServers(world);
}

function find(world: Stage, name: string): ToolServer {
  const server = world.state.toolServers?.find((other) => other.name === name);
  if (!server) throw hostError("not_found", `there is no server ${JSON.stringify(name)} that is on`);
  return server;
}
