/**
 * The tree of agents as a virtual list. What is at the top of the view stays there when agents come above it. The keyboard goes
 * through it as through any tree: one row can be reached with Tab, arrow keys and letters go on from there.
 */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useAgentSteps } from "../data/agentWork";
import { isBusy, type Node } from "../data/status";
import { direction, t } from "../words";
import { AgentRow } from "./AgentRow";
import { flatTree } from "./flatTree";
import { isTyping, type Move, rowWithName, treeMove, type Typed, typeLetter } from "./treeMove";

export function AgentTree({ nodes, open }: { nodes: readonly Node[]; open: string }) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => flatTree(nodes, folded), [nodes, folded]);
  const steps = useAgentSteps(useMemo(() => nodes.some(function busy(node: Node): boolean { return isBusy(node.agent) || node.children.some(busy); }), [nodes]));
  const [reached, setReached] = useState(open);
  // The row that Tab reaches. It stays in the document while it is out of view, so that it keeps the focus.
  const active = Math.max(0, rows.findIndex((row) => row.agent.id === reached));
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index] && isBusy(rows[index].agent) ? 72 : 52),
    getItemKey: (index) => rows[index]?.agent.id ?? index,
    rangeExtractor: (range: Range) => [...new Set([active, ...defaultRangeExtractor(range)])].sort((a, b) => a - b),
    overscan: 6,
    paddingEnd: 16,
  });
  useStableTop(rows.map((row) => row.agent.id), virtual, scroller);
  useEffect(() => {
    const index = rows.findIndex((row) => row.agent.id === open);
    if (index < 0) return;
    setReached(open);
    // Not while a narrow window shows the agent instead of the tree.
    if (scroller.current?.clientHeight) virtual.scrollToIndex(index, { align: "auto" });
    // Only when another agent is opened.
  }, [open]);

  const fold = useCallback((id: string, isFolded: boolean) => {
    setFolded((known) => {
      const next = new Set(known);
      if (isFolded) next.add(id);
      else next.delete(id);
      return next;
    });
  }, []);
  // The row that a key leads to exists once it is the one that Tab reaches.
  const toFocus = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (toFocus.current !== reached) return;
    toFocus.current = null;
    scroller.current?.querySelector<HTMLElement>(`a[data-agent="${CSS.escape(reached)}"]`)?.focus();
  }, [reached]);
  const typed = useRef<Typed>({ text: "", at: 0 });
  const moveOf = (event: KeyboardEvent): Move | null => {
    if (event.key.length > 1) return treeMove(keyOfDirection(event.key), rows, active);
    // Digits and signs are shortcuts of the window, unless they go on with a name.
    if (!/\p{L}/u.test(event.key) && !isTyping(typed.current, event.timeStamp)) return null;
    event.stopPropagation();
    typed.current = typeLetter(typed.current, event.key, event.timeStamp);
    return rowWithName(typed.current.text, rows, active);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moveOf(event);
    if (!move) return;
    event.preventDefault();
    if ("isFolded" in move) return fold(row.agent.id, move.isFolded);
    const id = rows[move.to]?.agent.id ?? reached;
    toFocus.current = id;
    virtual.scrollToIndex(move.to);
    setReached(id);
  };
  const onFocus = (event: FocusEvent) => {
    const id = event.target instanceof HTMLElement ? event.target.dataset["agent"] : undefined;
    if (id !== undefined) setReached(id);
  };
  return (
    <div ref={scroller} className="min-h-0 grow overflow-y-auto px-3 [overflow-anchor:none]">
      <ul role="tree" aria-label={t("All agents")} className="relative" style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown} onFocus={onFocus}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <li key={item.key} role="none" data-index={item.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${item.start}px)` }}>
              <AgentRow row={row} step={steps.get(row.agent.id)} isOpen={row.agent.id === open} isReached={item.index === active} onFold={fold} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** From right to left, the arrow to the right leads out of a branch, and the one to the left into it. */
function keyOfDirection(key: string): string {
  if (direction() === "ltr") return key;
  return key === "ArrowLeft" ? "ArrowRight" : key === "ArrowRight" ? "ArrowLeft" : key;
}

/** Keeps the row at the top of the view where it is when rows come or go above it. */
function useStableTop(ids: readonly string[], virtual: ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>, scroller: { current: HTMLDivElement | null }) {
  const top = useRef<{ id: string; offset: number } | null>(null);
  const joined = ids.join(" ");
  useLayoutEffect(() => {
    const known = top.current;
    const index = known ? ids.indexOf(known.id) : -1;
    const start = virtual.measurementsCache[index]?.start;
    if (known && start !== undefined && scroller.current && scroller.current.scrollTop > 0) scroller.current.scrollTop = start + known.offset;
    // Only when rows come or go.
  }, [joined]);
  useLayoutEffect(() => {
    const at = scroller.current?.scrollTop ?? 0;
    const first = virtual.getVirtualItems().find((item) => item.end > at);
    const id = first && ids[first.index];
    top.current = first && id !== undefined ? { id, offset: at - first.start } : null;
  });
}
