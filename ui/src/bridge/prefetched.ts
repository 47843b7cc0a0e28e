/** The responses to requests that public/startup.js sent before the bundle ran. */
import type { Answer, Args, CommandName } from "./commands";

declare global {
  interface Window {
    /** Responses, keyed by command and arguments. */
    prefetched?: Map<string, Promise<unknown>>;
  }
}

/** The response to an identical prefetched request. Handed out once: a later request must reach the host. */
export function takePrefetched<N extends CommandName>(name: N, args: Args<N>): Promise<Answer<N>> | undefined {
  const key = JSON.stringify([name, args]);
  const response = window.prefetched?.get(key);
  window.prefetched?.delete(key);
  return response as Promise<Answer<N>> | undefined;
}
