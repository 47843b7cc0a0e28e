/** The hooks for what agents do now and did in a turn. The host computes both from the journals. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { AgentStep } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";

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

/** One turn of an agent, the latest without a number. Read again while it runs. */
export function useTimeline(agent: string, turn: number | null) {
  const host = useHost();
  return useQuery({
    queryKey: keys.timeline(agent, turn),
    queryFn: () => host.call("timeline", { agent, turn }),
    staleTime: 0,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.ended_at === null || turn === null) && TIMELINE_EVERY,
  });
}
