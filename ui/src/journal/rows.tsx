/** The rows of a transcript, one component per kind of item. */
import { Bot, Coins, Mail, Play } from "lucide-react";
import { lazy, memo, Suspense } from "react";
import { Button } from "../design/Button";
import { cx } from "../design/cx";
import { TEXT } from "../design/Dot";
import { Disclosure } from "../design/Disclosure";
import { Markdown } from "../design/Markdown";
import { ending } from "../data/ended";
import { toAgent, toSettings } from "../data/links";
import { money } from "../data/money";
import { useOpenPage } from "../data/openPage";
import { duration, exactTime } from "../data/time";
import { t } from "../words";
import { rich } from "../words/rich";
import { ChildCard } from "./ChildCard";
import type { Target } from "./isTarget";
import type { Answer, Call, Calls, Charge, End, Item, Reported } from "./items";
import { SaidRow } from "./SaidRow";
import { ToolCall } from "./ToolCall";

// Rare, so it does not delay the first paint.
const AskCard = lazy(async () => ({ default: (await import("./asks/AskCard")).AskCard }));

const AsideRow = lazy(async () => ({ default: (await import("./LeftBehind")).AsideRow }));
const Divided = lazy(async () => ({ default: (await import("./LeftBehind")).Divided }));

export interface RowProps {
  /** The agent whose transcript it is. */
  agent: string;
  /** Any item except an answer, which `AnswerRow` shows. */
  item: Exclude<Item, Answer>;
  /** The message is recorded but not sent to the model yet. */
  isQueued: boolean;
  /** It is in a part that was set aside. */
  isAside?: boolean;
  at: Target | null;
  nameOf: (agent: string) => string;
  onResume: (() => void) | null;
}

export const Row = memo(function Row({ agent, item, isQueued, isAside = false, at, nameOf, onResume }: RowProps) {
  switch (item.kind) {
    case "said":
      return <SaidRow agent={agent} item={item} isQueued={isQueued} isAside={isAside} marked={item.seq === at?.seq} nameOf={nameOf} />;
    case "calls":
      return <CallsRow item={item} at={at?.effect ?? null} />;
    case "reported":
      return <ReportRow item={item} />;
    case "charge":
      return <ChargeRow item={item} />;
    case "ask":
      return (
        <Suspense fallback={<div className="h-13" />}>
          <AskCard ask={item.ask} agent={{ id: agent, name: nameOf(agent) }} raisedAt={item.at} settled={item.settled} hasLink={false} />
        </Suspense>
      );
    case "note":
      return <p className="py-1 text-center text-xs text-ink-3">{item.text}</p>;
    case "end":
      return <EndRow item={item} onResume={onResume} />;
    case "divider":
      return (
        <Suspense fallback={<div className="h-12" />}>
          <Divided at={item.at}>{t("Fresh start")}</Divided>
        </Suspense>
      );
    case "aside":
      return (
        <Suspense fallback={<div className="h-9" />}>
          <AsideRow agent={agent} item={item} at={at} row={(one) => <Row key={one.key} agent={agent} item={one} isQueued={false} isAside at={at} nameOf={nameOf} onResume={null} />} />
        </Suspense>
      );
  }
});

function CallsRow({ item, at }: { item: Calls; at: string | null }) {
  return (
    <div className="py-0.5">
      {groupCalls(item.calls).map((run) => {
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

/** Calls in order, with those that started sub-agents in groups of their own. */
function groupCalls(calls: readonly Call[]): Call[][] {
  const found: Call[][] = [];
  for (const call of calls) {
    const last = found.at(-1);
    if (last?.[0] && (last[0].child === null) === (call.child === null)) last.push(call);
    else found.push([call]);
  }
  return found;
}

const REPORT_ENDINGS = { done: "{name} reported back", failed: "{name} could not finish", cancelled: "{name} was stopped", limit: "{name} reached its limit" } as const;

function ReportRow({ item }: { item: Reported }) {
  const { report } = item;
  const openPage = useOpenPage(null);
  const summary = (
    <>
      <Mail className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">
        {rich(REPORT_ENDINGS[report.ending], { name: <bdi className="font-medium text-ink">{report.name}</bdi> })}
      </span>
      <span className="ms-auto ps-3 text-xs text-ink-3 tabular-nums">{money(report.spent)}</span>
    </>
  );
  return (
    <Disclosure summary={summary}>
      {() => (
        <div className="rounded-lg border border-line bg-surface p-3 text-sm">
          <Markdown text={report.text || `(${t("no text")})`} onPage={openPage} />
          <a href={toAgent(item.from)} className="mt-2 inline-flex items-center gap-1 text-xs text-accent-ink underline">
            <Bot className="size-3.5" aria-hidden /> {t("Open sub-agent")}
          </a>
        </div>
      )}
    </Disclosure>
  );
}

function ChargeRow({ item }: { item: Charge }) {
  return (
    <p title={exactTime(item.at)} className="flex items-center gap-1.5 py-1 pe-1.5 ps-6.5 text-sm text-ink-2">
      <Coins className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">{item.purpose}</span>
      <span className="ms-auto shrink-0 ps-3 text-xs text-ink-3 tabular-nums">{chargeWords(item)}</span>
    </p>
  );
}

function chargeWords({ isSettled, cost, reservation }: Charge): string {
  if (cost !== null) return money(cost);
  const most = reservation === null ? t("price unknown") : t("up to {amount}", { amount: money(reservation) });
  return isSettled ? `${t("cost unknown")}, ${most}` : t("{most} reserved", { most });
}

function EndRow({ item, onResume }: { item: End; onResume: (() => void) | null }) {
  const how = ending(item.ended, item.shortfall);
  const facts = [item.cost > 0 ? money(item.cost) : null, item.took === null ? null : duration(item.took)].filter(Boolean).join(", ");
  if (!how) return <p data-uncopied className="pb-2 text-xs text-ink-3 tabular-nums">{facts}</p>;
  const soft = how.tone === "bad" ? "bg-bad-soft" : how.tone === "warn" ? "bg-warn-soft" : "bg-sunken";
  return (
    <div role={item.last ? "status" : undefined} className={cx("my-2 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl px-4 py-2.5 text-sm", soft)}>
      <div className="min-w-0 grow">
        <p className={cx("font-medium", TEXT[how.tone])}>{how.title}</p>
        {how.next && item.last && <p className="text-ink-2">{how.next}</p>}
      </div>
      {item.last && how.settings && (
        <a href={toSettings} className="rounded-lg border border-line bg-surface px-3 py-1.5 font-medium">
          {t("Open Settings")}
        </a>
      )}
      {item.last && how.resumable && onResume && (
        <Button onClick={onResume}>
          <Play className="size-3.5" aria-hidden /> {t("Resume")}
        </Button>
      )}
    </div>
  );
}
