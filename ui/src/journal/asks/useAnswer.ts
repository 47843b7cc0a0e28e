/** Sends the answer to an ask, and knows whether another answer came first. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { AskAnswer, HostError } from "../../bridge";
import { useJournals, useRequest } from "../../data/context";
import { keys } from "../../data/keys";

export interface Answering {
  /** `null`: the person will not answer. Calls `done` once the answer is recorded. */
  send: (answer: AskAnswer | null, done?: () => void) => void;
  /** Sends the same answer again; `null` if that cannot help. */
  retry: (() => void) | null;
  /** Forgets the error. */
  reset: () => void;
  /** Sending, or sent and not yet recorded here. */
  isSending: boolean;
  /** An error, except those below. */
  error: HostError | null;
  /** Why the host has refused the amount. */
  amountProblem: HostError | null;
  /** It was settled elsewhere, or does not exist any more. */
  isElsewhere: boolean;
}

export function useAnswer(ask: string): Answering {
  const request = useRequest();
  const client = useQueryClient();
  const journals = useJournals();
  const onDone = useRef<(() => void) | undefined>(undefined);
  const { error, variables } = request;
  const onError = (failed: HostError) => {
    if (!isSettledElsewhere(failed)) return;
    // The window may have missed how it was settled.
    void client.invalidateQueries({ queryKey: keys.asks });
    void client.invalidateQueries({ queryKey: keys.agents });
    journals.catchUp();
  };
  const isRefused = error?.code === "bad_request";
  const isAboutAmount = isRefused && variables?.op === "answer_ask" && variables.answer?.amount !== undefined;
  const isElsewhere = error !== null && isSettledElsewhere(error);
  const onSuccess = () => onDone.current?.();
  return {
    send: (answer, done) => {
      onDone.current = done;
      request.mutate({ op: "answer_ask", ask, answer }, { onError, onSuccess });
    },
    retry: variables && !isRefused ? () => request.mutate(variables, { onError, onSuccess }) : null,
    reset: request.reset,
    isSending: request.isPending || request.isSuccess,
    error: isAboutAmount || isElsewhere ? null : error,
    amountProblem: isAboutAmount ? error : null,
    isElsewhere,
  };
}

function isSettledElsewhere(error: HostError): boolean {
  return error.code === "conflict" || error.code === "not_found";
}
