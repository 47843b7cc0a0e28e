/**
 * An agent's transcript as a virtual list. It follows the end unless the person has scrolled up, and loads older lines
 * when the top comes near.
 */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState, type WheelEvent } from "react";
import { Button } from "../design/Button";
import { ErrorPanel, Loading, InlineError } from "../design/states";
import { useRequest, useIsLive, useJournal, useJournals } from "../data/context";
import { useAgents } from "../data/queries";
import { canResume } from "../data/status";
import { day, sameDay } from "../data/time";
import { t } from "../words";
import { AnswerRow } from "./AnswerRow";
import { isTarget, type Target } from "./isTarget";
import { rareRows } from "./Rare";
import { Row } from "./rows";
import { useTranscript } from "./useTranscript";

// Nothing can be selected, and no trouble is known, before the first paint.
const AnswerAnnouncer = lazy(async () => ({ default: (await import("./AnswerAnnouncer")).AnswerAnnouncer }));
const TroubleNote = lazy(async () => ({ default: (await import("./TroubleNote")).TroubleNote }));
const ReadingMark = lazy(async () => ({ default: (await import("./ReadingMark")).ReadingMark }));
const NewLine = lazy(async () => ({ default: (await import("./ReadingMark")).NewLine }));
const CopyRows = lazy(async () => ({ default: (await import("./CopyRows")).CopyRows }));

/** The estimated height of a row that is not measured yet, in pixels. */
const ESTIMATED_HEIGHT = 90;

