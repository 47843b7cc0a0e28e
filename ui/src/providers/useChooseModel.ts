/** Sets the model that answers and, for a model of a local server, that server's address. */
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
  /** `url` is the address of a local server, or `null` for a provider. Resolves to whether both settings were saved. */
  const choose = async (model: string, url: string | null): Promise<boolean> => {
    const requests: Request[] = [{ op: "set_setting", name: "model", value: model }];
    if (url !== null) requests.unshift({ op: "set_setting", name: "openai.base_url", value: url });
    setBusy(true);
    setError(null);
    try {
      for (const request of requests) {
        await host.call("ask", { request });
        invalidateAfter(client, request);
      }
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
