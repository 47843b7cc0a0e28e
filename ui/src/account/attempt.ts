/** Whether the dialog of an attempt is put aside. It is one dialog, opened from several places. */
import { useSyncExternalStore } from "react";

let aside = false;
const listeners = new Set<() => void>();

function set(next: boolean) {
  aside = next;
  listeners.forEach((listener) => listener());
}

/** The person goes on with something else; the attempt waits. */
export const putAside = () => set(true);
export const showAttempt = () => set(false);

export function useIsAside(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => aside,
  );
}