export function TranscriptView(props: { agent: string; empty: ReactNode; target: Target | null }) {
  const { agent, target } = props;
  const journal = useJournal(agent);
  const journals = useJournals();
  const transcript = useTranscript(journal);
  const agents = useAgents().data;
  const request = useRequest();
  const scroller = useRef<HTMLDivElement>(null);
  const [isScrolledUp, setScrolledUp] = useState(false);
  const [newKey, setNewKey] = useState<string | null>(null);

  // Before the first of them comes, but after the first paint.
  useEffect(() => rareRows.load(), []);

  const { items, waiting } = transcript;
  const first = journal.lines[0]?.seq;
  const isLive = useIsLive(agent);
  const live = transcript.calling !== null || isLive;
  // Queued messages are below the streamed answer.
  const firstQueued = items.length + (live ? 1 : 0);
  const count = firstQueued + waiting.length;
  // The streamed answer has the key of the final answer, so that its row stays mounted.
  const keyOf = (index: number) => (items[index] ?? waiting[index - firstQueued])?.key ?? `answer-${transcript.calling ?? "live"}`;
  const keys = useMemo(() => Array.from({ length: count }, (_, index) => keyOf(index)), [items, waiting, count, transcript.calling]);
  // The rows at the ends of a selection. By key, since the indexes change when older rows load.
  const [keptKeys, setKeptKeys] = useState<readonly string[]>([]);
  const kept = useMemo(() => keptKeys.map((key) => keys.indexOf(key)).filter((index) => index >= 0), [keptKeys, keys]);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_HEIGHT,
    // Render the last rows first, as many as fill the window. The offset must be reachable, or the virtualizer would wait
    // to arrive there.
    initialRect: { width: innerWidth, height: innerHeight },
    initialOffset: () => (target ? 0 : Math.max(0, count * ESTIMATED_HEIGHT - innerHeight)),
    getItemKey: keyOf,
    rangeExtractor: (range: Range) => (kept.length === 0 ? defaultRangeExtractor(range) : [...new Set([...kept, ...defaultRangeExtractor(range)])].sort((a, b) => a - b)),
    overscan: 6,
    anchorTo: "end",
    followOnAppend: true,
    paddingEnd: 16,
  });

  const mine = agents?.find((one) => one.id === agent);
  const onResume = useMemo(
    () => (canResume(mine) ? () => request.mutate({ op: "resume", agent, id: crypto.randomUUID() }) : null),
    [mine?.status, agent, request.mutate],
  );
  const nameOf = useCallback((id: string) => agents?.find((one) => one.id === id)?.name ?? id, [agents]);

  const started = useRef(false);
  useEffect(() => {
    if (started.current || count === 0 || target) return;
    started.current = true;
    virtual.scrollToEnd();
  }, [count, target, virtual]);

  // Scroll to the end for each new message of the person, wherever they have scrolled to.
  const lastSent = (waiting.at(-1) ?? items.findLast((item) => item.kind === "said" && item.by === "person"))?.seq ?? 0;
  const previousSent = useRef(lastSent);
  useEffect(() => {
    if (started.current && lastSent > previousSent.current) virtual.scrollToEnd();
    previousSent.current = lastSent;
  }, [lastSent, virtual]);

  useEffect(() => {
    if (!target || journal.status !== "ready") return;
    const index = items.findIndex((item) => isTarget(item, target));
    if (index >= 0) virtual.scrollToIndex(index, { align: "center" });
    else if (!journal.whole) void journals.loadOlder(agent);
  }, [target, journal.status, first, agent]);

  // Stay at the end when the list shrinks (a notice, the search, a smaller window) and when a row changes height after it
  // was followed. Only scrolling up leaves the end.
  const atEnd = useRef(target === null);
  const top = useRef(0);
  const isShown = journal.status === "ready" && count > 0;
  useEffect(() => {
    const element = scroller.current;
    if (!isShown || !element) return;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
      setScrolledUp(distanceToEnd(element) > 240);
    });
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [isShown]);

  // With few rows nothing scrolls: all that is loaded may be one fold.
  useEffect(() => {
    const element = scroller.current;
    if (isShown && element && element.scrollHeight <= element.clientHeight) void journals.loadOlder(agent);
  }, [isShown, first, count, agent, journals]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const distance = distanceToEnd(element);
    if (distance <= 2) atEnd.current = true;
    else if (element.scrollTop < top.current) atEnd.current = false;
    top.current = element.scrollTop;
    setScrolledUp(distance > 240);
    if (element.scrollTop < 600) void journals.loadOlder(agent);
  };

  // Handle an upward wheel at once: a delta could scroll back to the end before the scroll event arrives.
  const onWheel = (event: WheelEvent) => {
    if (event.deltaY < 0 && event.currentTarget.scrollTop > 0) atEnd.current = false;
  };

  // All states fill the same space, so that the composer below does not jump.
  if (journal.status === "loading") return <div className="min-h-0 grow overflow-auto"><Loading label={t("Loading the conversation")} /></div>;
  if (journal.status === "failed" && journal.error) {
    return (
      <div className="min-h-0 grow overflow-auto">
        <ErrorPanel problem={journal.error} retry={() => journals.retry(agent)} />
      </div>
    );
  }
  if (count === 0) return <div className="grid min-h-0 grow place-items-center overflow-auto">{props.empty}</div>;
  return (
    <div className="relative min-h-0 grow">
      <div ref={scroller} onScroll={onScroll} onWheel={onWheel} tabIndex={0} role="log" aria-live="off" aria-label={t("Conversation")} className="h-full overflow-y-auto px-6 [overflow-anchor:none]">
        <div className="relative mx-auto max-w-[50rem]" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((row) => {
            const queued = waiting[row.index - firstQueued];
            const item = items[row.index] ?? queued;
            return (
              <div key={row.key} data-index={row.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${row.start}px)` }}>
                <DayLine before={items[row.index - 1]?.at} at={items[row.index]?.at} />
                {item && item.key === newKey && (
                  <Suspense fallback={<div className="h-10" />}>
                    <NewLine />
                  </Suspense>
                )}
                {!item || item.kind === "answer" ? <AnswerRow agent={agent} item={item ?? null} marked={item !== undefined && item.seq === target?.seq} /> : <Row agent={agent} item={item} isQueued={queued !== undefined} at={target} nameOf={nameOf} onResume={onResume} />}
              </div>
            );
          })}
        </div>
      </div>
      <Suspense fallback={null}>
        <AnswerAnnouncer items={items} />
      </Suspense>
      <Suspense fallback={null}>
        <ReadingMark key={agent} agent={agent} scroller={scroller} items={items} last={transcript.last} lastSent={lastSent} onNew={setNewKey} />
      </Suspense>
      <Suspense fallback={null}>
        <CopyRows scroller={scroller} keys={keys} itemAt={(index) => items[index] ?? waiting[index - firstQueued] ?? null} liveText={() => journals.live(agent)?.text ?? ""} isWhole={journal.whole} kept={keptKeys} loadOlder={() => void journals.loadOlder(agent)} onKeep={setKeptKeys} />
      </Suspense>
      {isScrolledUp && (
        <Button className="rise absolute inset-x-0 bottom-3 mx-auto w-fit shadow-card" onClick={() => virtual.scrollToEnd()}>
          <ArrowDown className="size-4" aria-hidden /> {t("Jump to latest")}
        </Button>
      )}
      <Suspense fallback={null}>
        <TroubleNote agent={agent} request={request} />
      </Suspense>
      <div className="mx-auto max-w-[50rem] px-6">
        <InlineError problem={request.error ?? journal.stopped ?? journal.error} />
      </div>
    </div>
  );
}

/** A separator with the day, where it changes. */
function DayLine({ before, at }: { before: number | undefined; at: number | undefined }) {
  if (at === undefined || (before !== undefined && sameDay(before, at))) return null;
  const label = day(at, Date.now());
  return (
    <p data-uncopied className="flex items-center gap-3 pt-5 pb-1 text-xs text-ink-3">
      <span className="h-px grow bg-line" />
      {label}
      <span className="h-px grow bg-line" />
    </p>
  );
}

/** Distance in pixels from the visible area to the end of the list. */
function distanceToEnd(element: HTMLElement): number {
  return element.scrollHeight - element.scrollTop - element.clientHeight;
}
