/** What public/startup.js asked of the shell before these scripts ran. */
import type { Answer, Args, CommandName } from "./commands";

declare global {
  interface Window {
    /** Answers by command and arguments. */
    prefetched?: Map<string, Promise<unknown>>;
  }
}

/** The answer to the same question, if it was asked early. It is given once: who asks again wants to know anew. */
export function takePrefetched<N extends CommandName>(name: N, args: Args<N>): Promise<Answer<N>> | undefined {
  const question = JSON.stringify([name, args]);
  const answer = window.prefetched?.get(question);
  window.prefetched?.delete(question);
  return answer as Promise<Answer<N>> | undefined;
}
