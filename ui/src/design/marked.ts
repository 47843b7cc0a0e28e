/** Marks the linked line of a text, scrolls to it and focuses it. */
import { type RefObject, useEffect } from "react";
import type { TreeNode } from "./tree";

const BLOCKS = new Set(["p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "blockquote"]);

/** A rehype plugin that sets `data-line` on block elements to the line that they start on. */
export function addLineNumbers() {
  const number = (node: TreeNode) => {
    if (node.tagName && BLOCKS.has(node.tagName) && node.position) node.properties = { ...node.properties, dataLine: node.position.start.line };
    node.children?.forEach(number);
  };
  return number;
}

/** Marks the block that shows a line. `root` has one child per entry of `parts`, in order. */
export function useMarkedLine(root: RefObject<HTMLElement | null>, parts: readonly string[], line: number | null) {
  const text = parts.join("\n");
  useEffect(() => {
    const found = line === null || !root.current ? null : blockAtLine(root.current, parts, line);
    if (!found) return;
    found.closest("details")?.setAttribute("open", "");
    found.dataset["marked"] = "";
    found.tabIndex = -1;
    scrollToMarked();
    return () => {
      delete found.dataset["marked"];
      found.removeAttribute("tabindex");
    };
  }, [root, text, line]);
}

/** The innermost block that starts on the line, or the last one before it. */
function blockAtLine(root: HTMLElement, parts: readonly string[], line: number): HTMLElement | null {
  let at = line;
  const index = parts.findIndex((part) => {
    const lines = part.split("\n").length;
    if (at <= lines) return true;
    at -= lines;
    return false;
  });
  const begun = [...(root.children[index]?.querySelectorAll<HTMLElement>("[data-line]") ?? [])].filter((one) => Number(one.dataset["line"]) <= at);
  const last = Math.max(...begun.map((one) => Number(one.dataset["line"])));
  return begun.findLast((one) => Number(one.dataset["line"]) === last) ?? null;
}

/** Scrolls to the marked line and focuses it, unless the focus is on the tabs. */
export function scrollToMarked() {
  const marked = document.querySelector<HTMLElement>("[data-marked]");
  marked?.scrollIntoView({ block: "center" });
  if (!document.activeElement?.closest("[role=tablist]")) marked?.focus({ preventScroll: true });
}
