/** Sets the model that answers. The id of a model of a local server carries the server's address. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { HostError, type Request } from "../bridge";
import { useHost } from "../data/context";
import { invalidateAfter } from "../data/keys";

export function useChooseModel() {
  const host = useHost();
  const client = useQueryClient();
  const [error, setError] = useState<HostError | null>(null);
  const [busy, setBusy] = useState(false);
  /** Resolves to whether the setting was saved. */
  const choose = async (model: string): Promise<boolean> => {
    const request: Request = { op: "set_setting", name: "model", value: model };
    setBusy(true);
    setError(null);
    try {
      await host.call("ask", { request });
      invalidateAfter(client, request);
      return true;
    } catch (thrown) {
      setError(HostError.from(thrown));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { choose, busy, error };
}
