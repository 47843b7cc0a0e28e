/** MCP servers of the simulated host: one that works, one that fails, and those that the person adds. */
import type { Request, ToolServer } from "../index";
import { hostError } from "./hostError";

type Added = Extract<Request, { op: "add_tool_server" }>["server"];

export class ToolServers {
  #servers: ToolServer[] = [];

  list(): { tool_servers: { servers: ToolServer[] } } {
    return { tool_servers: { servers: this.#servers.toSorted((one, other) => one.name.localeCompare(other.name)) } };
  }

  /** A program whose name has "broken" in it ends at once. */
  add({ name, transport, values, is_trusted }: Added) {
    if (!/^(?!.*__)[A-Za-z0-9_-]{1,32}(?<!_)$/.test(name)) throw hostError("bad_request", `${JSON.stringify(name)} is no name for a server: use 1 to 32 letters, digits, - and single _`);
    const isBroken = transport.type === "program" && transport.command.includes("broken");
    const tool = (tool: string, description: string, reads_only: boolean) => ({ name: tool, offered_as: `${name}__${tool}`, description, reads_only });
    const server: ToolServer = {
      name,
      transport,
      kept: Object.keys(values),
      is_on: true,
      is_trusted,
      state: isBroken ? { type: "failed", cause: "it ended at once; it said: API_TOKEN is not set", next_try: null } : { type: "ready" },
      introduction: isBroken ? "" : "secure-filesystem-server 0.2.0",
      tools: isBroken ? null : [tool("read_text_file", "Reads a file as text.", true), tool("write_file", "Creates a file or overwrites it.", false)],
      left_out: isBroken ? [] : [{ name: "watch", reason: "its input is not an object but \"string\"" }],
    };
    this.#servers = [...this.#servers.filter((other) => other.name !== name), server];
    return this.list();
  }

  remove(name: string) {
    this.#find(name);
    this.#servers = this.#servers.filter((server) => server.name !== name);
    return this.list();
  }

  switch(name: string, is_on: boolean) {
    const server = this.#find(name);
    this.#servers = this.#servers.map((other) => (other === server ? { ...server, is_on, state: { type: "resting" } } : other));
    return this.list();
  }

  test(name: string) {
    const server = this.#find(name);
    if (server.tools) this.#servers = this.#servers.map((other) => (other === server ? { ...server, state: { type: "ready" } } : other));
    return this.list();
  }

  log(name: string) {
    const { state } = this.#find(name);
    const said = state.type === "failed" ? "API_TOKEN is not set" : "Secure MCP Filesystem Server running on stdio";
    return { tool_log: { lines: [{ at: 1_785_312_000_000, is_ours: true, text: "starting" }, { at: 1_785_312_001_000, is_ours: false, text: said }] } };
  }

  #find(name: string): ToolServer {
    const server = this.#servers.find((other) => other.name === name);
    if (!server) throw hostError("not_found", `there is no server ${JSON.stringify(name)} that is on`);
    return server;
  }
}
