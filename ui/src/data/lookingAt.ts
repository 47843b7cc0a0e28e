/** Whether the person looks at this window: it is visible and has the focus. */
import { useSyncExternalStore } from "react";

export function isLooking(): boolean {
  return document.hasFocus() && document.visibilityState === "visible";
}

export function useIsLooking(): boolean {
  return useSyncExternalStore(subscribe, isLooking);
}

function subscribe(listener: () => void) {
  const targets: ReadonlyArray<[EventTarget, string]> = [
    [window, "focus"],
    [window, "blur"],
    [document, "visibilitychange"],
  ];
  for (const [target, event] of targets) target.addEventListener(event, listener);
  return () => {
    for (const [target, event] of targets) target.removeEventListener(event, listener);
  };
}
