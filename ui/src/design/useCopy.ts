/** CopyState to the clipboard, with a moment of "copied", and longer if it did not work. */
import { useEffect, useState } from "react";

export type CopyState = "idle" | "copied" | "failed";

/** How long each is said, in milliseconds. */
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

/** Rejects also where there is no clipboard at all. */
async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
