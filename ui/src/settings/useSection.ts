/** Scrolls to a section of a view, and stays there while the sections above it load, until the person does something. */
import { type RefObject, useEffect } from "react";

export function useSection(scroller: RefObject<HTMLElement | null>, section: string | null) {
  useEffect(() => {
    const target = section === null ? null : scroller.current?.querySelector<HTMLElement>(`[data-section="${CSS.escape(section)}"]`);
    const content = scroller.current?.firstElementChild;
    if (!target || !content) return;
    target.focus({ preventScroll: true });
    // WebKit does not always tell the observer of the first size.
    target.scrollIntoView();
    const observer = new ResizeObserver(() => target.scrollIntoView());
    observer.observe(content);
    const stop = () => observer.disconnect();
    const actions = ["wheel", "keydown", "pointerdown"] as const;
    for (const action of actions) addEventListener(action, stop, { once: true });
    return () => {
      stop();
      for (const action of actions) removeEventListener(action, stop);
    };
  }, [scroller, section]);
}
