/** J and K, or the arrow keys, go to the next and the previous open ask of a list. Enter on an ask goes to its answers. */
import { type RefObject, useEffect } from "react";
import { isPressed } from "../data/shortcuts";

/** `showMore` renders the next asks; it returns whether there were any. */
export function useAskKeys(list: RefObject<HTMLElement | null>, showMore: () => boolean) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const step = stepOf(event, list.current);
      if (step === 0 || !list.current) return;
      event.preventDefault();
      if (go(list.current, step) || step < 0 || !showMore()) return;
      const element = list.current;
      requestAnimationFrame(() => go(element, step));
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [list, showMore]);
}

/** 1: forwards, -1: backwards, 0: another key, or one that the focused field needs. */
function stepOf(event: KeyboardEvent, list: HTMLElement | null): number {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input:not([type=radio]), textarea, select, [contenteditable=true], dialog, [role=menu]")) return 0;
  const step = isPressed(event, "nextAsk") ? 1 : isPressed(event, "previousAsk") ? -1 : 0;
  if (!event.key.startsWith("Arrow")) return step;
  // Elsewhere, and in a group of radio buttons, the arrow keys have a meaning already.
  if (!target?.closest("[data-ask]") || !list?.contains(target) || target.matches("input, pre[tabindex]")) return 0;
  return step;
}

/** Focuses the next open ask after the focused one; `false` if there is none. */
function go(list: HTMLElement, step: number): boolean {
  const cards = [...list.querySelectorAll<HTMLElement>("[data-ask]")];
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const rest = at < 0 ? cards : step > 0 ? cards.slice(at + 1) : cards.slice(0, at).reverse();
  const next = rest.find((card) => card.dataset["ask"] === "open");
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}
