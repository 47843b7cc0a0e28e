/** The rows of a transcript, one component for each kind of item. */
import { Bot, Check, Copy, Mail, Play } from "lucide-react";
import { memo } from "react";
import { Button, IconButton } from "../design/Button";
import { cx } from "../design/cx";
import { TEXT } from "../design/Dot";
import { Fold } from "../design/Fold";
import { Markdown } from "../design/Markdown";
import { useCopy } from "../design/useCopy";
import { ending } from "../data/ended";
import { toAgent, toPage, toSettings } from "../data/links";
import { money, tokens } from "../data/money";
import { clock, duration, exactTime } from "../data/time";
import { ChildCard } from "./ChildCard";
import type { Answer, Call, Calls, End, Item, Reported, Said } from "./items";
import { ToolCall } from "./ToolCall";

export interface RowProps {
  item: Item;
  /** The tool call to point at. */
  at: string | null;
  nameOf: (agent: string) => string;
  onResume: (() => void) | null;
}

export const Row = memo(function Row({ item, at, nameOf, onResume }: RowProps) {
  switch (item.kind) {
    case "said":
      return <SaidRow item={item} nameOf={nameOf} />;
    case "answer":
      return <AnswerRow item={item} />;
    case "calls":
      return <CallsRow item={item} at={at} />;
    case "reported":
      return <ReportRow item={item} />;
    case "note":
      return <p className="py-1 text-center text-xs text-ink-3">{item.text}</p>;
    case "end":
      return <EndRow item={item} onResume={onResume} />;
  }
});

export function openPage(path: string) {
  location.hash = toPage(path.replace(/^\.?\//, ""));
}

function SaidRow({ item, nameOf }: { item: Said; nameOf: (agent: string) => string }) {
  const mine = item.by === "person";
  return (
    <div className={cx("flex flex-col pt-4 pb-1", mine ? "items-end" : "items-start")}>
      {!mine && <p className="mb-1 text-xs text-ink-3">Task from {nameOf(item.by)}</p>}
      <div title={exactTime(item.at)} className={cx("max-w-[min(36rem,85%)] rounded-2xl px-4 py-2 whitespace-pre-wrap [overflow-wrap:anywhere]", mine ? "rounded-br-md bg-said" : "rounded-bl-md border border-line bg-surface")}>
        {item.text}
      </div>
    </div>
  );
}

function AnswerRow({ item }: { item: Answer }) {
  const [copied, copy] = useCopy();
  const { usage } = item;
  const read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens;
  return (
    <div className="group relative py-1.5">
      {item.thinking && <Thinking text={item.thinking} />}
      {item.text && (
        <Markdown text={item.text} onPage={openPage} />
      )}
      {item.text && (
        <div className="absolute top-0 right-0 flex h-7 items-center gap-2.5 rounded-lg border border-line bg-surface pr-0.5 pl-2.5 text-xs text-ink-3 opacity-0 shadow-card transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
          <span title={exactTime(item.at)}>{clock(item.at)}</span>
          <span>{item.cost === null ? "cost unknown" : money(item.cost)}</span>
          <span title={`${read} tokens read, ${usage.output_tokens} written`}>
            {tokens(read)} in, {tokens(usage.output_tokens)} out
          </span>
          <span>{item.model}</span>
          <IconButton label={copied ? "Copied" : "Copy answer"} className="size-6" onClick={() => copy(item.text)}>
            {copied ? <Check className="size-3.5" aria-hidden /> : <Copy className="size-3.5" aria-hidden />}
          </IconButton>
        </div>
      )}
    </div>
  );
}

export function Thinking({ text, now = false }: { text: string; now?: boolean }) {
  return (
    <Fold summary={<span className={cx("text-ink-3", now && "breathe")}>{now ? "Thinking…" : "Thought about it"}</span>}>
      {() => <p className="border-l-2 border-line pl-3 text-sm whitespace-pre-wrap text-ink-2">{text}</p>}
    </Fold>
  );
}

function CallsRow({ item, at }: { item: Calls; at: string | null }) {
  return (
    <div className="py-0.5">
      {runs(item.calls).map((run) => {
        const first = run[0]?.effect;
        if (!run[0]?.child) return run.map((call) => <ToolCall key={call.effect} call={call} marked={call.effect === at} />);
        return (
          <div key={first} className="grid grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] gap-2.5 py-2">
            {run.map((call) => call.child && <ChildCard key={call.effect} child={call.child} />)}
          </div>
        );
      })}
    </div>
  );
}

/** Calls in order, those that sent sub-agents apart from the others. */
function runs(calls: readonly Call[]): Call[][] {
  const found: Call[][] = [];
  for (const call of calls) {
    const last = found.at(-1);
    if (last?.[0] && (last[0].child === null) === (call.child === null)) last.push(call);
    else found.push([call]);
  }
  return found;
}

const ENDINGS = { done: "reported back", failed: "could not finish", cancelled: "was stopped", limit: "reached its limit" };

function ReportRow({ item }: { item: Reported }) {
  const { report } = item;
  const summary = (
    <>
      <Mail className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">
        <span className="font-medium text-ink">{report.name}</span> {ENDINGS[report.ending]}
      </span>
      <span className="ml-auto pl-3 text-xs text-ink-3 tabular-nums">{money(report.spent)}</span>
    </>
  );
  return (
    <Fold summary={summary}>
      {() => (
        <div className="rounded-lg border border-line bg-surface p-3 text-sm">
          <Markdown text={report.text || "(no words)"} onPage={openPage} />
          <a href={toAgent(item.from)} className="mt-2 inline-flex items-center gap-1 text-xs text-accent-ink underline">
            <Bot className="size-3.5" aria-hidden /> open its channel
          </a>
        </div>
      )}
    </Fold>
  );
}

function EndRow({ item, onResume }: { item: End; onResume: (() => void) | null }) {
  const how = ending(item.ended);
  const facts = [item.cost > 0 ? money(item.cost) : null, item.took === null ? null : duration(item.took)].filter(Boolean).join(", ");
  if (!how) return <p className="pb-2 text-xs text-ink-3 tabular-nums">{facts}</p>;
  const soft = how.tone === "bad" ? "bg-bad-soft" : how.tone === "warn" ? "bg-warn-soft" : "bg-sunken";
  return (
    <div role={item.last ? "status" : undefined} className={cx("my-2 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl px-4 py-2.5 text-sm", soft)}>
      <div className="min-w-0 grow">
        <p className={cx("font-medium", TEXT[how.tone])}>{how.title}</p>
        {how.next && item.last && <p className="text-ink-2">{how.next}</p>}
      </div>
      {item.last && how.settings && (
        <a href={toSettings} className="rounded-lg border border-line bg-surface px-3 py-1.5 font-medium">
          Settings
        </a>
      )}
      {item.last && how.resumable && onResume && (
        <Button onClick={onResume}>
          <Play className="size-3.5" aria-hidden /> Go on
        </Button>
      )}
    </div>
  );
}
