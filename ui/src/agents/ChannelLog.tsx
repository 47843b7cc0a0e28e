/** A channel of the log in plain words: it follows, can be paused and filtered, copied and exported. A line shows its stored event. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ScrollText } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { LogLine } from "../bridge";
import { cx } from "../design/cx";
import { Dot, type Tone } from "../design/Dot";
import { Empty, ErrorPanel, InlineError, Loading } from "../design/states";
import { useNow } from "../design/useNow";
import { useHost } from "../data/context";
import { LogFeed } from "../data/logFeed";
import { toAgent } from "../data/links";
import { clockSeconds, day, exactTime, sameDay } from "../data/time";
import { counted, t } from "../words";
import { Earlier } from "./Earlier";
import { LogTools } from "./LogTools";
import { StoredEvent } from "./StoredEvent";

/** How long typing pauses before the filter is used, in ms. */
const TYPING = 200;

/** Lines that fill the view. Earlier ones are read until there are as many: fewer cannot be scrolled. */
const FILLING = 40;

export default function ChannelLog({ channel, isOfAgent }: { channel: string; isOfAgent: boolean }) {
  const host = useHost();
  const [text, setText] = useState("");
  const filter = useSettled(text.trim());
  const [isPaused, setPaused] = useState(false);
  const feed = useMemo(() => new LogFeed(host, channel, filter || null), [host, channel, filter]);
  const log = useSyncExternalStore(feed.subscribe, feed.get);
  useEffect(() => {
    if (isPaused) return;
    feed.follow();
    return () => feed.pause();
  }, [feed, isPaused]);
  useEffect(() => {
    if (log.status === "ready" && log.lines.length < FILLING) void feed.loadOlder();
    // Once for each part, so that a failed one is not read again and again.
  }, [feed, log.status, log.before]);
  return (
    <>
      <LogTools channel={channel} filter={filter} lines={log.lines} text={text} onText={setText} isPaused={isPaused} onPause={setPaused} />
      <div className="px-6">
        {log.status === "ready" && <InlineError problem={log.error} />}
        {log.lost > 0 && <p className="pb-1 text-xs text-warn">{counted(log.lost, "{n} line came too fast and is lost.", "{n} lines came too fast and are lost.")}</p>}
        <Earlier state={log.older} isEmpty={log.lines.length === 0} onRetry={() => void feed.loadOlder()} />
      </div>
      {log.status === "loading" ? (
        isPaused ? <Empty icon={ScrollText} title={t("Paused")}>{t("Follow the log to read it.")}</Empty> : <Loading label={t("Loading the log")} />
      ) : log.status === "failed" && log.error ? (
        <ErrorPanel problem={log.error} retry={() => feed.retry()} />
      ) : log.lines.length === 0 && log.before === null ? (
        <Empty icon={ScrollText} title={filter ? t("No line with this text") : t("Nothing yet")}>{channel === "#stack" && !filter && t("What happens to the containers is listed from each start of GrowQR on.")}</Empty>
      ) : (
        <Lines key={`${channel} ${filter}`} lines={log.lines} isOfAgent={isOfAgent} onOlder={() => log.older === "idle" && void feed.loadOlder()} />
      )}
    </>
  );
}

/** The text once typing has paused. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Lines({ lines, isOfAgent, onOlder }: { lines: readonly LogLine[]; isOfAgent: boolean; onOlder: () => void }) {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(false);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 28,
    getItemKey: (index) => lines[index]?.id ?? index,
    overscan: 12,
    anchorTo: "end",
    followOnAppend: true,
    paddingStart: 8,
    paddingEnd: 12,
  });
  const started = useRef(false);
  useEffect(() => {
    if (started.current || lines.length === 0) return;
    started.current = true;
    virtual.scrollToEnd();
  }, [lines.length, virtual]);
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={t("Log")}
      className="@container/log min-h-0 grow overflow-y-auto px-3 [overflow-anchor:none]"
      onScroll={(event) => event.currentTarget.scrollTop < 600 && onOlder()}
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const line = lines[row.index];
          if (!line) return null;
          const before = lines[row.index - 1];
          const isOtherDay = !sameDay(line.at, before?.at ?? now);
          const isNew = before?.name !== line.name || row.index === virtual.range?.startIndex;
          return (
            <div key={row.key} data-index={row.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${row.start}px)` }}>
              {isOtherDay && <p className="px-3 pt-2 pb-1 text-xs font-medium text-ink-2">{day(line.at, now)}</p>}
              <Line line={line} name={isOfAgent ? null : isNew ? line.name : ""} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const TONES: Record<LogLine["tone"], Tone> = { quiet: "quiet", good: "good", warn: "warn", bad: "bad" };

const Line = memo(function Line({ line, name }: { line: LogLine; name: string | null }) {
  const [isOpen, setOpen] = useState(false);
  const words = (
    <>
      <Dot tone={TONES[line.tone]} />
      <span dir="auto" className={cx("min-w-0 text-start", isOpen ? "whitespace-pre-wrap" : "truncate")}>
        {(line.tone === "bad" || line.tone === "warn") && <span className="sr-only">{line.tone === "bad" ? t("Problem:") : t("Attention:")} </span>}
        {line.text}
      </span>
    </>
  );
  return (
    <div className="flex flex-wrap items-start gap-x-3 rounded px-3 text-sm @lg/log:flex-nowrap">
      <time className="min-w-18 shrink-0 py-1 whitespace-nowrap text-xs leading-5 text-ink-3 tabular-nums" dateTime={new Date(line.at).toISOString()} title={exactTime(line.at)}>
        {clockSeconds(line.at)}
      </time>
      {name !== null && (
        // Above the line where there is no room beside it.
        <span className={cx("order-first w-full truncate pt-1 text-xs leading-5 font-medium @lg/log:order-none @lg/log:block @lg/log:w-28 @lg/log:shrink-0 @lg/log:py-1", name === "" && "hidden")}>
          {line.agent === null || name === "" ? name : <a dir="auto" href={toAgent(line.agent)} className="hover:underline">{name}</a>}
        </span>
      )}
      <span className="min-w-0 grow basis-0">
        {line.agent === null ? (
          <span className="flex items-center gap-2 py-1">{words}</span>
        ) : (
          <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="flex w-full min-w-0 cursor-pointer items-center gap-2 rounded py-1 hover:bg-hover">
            {words}
          </button>
        )}
        {isOpen && <StoredEvent position={Number(line.id)} />}
      </span>
    </div>
  );
});
