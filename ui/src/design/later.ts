/**
 * A part of the window in a chunk of its own that is loaded after the first paint. Once it is loaded, it is rendered together with
 * what is around it. With `lazy`, React would show it after all other updates, and up to 300 ms later than what came with it.
 */
import { useSyncExternalStore } from "react";

export interface Later<T> {
  /** Begins to load it, once; again after a failure. */
  load: () => void;
  subscribe: (listener: () => void) => () => void;
  get: () => { loaded: T } | { failed: unknown } | null;
}

export function later<T>(load: () => Promise<T>): Later<T> {
  let state: ReturnType<Later<T>["get"]> = null;
  let hasBegun = false;
  const listeners = new Set<() => void>();
  const settle = (next: { loaded: T } | { failed: unknown }) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const begin = () => {
    if (hasBegun) return;
    hasBegun = true;
    load().then(
      (loaded) => settle({ loaded }),
      (failed: unknown) => {
        settle({ failed });
        // Once those who wait for it have thrown the error: what is shown in their place can try again.
        setTimeout(() => {
          state = null;
          hasBegun = false;
        });
      },
    );
  };
  return {
    load: begin,
    subscribe(listener) {
      begin();
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get: () => state,
  };
}

/** `null` until it is loaded. Throws if it cannot be loaded; the next component that uses it loads it again. */
export function useLater<T>(part: Later<T>): T | null {
  const state = useSyncExternalStore(part.subscribe, part.get);
  if (state !== null && "failed" in state) throw state.failed;
  return state?.loaded ?? null;
}
