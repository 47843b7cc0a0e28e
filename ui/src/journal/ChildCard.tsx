/** A live card of a sub-agent: its status, its time and its cost. */
import { Square } from "lucide-react";
import { IconButton } from "../design/Button";
import { cx } from "../design/cx";
import { Dot, TEXT } from "../design/Dot";
import { Meter } from "../design/Meter";
import { useNow } from "../design/useNow";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { toAgent } from "../data/links";
import { money, share } from "../data/money";
import { useAgent } from "../data/queries";
import { agentState, isBusy } from "../data/status";
import { duration } from "../data/time";
import { t } from "../words";
import type { Call } from "./items";

export function ChildCard({ child }: { child: NonNullable<Call["child"]> }) {
  const agent = useAgent(child.id);
  const busy = isBusy(agent);
  const now = useNow(busy);
  const request = useRequest();
  const { label, tone } = agentState(agent);
  const spent = agent?.spent ?? 0;
  const allowance = agent?.allowance ?? child.allowance;
  return (
    <div className={cx("rise relative flex flex-col gap-1 rounded-xl border bg-surface p-3", busy ? "border-accent/40" : "border-line")}>
      <div className="flex items-center gap-2">
        <Dot tone={tone} />
        <a href={toAgent(child.id)} className="truncate font-medium after:absolute after:inset-0 after:rounded-xl">
          <bdi>{child.name}</bdi>
        </a>
        <span className={cx("ms-auto text-xs", TEXT[tone])}>{label}</span>
        {busy && (
          <IconButton label={t("Stop {name}", { name: child.name })} disabled={request.isPending} className="relative z-1 -my-2 -me-2 size-7" onClick={() => request.mutate({ op: "cancel", agent: child.id, tree: true })}>
            <Square className="size-3 fill-current" aria-hidden />
          </IconButton>
        )}
      </div>
      <p dir="auto" className="line-clamp-2 text-xs text-ink-3" title={child.task}>
        {child.task}
      </p>
      <InlineError problem={request.error} />
      <div className="mt-auto flex items-center gap-2 pt-1 text-xs text-ink-3 tabular-nums">
        <Meter label={t("Spent by {name}", { name: child.name })} value={share(spent, allowance)} text={t("{some} of {all}", { some: money(spent), all: money(allowance) })} className="grow" />
        <span>{money(spent)}</span>
        <span>{agent ? duration((busy ? now : agent.updated_at) - agent.created_at) : ""}</span>
      </div>
    </div>
  );
}
