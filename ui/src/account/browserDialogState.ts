/** Whether the person has hidden the browser dialog. Module state, because several components show and hide it. */
import { useSyncExternalStore } from "react";

let hidden = false;
const listeners = new Set<() => void>();

function set(next: boolean) {
  hidden = next;
  listeners.forEach((listener) => listener());
}

/** Hides the dialog; the attempt keeps waiting for the browser. */
export const hideBrowserDialog = () => set(true);
export const showBrowserDialog = () => set(false);

export function useIsBrowserDialogHidden(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => hidden,
  );
}
