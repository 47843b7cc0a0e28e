/** The place that the window shows, from the URL hash. */
import { useMemo, useSyncExternalStore } from "react";
import { place, type Place } from "../data/links";

function subscribe(listener: () => void) {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => place(hash), [hash]);
}
