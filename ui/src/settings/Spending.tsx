/** The used share of each budget, and of the limits of all agents of one message. */
import type { TreeLimit } from "../bridge";
import { Meter } from "../design/Meter";
import { QueryView } from "../design/states";
import { exactMoney, money, share, tokens } from "../data/money";
import { useBudget } from "../data/queries";
import { t } from "../words";

export function Spending() {
  return (
    <QueryView query={useBudget()}>
      {(budget) => (
        <div className="grid gap-x-8 gap-y-3 py-4 @2xl/view:grid-cols-3">
          <Used label={t("Latest message")} used={budget.used_message} limit={budget.per_message + budget.raised} inWords={money} />
          <Used label={t("Today")} used={budget.used_day} limit={budget.per_day} inWords={money} />
          <Used label={t("This month")} used={budget.used_month} limit={budget.per_month} inWords={money} />
          <OfAllAgents label={t("Sub-agents")} of={budget.children} inWords={String} />
          {budget.unpriced && (
            <>
              <OfAllAgents label={t("Model calls")} of={budget.unpriced.calls} inWords={String} />
              <OfAllAgents label={t("Tokens")} of={budget.unpriced.tokens} inWords={tokens} />
              <p className="text-xs text-ink-3 @2xl/view:col-span-3">{t("The model has no known price. So calls and tokens of all agents are limited for each message.")}</p>
            </>
          )}
          <p className="text-xs text-ink-3 @2xl/view:col-span-3" title={exactMoney(budget.spent)}>
            {t("{amount} spent in total.", { amount: money(budget.spent) })} {budget.unknown > 0 && t("Plus up to {amount} for calls of unknown cost.", { amount: money(budget.unknown) })}{" "}
            {budget.reserved > 0 && t("Up to {amount} is reserved now, for answers in progress.", { amount: money(budget.reserved) })}
          </p>
        </div>
      )}
    </QueryView>
  );
}

/** A limit of all agents together, for the latest message. */
function OfAllAgents({ label, of, inWords }: { label: string; of: TreeLimit; inWords: (amount: number) => string }) {
  return <Used label={t("{what}, latest message", { what: label })} used={of.used} limit={of.limit} inWords={inWords} />;
}

function Used({ label, used, limit, inWords }: { label: string; used: number; limit: number | null; inWords: (amount: number) => string }) {
  const text = limit === null ? t("{used}, no limit", { used: inWords(used) }) : t("{some} of {all}", { some: inWords(used), all: inWords(limit) });
  return (
    <div>
      <p className="text-xs text-ink-3">{label}</p>
      <p className="mt-0.5 mb-1.5 text-sm font-medium tabular-nums">{text}</p>
      <Meter label={t("{what}: used", { what: label })} value={limit === null ? 0 : share(used, limit)} text={text} />
    </div>
  );
}
