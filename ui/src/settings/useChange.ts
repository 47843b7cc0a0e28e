/** A request that changes what is read with this key: it is read again afterwards. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { HostError, Reply, Request } from "../bridge";
import { useHost } from "../data/context";

export function useChange(queryKey: readonly string[]) {
  const host = useHost();
  const client = useQueryClient();
  return useMutation<Reply, HostError, Request>({
    mutationFn: (request) => host.call("ask", { request }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  });
}
