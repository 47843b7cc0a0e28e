/** The quests, and the pages of memory that can be started as one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useHost } from "../../data/context";
import { keys } from "../../data/keys";
import { useAgents } from "../../data/queries";
import { useChange } from "../useChange";

const KEY = ["quests"];

/** How often the list is read again, in ms: no push tells of a step that is about to begin. */
const POLL_MS = 5_000;

/** Read again as soon as a sub-agent begins, spends or ends. */
export function useQuests() {
  const host = useHost();
  const client = useQueryClient();
  const work = useAgents().data?.flatMap(({ id, depth, status, spent }) => (depth === 1 ? [`${id} ${status} ${spent}`] : [])).join();
  const known = useRef(work);
  useEffect(() => {
    if (known.current !== undefined && known.current !== work) void client.invalidateQueries({ queryKey: KEY });
    known.current = work;
  }, [client, work]);
  return useQuery({ queryKey: KEY, queryFn: () => host.call("quests", {}), refetchInterval: POLL_MS });
}

/** The pages that can be started. They are read again when memory changes. */
export function usePlans() {
  const host = useHost();
  return useQuery({ queryKey: [...keys.memory, "quest_plans"], queryFn: () => host.call("quest_plans", {}) });
}

/** The steps of a page; its error says why it is no plan. */
export function usePlan(path: string) {
  const host = useHost();
  return useQuery({ queryKey: [...keys.memory, "quest_plan", path], queryFn: () => host.call("quest_plan", { path }), enabled: path !== "" });
}

/** Changes a quest; the list is read again afterwards. */
export const useQuestRequest = () => useChange(KEY);
