/** Scrolls to a section of a view, and stays there while the sections above it load, until the person does something. */
import { type RefObject, useEffect } from "react";

export function useSection(scroller: RefObject<HTMLElement | null>, section: string | null) {
  useEffect(() => {
    const target = section === null ? null : scroller.current?.querySelector<HTMLElement>(`[data-section="${CSS.escape(section)}"]`);
    const content = scroller.current?.firstElementChild;
    if (!target || !content) return;
    target.focus({ preventScroll: true });
    // `scrollIntoView` would scroll the window, too, for the last sections.
    const show = () => {
      const view = scroller.current;
      if (view) view.scrollTop += target.getBoundingClientRect().top - view.getBoundingClientRect().top - (parseFloat(getComputedStyle(target).scrollMarginTop) || 0);
    };
    // WebKit does not always tell the observer of the first size.
    show();
    const observer = new ResizeObserver(show);
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
