/** One quest: how it stands, its picture, its money, its steps, and what can be done with it. */
import { useEffect, useId, useRef } from "react";
import type { Quest, Request } from "../../bridge";
import { Button } from "../../design/Button";
import { Disclosure } from "../../design/Disclosure";
import { Dot } from "../../design/Dot";
import { InlineError } from "../../design/states";
import { toAgent, toPage } from "../../data/links";
import { plainText } from "../../data/plainText";
import { ago, exactTime } from "../../data/time";
import { t, type Text } from "../../words";
import { SureButton } from "../SureButton";
import { Money } from "./Money";
import { Picture } from "./Picture";
import { hasEnded, progressWords, QUESTS, refusal } from "./questWords";
import { StepList } from "./StepList";
import { useQuestRequest } from "./useQuests";

/** What the person can do about a quest that does not go on by itself. */
const ADVICE: Partial<Record<Quest["state"], Text>> = {
  blocked: "A step has not succeeded. Retry it, or go on without it.",
  no_money: "Too little money is left for the next step. It begins once you have raised the budget.",
  paused: "No further step begins. What is at work goes on to its end.",
};

/** `hasBegun`: the person has just started it. */
export function QuestRow({ quest, hasBegun }: { quest: Quest; hasBegun: boolean }) {
  const request = useQuestRequest();
  const row = useRef<HTMLLIElement>(null);
  const title = useId();
  const { id, path, state, steps } = quest;
  const name = plainText(quest.name);
  const words = progressWords(steps);
  const advice = ADVICE[state];
  const isOpen = !hasEnded(quest);
  const isPaused = state === "paused";
  // The button that has started it cannot be used again.
  useEffect(() => {
    if (hasBegun) row.current?.focus();
  }, [hasBegun]);
  // The button with the focus goes away.
  const send = (next: Request, goesAway = false) => !request.isPending && request.mutate(next, { onSuccess: () => void (goesAway && row.current?.focus()) });
  return (
    <li ref={row} tabIndex={-1} aria-labelledby={title} className="py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p id={title} dir="auto" className="text-sm font-medium [overflow-wrap:anywhere]">{name}</p>
        <span className="flex items-center gap-1.5 text-sm text-ink-2">
          <Dot tone={QUESTS[state].tone} /> {t(QUESTS[state].label)}
        </span>
        {isOpen && (
          <span className="ms-auto flex flex-wrap items-center gap-2">
            <Button look="quiet" className="px-2 py-0.5" aria-label={isPaused ? t("Go on: {what}", { what: name }) : t("Pause: {what}", { what: name })} onClick={() => send({ op: isPaused ? "resume_quest" : "pause_quest", id })}>
              {isPaused ? t("Go on") : t("Pause")}
            </Button>
            <SureButton
              first={{ label: t("Cancel"), name: t("Cancel: {what}", { what: name }) }}
              second={{ label: t("Cancel now"), name: t("Cancel now: {what}", { what: name }) }}
              onSure={() => send({ op: "cancel_quest", id }, true)}
            />
          </span>
        )}
      </div>
      <div className="mt-2 mb-1.5">
        <Picture steps={steps} label={t("Progress of {what}: {words}", { what: name, words })} />
      </div>
      <p role="status" className="text-sm text-ink-2">{words}</p>
      {advice && <p className="mt-0.5 text-sm text-ink-2">{t(advice)}</p>}
      <Money quest={quest} name={name} />
      <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-ink-3">
        <a href={toPage(path)} className="text-accent-ink underline [overflow-wrap:anywhere]">{plainText(path)}</a>
        <time dateTime={new Date(quest.created_at).toISOString()} title={exactTime(quest.created_at)}>{t("Started {when}", { when: ago(quest.created_at, Date.now()) })}</time>
        {quest.by_agent !== null && <a href={toAgent(quest.by_agent)} className="text-accent-ink underline">{t("An agent has asked for this quest.")}</a>}
      </p>
      {quest.page_changed && <p className="mt-1 text-xs text-ink-3">{t("The page has changed since. This quest keeps the plan that it was started with.")}</p>}
      <InlineError problem={refusal(request.error)} />
      <Disclosure key={String(isOpen)} open={isOpen} summary={<span>{t("Steps")}</span>} className="-ms-1.5 mt-1">
        {() => <StepList quest={quest} name={name} />}
      </Disclosure>
    </li>
  );
}
