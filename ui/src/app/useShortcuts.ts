/** Handles the shortcuts that work in every view: they open views, the palette and the list of shortcuts, and search the open view. */
import { useEffect } from "react";
import { toSection } from "../data/links";
import { isPressed } from "../data/shortcuts";
import { VIEWS } from "./views";

export function useShortcuts(actions: { palette: () => void; find: () => void; escape: () => void }) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Dialogs and menus handle their own keys.
      if (event.target instanceof Element && event.target.closest("dialog, [role=menu]")) return;
      if (isPressed(event, "close")) return actions.escape();
      if (!(event.ctrlKey || event.metaKey) && isTyping(event.target)) return;
      const run = action(event, actions);
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [actions]);
}

function action(event: KeyboardEvent, actions: { palette: () => void; find: () => void }): (() => void) | undefined {
  const go = (href: string) => () => void (location.hash = href);
  if (isPressed(event, "palette")) return actions.palette;
  if (isPressed(event, "find")) return actions.find;
  if (isPressed(event, "help")) return go(toSection("shortcuts"));
  const open = VIEWS.find(({ view }) => isPressed(event, view));
  return open && go(open.href);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}
