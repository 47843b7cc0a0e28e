/** The parts of a turn as a virtual list: what each is, how long it took and what it cost, with a bar at its place in the turn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import type { Timeline, TimelinePart } from "../bridge";
import { cx } from "../design/cx";
import { toAgent } from "../data/links";
import { duration, exactTime } from "../data/time";
import { counted, t } from "../words";
import { costWords, kindOf, span, stateWords } from "./partWords";
import { workWords } from "./workWords";

export function TurnParts({ timeline, head }: { timeline: Timeline; head: ReactNode }) {
  const { parts } = timeline;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const virtual = useVirtualizer({
    count: parts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 44,
    getItemKey: (index) => index,
    scrollMargin: list.current?.offsetTop ?? 0,
    overscan: 12,
    paddingEnd: 16,
  });
  return (
    <div ref={scroller} tabIndex={0} role="region" aria-label={t("Timeline of the turn")} className="relative min-h-0 grow overflow-y-auto px-6 pt-2">
      {head}
      {timeline.left_out > 0 && <p className="pb-2 text-xs text-ink-3">{counted(timeline.left_out, "{n} earlier part is not listed; the sums count it.", "{n} earlier parts are not listed; the sums count them.")}</p>}
      <ol ref={list} aria-label={t("Parts")} className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const part = parts[item.index];
          if (!part) return null;
          return (
            <li key={item.key} data-index={item.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}>
              <PartRow part={part} timeline={timeline} />
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function PartRow({ part, timeline }: { part: TimelinePart; timeline: Timeline }) {
  const { icon: Icon, fill } = kindOf(part.state === "cut" ? "cut" : part.kind);
  const state = stateWords(part.state);
  const cost = costWords({ cost: part.cost ?? 0, unknown: part.unknown });
  const { left, width } = span(part, timeline.began_at, timeline.until);
  const place = part.kind === "sub_agent" && part.agent !== null ? toAgent(part.agent) : part.effect !== null ? toAgent(timeline.agent, part.effect) : null;
  const isBad = part.state === "failed" || part.state === "cut";
  return (
    <div className="pb-2 text-sm">
      <div className="flex items-center gap-2">
        <Icon className="size-3.5 shrink-0 text-ink-3" aria-hidden />
        {place ? (
          <a href={place} dir="auto" className="truncate hover:underline">{workWords(part)}</a>
        ) : (
          <span dir="auto" className="truncate">{workWords(part)}</span>
        )}
        {state && <span className={cx("text-xs whitespace-nowrap", isBad ? "text-bad" : "text-ink-3")}>{state}</span>}
        <span className="ms-auto flex shrink-0 gap-3 text-xs text-ink-3 tabular-nums">
          {cost && <span title={cost.title}>{cost.text}</span>}
          <span className="w-20 text-end" title={part.to === null ? exactTime(part.from) : t("{from} to {to}", { from: exactTime(part.from), to: exactTime(part.to) })}>
            {duration((part.to ?? timeline.until) - part.from)}
          </span>
        </span>
      </div>
      <div aria-hidden className="mt-1 h-2 rounded-full bg-hover">
        <div className={cx("h-full rounded-full", fill, part.state === "running" && "breathe")} style={{ marginInlineStart: `${left}%`, width: `${width}%` }} />
      </div>
    </div>
  );
}
