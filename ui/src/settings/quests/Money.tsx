/** What a quest has spent of its budget, as a bar, and a form that changes the budget. */
import { type FormEvent, useState } from "react";
import type { Quest } from "../../bridge";
import { Button } from "../../design/Button";
import { Disclosure } from "../../design/Disclosure";
import { Field, Input } from "../../design/Field";
import { Meter } from "../../design/Meter";
import { InlineError } from "../../design/states";
import { parseAmount } from "../../data/asks";
import { money, share, usd } from "../../data/money";
import { t } from "../../words";
import { hasEnded, refusal } from "./questWords";
import { useQuestRequest } from "./useQuests";

export function Money({ quest, name }: { quest: Quest; name: string }) {
  const { budget, spent, reserved, state } = quest;
  const words = t("{spent} of {budget} spent", { spent: money(spent), budget: money(budget) });
  const summary = (
    <span className="tabular-nums">
      {words}
      {reserved > 0 && !hasEnded(quest) && ` · ${t("{amount} set aside", { amount: money(reserved) })}`}
    </span>
  );
  return (
    <div className="mt-2">
      <Meter label={t("Budget of {what}", { what: name })} value={share(spent, budget)} text={words} />
      {hasEnded(quest) ? (
        <p className="mt-1 text-xs text-ink-3">{summary}</p>
      ) : (
        <Disclosure key={String(state === "no_money")} open={state === "no_money"} summary={<>{summary}<span className="ms-auto shrink-0 text-ink-3">{t("Change the budget")}</span></>} className="-ms-1.5 mt-1">
          {() => <NewBudget quest={quest} name={name} />}
        </Disclosure>
      )}
    </div>
  );
}

function NewBudget({ quest: { id, budget }, name }: { quest: Quest; name: string }) {
  const [text, setText] = useState(() => usd(budget).toFixed(2));
  const request = useQuestRequest();
  const amount = parseAmount(text);
  const set = (event: FormEvent) => {
    event.preventDefault();
    if (amount !== null && !request.isPending) request.mutate({ op: "set_quest_budget", id, budget: amount });
  };
  return (
    <form onSubmit={set} onChange={() => request.reset()} aria-label={t("Change the budget of {what}", { what: name })} className="flex flex-wrap items-end gap-2">
      <Field label={t("Budget of the quest, in USD")}>
        <Input inputMode="decimal" className="w-32 text-end tabular-nums" value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <Button type="submit" disabled={amount === null || amount === budget}>
        {t("Set budget")}
      </Button>
      <InlineError problem={refusal(request.error)} />
    </form>
  );
}
