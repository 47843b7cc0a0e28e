/** The hooks for what keeps agents and mail from going on. */
import { useQuery } from "@tanstack/react-query";
import type { AgentTrouble, Health, HeldMail, Host } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";

/** Pushes replace it. Empty while it is not known. */
function useHealth(): Health {
  const host = useHost();
  const health = useQuery<Health>({ queryKey: keys.health, queryFn: () => readHealth(host), staleTime: Infinity });
  return health.data ?? NOTHING;
}

const NOTHING: Health = { agents: [], mail: [] };

/** What keeps this agent from going on. */
export function useTrouble(agent: string): AgentTrouble | undefined {
  return useHealth().agents.find((trouble) => trouble.agent === agent);
}

/** The mail that cannot be delivered to this agent. */
export function useHeldMail(agent: string): HeldMail | undefined {
  return useHealth().mail.find((held) => held.to === agent);
}

async function readHealth(host: Host): Promise<Health> {
  const reply = await host.call("ask", { request: { op: "health" } });
  return typeof reply === "object" && "health" in reply ? reply.health.health : NOTHING;
}
