/** The MCP servers that the person has added. */
import { useQuery } from "@tanstack/react-query";
import { useHost } from "../data/context";
import { keys } from "../data/keys";

/** How often the list is asked for while a server is being started, in ms. */
const POLL_MS = 1_000;

export function useToolServers() {
  const host = useHost();
  return useQuery({
    queryKey: keys.toolServers,
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "tool_servers" } });
      return typeof reply === "object" && "tool_servers" in reply ? reply.tool_servers.servers : [];
    },
    refetchInterval: (query) => (query.state.data?.some((server) => server.state.type === "starting") ? POLL_MS : false),
  });
}
