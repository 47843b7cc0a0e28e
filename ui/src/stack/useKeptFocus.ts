/**
 * Moves the focus to `home` when the control that had it is no longer needed, such as the button of a step that was taken.
 * Otherwise the keyboard would start again at the top of the window.
 */
import { type RefObject, useEffect, useRef } from "react";

export function useKeptFocus(root: RefObject<HTMLElement | null>, home: RefObject<HTMLElement | null>) {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const element = root.current;
    const seen = (event: FocusEvent) => {
      last.current = event.target instanceof Element ? event.target : null;
    };
    element?.addEventListener("focusin", seen);
    return () => element?.removeEventListener("focusin", seen);
  }, [root]);
  // After each change of the state.
  useEffect(() => {
    if (!last.current || last.current.isConnected || document.activeElement !== document.body) return;
    last.current = null;
    home.current?.focus();
  });
}
