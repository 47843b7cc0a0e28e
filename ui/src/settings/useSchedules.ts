/** The schedules, what became of their runs, and what words about a time mean. */
import { useQuery } from "@tanstack/react-query";
import { useHost } from "../data/context";
import { useChange } from "./useChange";

const KEY = ["schedules"];

/** How often the list is read again, in ms: runs begin and end by themselves. */
const POLL_MS = 5_000;

/** How many runs are listed. */
const RUNS = 30;

export function useSchedules() {
  const host = useHost();
  return useQuery({ queryKey: KEY, queryFn: () => host.call("schedules", {}), refetchInterval: POLL_MS });
}

export function useScheduleRuns(schedule: string) {
  const host = useHost();
  return useQuery({ queryKey: [...KEY, schedule], queryFn: () => host.call("schedule_runs", { schedule, limit: RUNS }), refetchInterval: POLL_MS });
}

/** What the words mean; nothing is asked for an empty text. */
export function useSchedulePreview(words: string) {
  const host = useHost();
  return useQuery({ queryKey: ["schedule_preview", words], queryFn: () => host.call("schedule_preview", { words, zone: null }), enabled: words !== "", retry: false });
}

/** Changes a schedule; the list is read again afterwards. */
export const useScheduleRequest = () => useChange(KEY);
