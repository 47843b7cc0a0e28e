/**
 * The tree of agents as a virtual list. What is at the top of the view stays there when agents come above it. Arrow keys go
 * through the rows, left and right fold and unfold.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useAgentSteps } from "../data/agentWork";
import { isBusy, type Node } from "../data/status";
import { AgentRow } from "./AgentRow";
import { flatTree } from "./flatTree";

export function AgentTree({ nodes, open }: { nodes: readonly Node[]; open: string }) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => flatTree(nodes, folded), [nodes, folded]);
  const steps = useAgentSteps(useMemo(() => nodes.some(function busy(node: Node): boolean { return isBusy(node.agent) || node.children.some(busy); }), [nodes]));
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index] && isBusy(rows[index].agent) ? 72 : 52),
    getItemKey: (index) => rows[index]?.agent.id ?? index,
    overscan: 6,
    paddingEnd: 16,
  });
  useStableTop(rows.map((row) => row.agent.id), virtual, scroller);

  const fold = useCallback((id: string, isFolded: boolean) => {
    setFolded((known) => {
      const next = new Set(known);
      if (isFolded) next.add(id);
      else next.delete(id);
      return next;
    });
  }, []);
  const focus = (index: number) => {
    const row = rows[index];
    if (!row) return;
    virtual.scrollToIndex(index);
    // The row may only exist once the list has scrolled.
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`a[data-agent="${CSS.escape(row.agent.id)}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const id = event.target instanceof HTMLElement ? event.target.closest("li")?.querySelector("a")?.dataset["agent"] : undefined;
    const index = rows.findIndex((row) => row.agent.id === id);
    const row = rows[index];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const parent = rows.findLastIndex((other, at) => at < index && other.level < row.level);
    const actions: Record<string, () => void> = {
      ArrowDown: () => focus(index + 1),
      ArrowUp: () => focus(index - 1),
      Home: () => focus(0),
      End: () => focus(rows.length - 1),
      ArrowLeft: () => (row.below > 0 && !row.isFolded ? fold(row.agent.id, true) : focus(parent)),
      ArrowRight: () => (row.isFolded ? fold(row.agent.id, false) : row.below > 0 && focus(index + 1)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  return (
    <div ref={scroller} className="min-h-0 grow overflow-y-auto px-3 [overflow-anchor:none]">
      <ul aria-label="All agents as a tree" className="relative" style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <li key={item.key} data-index={item.index} ref={virtual.measureElement} aria-setsize={rows.length} aria-posinset={item.index + 1} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${item.start}px)` }}>
              <AgentRow row={row} step={steps.get(row.agent.id)} isOpen={row.agent.id === open} onFold={fold} />
            </li>
          );
        })}
      </ul>
    </div>
  );
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
