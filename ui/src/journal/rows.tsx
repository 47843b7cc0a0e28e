/** The rows of a transcript, one component per kind of item. */
import { memo } from "react";
import { money } from "../data/money";
import { duration } from "../data/time";
import { t } from "../words";
import { AnswerRow } from "./AnswerRow";
import type { Target } from "./isTarget";
import type { Answer, Call, Calls, End, Item } from "./items";
import { Rare } from "./Rare";
import { SaidRow } from "./SaidRow";
import { ToolCall } from "./ToolCall";

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
      return <Rare instead={<div className="h-8" />}>{(rows) => <rows.ReportRow item={item} />}</Rare>;
    case "charge":
      return <Rare instead={<div className="h-7" />}>{(rows) => <rows.ChargeRow item={item} />}</Rare>;
    case "ask":
      return (
        <Rare instead={<div className="h-13" />}>
          {(rows) => <rows.AskCard ask={item.ask} agent={{ id: agent, name: nameOf(agent) }} raisedAt={item.at} settled={item.settled} hasLink={false} />}
        </Rare>
      );
    case "note":
      return <p dir="auto" className="py-1 text-center text-xs text-ink-3">{item.text}</p>;
    case "paused":
      return (
        <p className="py-1 text-center text-xs text-ink-3">
          <Rare instead="…">{(rows) => <rows.Pausing limit={item.limit} />}</Rare>
        </p>
      );
    case "end":
      return <EndRow item={item} onResume={onResume} />;
    case "divider":
      return <Rare instead={<div className="h-12" />}>{(rows) => <rows.Divided at={item.at}>{t("Fresh start")}</rows.Divided>}</Rare>;
    case "aside":
      return (
        <Rare instead={<div className="h-9" />}>
          {(rows) => (
            <rows.AsideRow
              item={item}
              at={at}
              row={(one) =>
                one.kind === "answer" ? (
                  <AnswerRow key={one.key} agent={agent} item={one} marked={one.seq === at?.seq} />
                ) : (
                  <Row key={one.key} agent={agent} item={one} isQueued={false} isAside at={at} nameOf={nameOf} onResume={null} />
                )
              }
            />
          )}
        </Rare>
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
            {run.map(
              (call) =>
                call.child && (
                  <Rare key={call.effect} instead={<div className="h-28" />}>
                    {(rows) => call.child && <rows.ChildCard child={call.child} />}
                  </Rare>
                ),
            )}
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

function EndRow({ item, onResume }: { item: End; onResume: (() => void) | null }) {
  if (item.ended !== "done") {
    return (
      <Rare instead={<div className="my-2 h-15" />}>
        {(rows) => <rows.Ending ended={item.ended} shortfall={item.shortfall} isLast={item.last} onResume={onResume} />}
      </Rare>
    );
  }
  const facts = [item.cost > 0 ? money(item.cost) : null, item.took === null ? null : duration(item.took)].filter(Boolean).join(", ");
  return <p data-uncopied className="pb-2 text-xs text-ink-3 tabular-nums">{facts}</p>;
}
