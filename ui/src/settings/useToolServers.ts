/** The MCP servers that the person has added. */
import { useQuery } from "@tanstack/react-query";
import { useHost } from "../data/context";
import type { ToolServer } from "../bridge";
import { keys } from "../data/keys";

/** How often the list is asked for while a server starts, will start by itself, or waits for the browser, in ms; and otherwise: calls start servers, and servers end. */
const POLL_MS = 1_000;
const SLOW_POLL_MS = 5_000;

export function useToolServers() {
  const host = useHost();
  return useQuery({
    queryKey: keys.toolServers,
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "tool_servers" } });
      return typeof reply === "object" && "tool_servers" in reply ? reply.tool_servers.servers : [];
    },
    refetchInterval: (query) => (query.state.data?.some(changesSoon) ? POLL_MS : SLOW_POLL_MS),
  });
}

function changesSoon({ is_on, state, sign_in }: ToolServer): boolean {
  return is_on && (sign_in.is_waiting || state.type === "starting" || (state.type === "failed" && state.next_try !== null));
}
