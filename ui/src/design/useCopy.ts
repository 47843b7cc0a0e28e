/** Copies to the clipboard and reports the result for a moment, a failure for longer. */
import { useEffect, useState } from "react";

export type CopyState = "idle" | "copied" | "failed";

/** How long each result is shown, in milliseconds. */
const SHOWN_MS = { copied: 1_500, failed: 10_000 };

export function useCopy(): [state: CopyState, copy: (text: string) => void] {
  const [state, setState] = useState<CopyState>("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_MS[state]);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (text: string) => {
    write(text).then(
      () => setState("copied"),
      () => setState("failed"),
    );
  };
  return [state, copy];
}

/** Async, so that a missing clipboard rejects instead of throwing. */
async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
