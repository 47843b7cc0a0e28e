/** Starts a page of memory as a quest: the page, what its steps are, and the budget. */
import { type FormEvent, useId, useRef, useState } from "react";
import type { Quest } from "../../bridge";
import { Button } from "../../design/Button";
import { Field, Input, Select } from "../../design/Field";
import { InlineError, QueryView } from "../../design/states";
import { parseAmount } from "../../data/asks";
import { plainText } from "../../data/plainText";
import { t } from "../../words";
import { newId } from "../newId";
import { PlanHelp } from "./PlanHelp";
import { PlanPreview } from "./PlanPreview";
import { hasEnded, refusal } from "./questWords";
import { usePlan, usePlans, useQuestRequest } from "./useQuests";

interface Props {
  quests: readonly Quest[];
  /** Called with the id of a quest once it is started. */
  onStarted: (quest: string) => void;
}

/** `linked`: the page that is to be started. */
export function StartQuest({ linked, ...rest }: Props & { linked: string | null }) {
  const plans = usePlans();
  const isNoPlan = (path: string) => !plans.data?.some((plan) => plan.path === path);
  return (
    <div className="py-3">
      <QueryView query={plans}>
        {(known) => {
          const pages = known.map(({ path, name }) => ({ path, name: plainText(name) }));
          if (linked !== null && isNoPlan(linked)) pages.unshift({ path: linked, name: plainText(linked) });
          return pages.length === 0 ? null : <Form pages={pages} first={linked ?? ""} {...rest} />;
        }}
      </QueryView>
      {plans.data && <PlanHelp isOpen={plans.data.length === 0 || (linked !== null && isNoPlan(linked))} />}
    </div>
  );
}

interface Plan {
  path: string;
  name: string;
}

function Form({ pages, first, quests, onStarted }: Props & { pages: readonly Plan[]; first: string }) {
  const [chosen, setChosen] = useState(first);
  const [budget, setBudget] = useState("2.00");
  // Sent again after a lost answer, it is the same quest, unless something else is wanted by then.
  const id = useRef(newId("q"));
  const request = useQuestRequest();
  const title = useId();
  // A page that was deleted meanwhile is not chosen any more.
  const path = pages.some((page) => page.path === chosen) ? chosen : "";
  const plan = usePlan(path);
  const amount = parseAmount(budget);
  const running = quests.find((quest) => quest.path === path && !hasEnded(quest));
  const isComplete = plan.isSuccess && path !== "" && amount !== null && !running;
  const another = () => {
    id.current = newId("q");
    request.reset();
  };
  const start = (event: FormEvent) => {
    event.preventDefault();
    if (!isComplete || request.isPending) return;
    const quest = id.current;
    const started = () => {
      id.current = newId("q");
      onStarted(quest);
    };
    request.mutate({ op: "start_quest", quest: { id: quest, path, budget: amount } }, { onSuccess: started });
  };
  return (
    <form onSubmit={start} onChange={another} aria-labelledby={title} className="flex flex-col gap-3">
      <p id={title} className="text-sm font-semibold">{t("Start a quest")}</p>
      <Field label={t("Plan")}>
        <Select value={path} onChange={(event) => setChosen(event.target.value)}>
          <option value="">{t("Choose a page")}</option>
          {pages.map((page) => (
            <option key={page.path} value={page.path}>
              {page.name === page.path ? page.path : `${page.name} (${page.path})`}
            </option>
          ))}
        </Select>
      </Field>
      {path !== "" && (plan.error ? <InlineError problem={plan.error} /> : plan.data && <PlanPreview plan={plan.data} />)}
      <Field label={t("Budget of the quest, in USD")} hint={t("All its steps together spend no more, unless you allow more.")}>
        <Input inputMode="decimal" className="w-32 text-end tabular-nums" value={budget} onChange={(event) => setBudget(event.target.value)} />
      </Field>
      <div>
        <Button type="submit" disabled={!isComplete}>
          {t("Start quest")}
        </Button>
        {running && <p className="mt-1.5 text-xs text-ink-3">{t("A quest of this page has not ended yet.")}</p>}
        <InlineError problem={refusal(request.error)} />
      </div>
    </form>
  );
}
