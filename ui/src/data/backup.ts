/** Making a backup. The settings and the palette can begin one; two never run at the same time. */
import { type QueryClient, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Backup, Host, HostError } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";

const MUTATION = ["back_up"];

/** Begins a backup unless one is being made. `useBackup` tells how it goes. */
export function backUp(host: Host, client: QueryClient) {
  if (client.isMutating({ mutationKey: MUTATION }) > 0) return;
  const mutation = client.getMutationCache().build<Backup, HostError, void, unknown>(client, {
    mutationKey: MUTATION,
    // A failure is told until the next backup.
    gcTime: Infinity,
    mutationFn: () => host.call("back_up", {}),
    onSuccess: (made) => client.setQueryData(keys.lastBackup, made),
  });
  mutation.execute().catch(() => {
    // `useBackup` has the error.
  });
}

/** The last backup, and the one that is being made. */
export function useBackup() {
  const host = useHost();
  const client = useQueryClient();
  const last = useQuery<Backup | null, HostError>({ queryKey: keys.lastBackup, queryFn: () => host.call("last_backup", {}) });
  const now = useMutationState({ filters: { mutationKey: MUTATION }, select: ({ state }) => state }).at(-1);
  return {
    last: last.data,
    isPending: now?.status === "pending",
    problem: (now?.error as HostError | null | undefined) ?? last.error,
    begin: () => backUp(host, client),
  };
}
