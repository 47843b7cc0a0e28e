/** Whether the dialog of an attempt is put hidden. It is one dialog, opened from several places. */
import { useSyncExternalStore } from "react";

let hidden = false;
const listeners = new Set<() => void>();

function set(next: boolean) {
  hidden = next;
  listeners.forEach((listener) => listener());
}

/** The person goes on with something else; the attempt waits. */
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
