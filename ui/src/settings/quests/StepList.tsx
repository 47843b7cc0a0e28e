/** The steps of a quest: how each stands, who works on it, what it has spent. One that did not succeed is retried or skipped here. */
import { useRef } from "react";
import type { Quest, QuestStep, Request } from "../../bridge";
import { Button } from "../../design/Button";
import { InlineError } from "../../design/states";
import { toAgent } from "../../data/links";
import { money } from "../../data/money";
import { useAgent } from "../../data/queries";
import { t } from "../../words";
import { SureButton } from "../SureButton";
import { hasEnded, hasStopped, refusal, STEPS } from "./questWords";
import { inOrder } from "./stages";
import { StepLine } from "./StepLine";
import { useQuestRequest } from "./useQuests";

export function StepList({ quest, name }: { quest: Quest; name: string }) {
  const request = useQuestRequest();
  const list = useRef<HTMLOListElement>(null);
  // The button with the focus goes away.
  const send = (next: Request) => !request.isPending && request.mutate(next, { onSuccess: () => list.current?.focus() });
  return (
    <>
      <ol ref={list} tabIndex={0} aria-label={t("Steps of {what}", { what: name })} className="max-h-96 overflow-y-auto text-sm">
        {inOrder(quest.steps).map(({ step, isBranch }) => (
          <StepLine key={step.number} step={step} isBranch={isBranch} below={hasStopped(step) && !hasEnded(quest) && <Remedies quest={quest} step={step} name={name} send={send} />}>
            <Standing step={step} />
          </StepLine>
        ))}
      </ol>
      <InlineError problem={refusal(request.error)} />
    </>
  );
}

function Standing({ step }: { step: QuestStep }) {
  const asks = useAgent(step.agent ?? "")?.asks ?? 0;
  const label = step.state === "at_work" && asks > 0 ? t("Asks you") : t(STEPS[step.state]);
  return (
    <>
      {step.agent === null ? (
        <span className="text-ink-3">{label}</span>
      ) : (
        <a href={toAgent(step.agent)} aria-label={t("{state}: the conversation of step {n}", { state: label, n: step.number })} className="text-accent-ink underline">{label}</a>
      )}
      {step.attempt > 1 && <span className="text-ink-3">{t("attempt {n}", { n: step.attempt })}</span>}
      {step.spent > 0 && <span className="text-ink-3 tabular-nums">{money(step.spent)}</span>}
    </>
  );
}

function Remedies({ quest: { id, state }, step: { number }, name, send }: { quest: Quest; step: QuestStep; name: string; send: (request: Request) => void }) {
  const about = { n: number, what: name };
  return (
    <span className="mt-1 flex flex-wrap gap-1">
      {state !== "paused" && (
        <Button className="px-2 py-0.5" aria-label={t("Retry step {n} of {what}", about)} onClick={() => send({ op: "retry_step", id, step: number })}>
          {t("Retry")}
        </Button>
      )}
      <SureButton first={{ label: t("Skip"), name: t("Skip step {n} of {what}", about) }} second={{ label: t("Skip now"), name: t("Skip step {n} of {what} now", about) }} onSure={() => send({ op: "skip_step", id, step: number })} />
    </span>
  );
}
