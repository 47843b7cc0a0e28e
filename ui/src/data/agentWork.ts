/** The hooks for what agents do now and did in a turn. The host computes both from the journals. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Agent, AgentStep } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";
import { isBusy } from "./status";

/** How often what goes on is read again, in ms. */
const STEPS_EVERY = 1_000;
const TIMELINE_EVERY = 2_000;

/** What each agent at work does now, by agent. Read while `active`. */
export function useAgentSteps(active: boolean): ReadonlyMap<string, AgentStep> {
  const host = useHost();
  const steps = useQuery({
    queryKey: keys.steps,
    queryFn: () => host.call("agent_steps", {}),
    enabled: active,
    staleTime: 0,
    refetchInterval: active && STEPS_EVERY,
    select: byAgent,
  });
  return (active && steps.data) || NONE;
}

const NONE: ReadonlyMap<string, AgentStep> = new Map();

function byAgent(steps: readonly AgentStep[]): ReadonlyMap<string, AgentStep> {
  return new Map(steps.map((step) => [step.agent, step]));
}

/** One turn of an agent, the latest without a number. Read again while it runs, and when another begins. */
export function useTimeline(agent: Agent, turn: number | null) {
  const host = useHost();
  // A turn that waits to begin counts too.
  const latest = agent.turn + (agent.status === "queued" ? 1 : 0);
  return useQuery({
    queryKey: keys.timeline(agent.id, turn ?? latest, turn === null),
    queryFn: () => host.call("timeline", { agent: agent.id, turn }),
    staleTime: 0,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.ended_at === null || (turn === null && isBusy(agent))) && TIMELINE_EVERY,
  });
}
