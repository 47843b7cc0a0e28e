/** An agent in the tree: its state, its time, its money and its current step. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { memo } from "react";
import type { AgentStep } from "../bridge";
import { cx } from "../design/cx";
import { TEXT } from "../design/Dot";
import { UnreadBadge } from "../design/UnreadBadge";
import { useNow } from "../design/useNow";
import { useTrouble } from "../data/health";
import { toAgent } from "../data/links";
import { exactMoney, money, share } from "../data/money";
import { useUnread } from "../data/queries";
import { agentState, isBusy } from "../data/status";
import { ago, duration, exactTime } from "../data/time";
import { counted, t } from "../words";
import type { Row } from "./flatTree";
import { StateIcon } from "./StateIcon";
import { workWords } from "./workWords";

interface Props {
  row: Row;
  step: AgentStep | undefined;
  isOpen: boolean;
  /** Whether Tab reaches it: one row of the tree. */
  isReached: boolean;
  onFold: (id: string, isFolded: boolean) => void;
}

export const AgentRow = memo(function AgentRow({ row, step, isOpen, isReached, onFold }: Props) {
  const { agent, below, busy, isFolded } = row;
  const isInTrouble = useTrouble(agent.id) !== undefined;
  const { label, tone } = agentState(agent, false, isInTrouble);
  const Chevron = isFolded ? ChevronRight : ChevronDown;
  return (
    // Deep levels move less, so that names keep some width.
    <div className="flex items-start pb-1" style={{ paddingInlineStart: `${Math.min(row.level, 6) * 0.875}rem` }}>
      {below > 0 ? (
        // For the mouse: by keyboard and for screen readers the row itself is folded.
        <span aria-hidden title={isFolded ? t("Unfold") : t("Fold")} onClick={() => onFold(agent.id, !isFolded)} className="mt-1 flex size-6 shrink-0 cursor-pointer items-center justify-center rounded text-ink-3 hover:bg-hover hover:text-ink">
          <Chevron className="size-3.5 rtl:-scale-x-100" />
        </span>
      ) : (
        <span className="w-6 shrink-0" />
      )}
      <a
        role="treeitem"
        aria-level={row.level + 1}
        aria-posinset={row.place}
        aria-setsize={row.siblings}
        aria-expanded={below > 0 ? !isFolded : undefined}
        aria-current={isOpen ? "page" : undefined}
        tabIndex={isReached ? 0 : -1}
        data-agent={agent.id}
        href={toAgent(agent.id)}
        className={cx("block min-w-0 grow rounded-lg px-2 py-1 text-sm", isOpen ? "bg-surface shadow-sm" : "hover:bg-hover")}
      >
        <span className="flex items-center gap-1.5">
          <StateIcon agent={agent} tone={tone} isInTrouble={isInTrouble} />
          <span dir="auto" className={cx("truncate", isOpen && "font-medium")}>{agent.name}</span>
          <UnreadBadge count={useUnread().data.get(agent.id) ?? 0} />
          <span className={cx("ms-auto text-xs whitespace-nowrap", TEXT[tone])}>{label}</span>
        </span>
        {/* With a step, the time is beside the step: there the money keeps its width. */}
        <span className="mt-0.5 flex items-center gap-2 ps-5 text-xs text-ink-3 tabular-nums">
          <Spent row={row} />
          {!step && <Time row={row} step={step} />}
        </span>
        {step && (
          <span className="flex items-center gap-2 ps-5 text-xs text-ink-2">
            <span dir="auto" className="truncate">{workWords(step)}</span>
            <Time row={row} step={step} />
          </span>
        )}
        {isFolded && (
          <span className="block ps-5 text-xs text-ink-3">
            {counted(below, "{n} agent below", "{n} agents below")}
            {busy > 0 && `, ${counted(busy, "{n} at work", "{n} at work")}`}
          </span>
        )}
      </a>
    </div>
  );
});

/** A sub-agent at work has a bar: what it has spent against what it may still spend. */
function Spent({ row: { agent, total } }: { row: Row }) {
  const spent = agent.spent + agent.unknown;
  if (agent.allowance === null || !isBusy(agent)) {
    const title = total > agent.spent ? t("{amount}, with all agents below it", { amount: exactMoney(total) }) : exactMoney(total);
    return <span title={title}>{money(total)}</span>;
  }
  const used = share(spent, spent + agent.allowance);
  const fill = used >= 1 ? "bg-bad" : used >= 0.8 ? "bg-warn" : "bg-accent";
  return (
    <>
      <span aria-hidden className="h-1.5 w-12 shrink-0 overflow-hidden rounded-full bg-hover">
        <span className={cx("block h-full", fill)} style={{ width: `${used > 0 ? Math.max(4, 100 * used) : 0}%` }} />
      </span>
      <span className="truncate" title={t("{spent} spent, {left} left of its allowance", { spent: exactMoney(spent), left: exactMoney(agent.allowance) })}>
        {t("{spent}, {left} left", { spent: money(spent), left: money(agent.allowance) })}
      </span>
    </>
  );
}

function Time({ row: { agent }, step }: { row: Row; step: AgentStep | undefined }) {
  const busy = isBusy(agent);
  const now = useNow(busy);
  const since = step?.began_at ?? agent.updated_at;
  return (
    <span className="ms-auto whitespace-nowrap text-ink-3 tabular-nums" title={exactTime(since)}>
      {busy ? step && duration(now - since) : ago(since, now)}
    </span>
  );
}
