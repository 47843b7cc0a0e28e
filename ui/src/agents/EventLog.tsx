/** The event log as a virtual list, newest last. Each line expands to the stored event. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ScrollText } from "lucide-react";
import { memo, useCallback, useEffect, useRef, useState } from "react";
import type { EventLine } from "../bridge";
import { cx } from "../design/cx";
import { Dot } from "../design/Dot";
import { Empty, ErrorPanel, Loading, InlineError } from "../design/states";
import { useJournal, useJournals } from "../data/context";
import { ALL } from "../data/journals";
import { toAgent } from "../data/links";
import { useAgents } from "../data/queries";
import { clockSeconds, exactTime } from "../data/time";
import { summary } from "./summary";

export function EventLog({ agent }: { agent: string }) {
  const journal = useJournal(agent);
  const journals = useJournals();
  const agents = useAgents().data;
  const nameOf = useCallback((id: string) => agents?.find((one) => one.id === id)?.name ?? id, [agents]);
  const scroller = useRef<HTMLDivElement>(null);
  const { lines } = journal;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 28,
    getItemKey: (index) => lines[index]?.position ?? index,
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

  if (journal.status === "loading") return <Loading label="Loading the log" />;
  if (journal.status === "failed" && journal.error) return <ErrorPanel problem={journal.error} retry={() => journals.retry(agent)} />;
  if (lines.length === 0) return <Empty icon={ScrollText} title="No events yet" />;
  return (
    <>
      <div
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Events"
        className="min-h-0 grow overflow-y-auto px-3 [overflow-anchor:none]"
        onScroll={(event) => event.currentTarget.scrollTop < 600 && void journals.loadOlder(agent)}
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((row) => {
            const line = lines[row.index];
            if (!line) return null;
            const isNew = lines[row.index - 1]?.agent !== line.agent || row.index === virtual.range?.startIndex;
            const name = agent !== ALL ? null : isNew ? nameOf(line.agent) : "";
            return (
              <div key={row.key} data-index={row.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${row.start}px)` }}>
                <LogLine line={line} name={name} nameOf={nameOf} />
              </div>
            );
          })}
        </div>
      </div>
      <InlineError problem={journal.error} />
    </>
  );
}

const LogLine = memo(function LogLine({ line, name, nameOf }: { line: EventLine; name: string | null; nameOf: (id: string) => string }) {
  const [open, setOpen] = useState(false);
  const { what, detail, tone } = summary(line, nameOf);
  return (
    <div>
      <div className="flex items-center gap-2.5 rounded-md px-2 hover:bg-hover">
        <span className="min-w-15 shrink-0 text-xs whitespace-nowrap text-ink-3 tabular-nums" title={exactTime(line.at)}>
          {clockSeconds(line.at)}
        </span>
        {name !== null && (
          <span className="w-20 shrink-0 truncate text-sm font-medium @2xl/view:w-28">
            {name && (
              <a href={toAgent(line.agent)} className="hover:underline">
                {name}
              </a>
            )}
          </span>
        )}
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex h-7 min-w-0 grow cursor-pointer items-center gap-2 text-left text-sm">
          <Dot tone={tone} className={cx("size-1.5", tone === "active" && "[animation:none]")} />
          <span className="shrink-0">{what}</span>
          <span className="truncate text-ink-3">{detail}</span>
        </button>
        <span className="hidden text-xs text-ink-3 tabular-nums @2xl/view:inline">{line.seq}</span>
      </div>
      {open && (
        <pre tabIndex={0} aria-label="Stored event" className="code my-1 max-h-72 @2xl/view:ml-18 overflow-auto rounded-lg border border-line p-3 whitespace-pre-wrap">
          {JSON.stringify(line.data, null, 2)}
        </pre>
      )}
    </div>
  );
});
