/** Global shortcuts: 1 to 6 open views, / searches the open view, Ctrl+K or Cmd+K opens the command palette. */
import { useEffect } from "react";
import { VIEWS } from "./views";

export function useShortcuts(actions: { palette: () => void; find: () => void; escape: () => void }) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Dialogs and menus handle their own keys.
      if (event.target instanceof Element && event.target.closest("dialog, [role=menu]")) return;
      const mod = event.ctrlKey || event.metaKey;
      if (mod && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return actions.palette();
      }
      if (event.key === "Escape") return actions.escape();
      const view = VIEWS.find(({ key }) => key === event.key);
      if (view && (mod || !isTyping(event.target))) {
        event.preventDefault();
        location.hash = view.href;
      } else if (event.key === "/" && !mod && !isTyping(event.target)) {
        event.preventDefault();
        actions.find();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [actions]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}
