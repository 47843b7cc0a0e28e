/** The used share of each budget. */
import { Meter } from "../design/Meter";
import { QueryView } from "../design/states";
import { exactMoney, money, share } from "../data/money";
import { useBudget } from "../data/queries";

export function Spending() {
  return (
    <QueryView query={useBudget()}>
      {(budget) => (
        <div className="grid gap-x-8 gap-y-3 py-4 @2xl/view:grid-cols-3">
          <Used label="Latest message" used={budget.used_message} limit={budget.per_message + budget.raised} />
          <Used label="Today" used={budget.used_day} limit={budget.per_day} />
          <Used label="This month" used={budget.used_month} limit={budget.per_month} />
          <p className="text-xs text-ink-3 @2xl/view:col-span-3" title={exactMoney(budget.spent)}>
            {money(budget.spent)} spent in total{budget.unknown > 0 && `, plus up to ${money(budget.unknown)} for calls of unknown cost`}
            {budget.reserved > 0 && `; up to ${money(budget.reserved)} reserved for answers in progress`}.
          </p>
        </div>
      )}
    </QueryView>
  );
}

function Used({ label, used, limit }: { label: string; used: number; limit: number | null }) {
  const text = limit === null ? `${money(used)}, no limit` : `${money(used)} of ${money(limit)}`;
  return (
    <div>
      <p className="text-xs text-ink-3">{label}</p>
      <p className="mt-0.5 mb-1.5 text-sm font-medium tabular-nums">{text}</p>
      <Meter label={`${label}: used`} value={limit === null ? 0 : share(used, limit)} text={text} />
    </div>
  );
}
