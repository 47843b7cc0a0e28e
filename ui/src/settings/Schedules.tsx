/** Work at a set time: what is due when, what became of the last runs, and a form to add a schedule. */
import { useId, useRef } from "react";
import type { Request, Schedule } from "../bridge";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { Dot } from "../design/Dot";
import { InlineError, QueryView } from "../design/states";
import { toAgent } from "../data/links";
import { money } from "../data/money";
import { plainText } from "../data/plainText";
import { exactTime } from "../data/time";
import { t } from "../words";
import { AddSchedule } from "./AddSchedule";
import { dueWords, nextWords, ON_MISSED, OUTCOMES } from "./scheduleWords";
import { SureButton } from "./SureButton";
import { useScheduleRequest, useScheduleRuns, useSchedules } from "./useSchedules";

export function Schedules() {
  const query = useSchedules();
  return (
    <>
      <QueryView query={query}>
        {(schedules) =>
          schedules.length === 0 ? (
            <p className="py-3 text-sm text-ink-3">{t("No schedules yet.")}</p>
          ) : (
            <ul aria-label={t("Schedules")} className="divide-y divide-line">
              {schedules.map((schedule) => (
                <Row key={schedule.id} schedule={schedule} />
              ))}
            </ul>
          )
        }
      </QueryView>
      <AddSchedule />
    </>
  );
}

function Row({ schedule }: { schedule: Schedule }) {
  const request = useScheduleRequest();
  const removal = useScheduleRequest();
  const row = useRef<HTMLLIElement>(null);
  const title = useId();
  const { id, state, last, problem } = schedule;
  const name = plainText(schedule.name);
  const send = (next: Request) => !request.isPending && request.mutate(next);
  // The row with the focus goes away.
  const removed = () => row.current?.closest<HTMLElement>("[data-section]")?.focus();
  return (
    <li ref={row} aria-labelledby={title} className="py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p id={title} className="text-sm font-medium [overflow-wrap:anywhere]">{name}</p>
        <span className="ms-auto flex flex-wrap items-center gap-2">
          <Button look="quiet" className="px-2 py-0.5" aria-label={t("Run now: {what}", { what: name })} onClick={() => send({ op: "run_schedule", id })}>
            {t("Run now")}
          </Button>
          {state === "active" && (
            <Button look="quiet" className="px-2 py-0.5" aria-label={t("Pause: {what}", { what: name })} onClick={() => send({ op: "pause_schedule", id })}>
              {t("Pause")}
            </Button>
          )}
          {state === "paused" && (
            <Button look="quiet" className="px-2 py-0.5" aria-label={t("Go on: {what}", { what: name })} onClick={() => send({ op: "resume_schedule", id })}>
              {t("Go on")}
            </Button>
          )}
          <SureButton
            first={{ label: t("Remove"), name: t("Remove: {what}", { what: name }) }}
            second={{ label: t("Remove now"), name: t("Remove now: {what}", { what: name }) }}
            onSure={() => !removal.isPending && removal.mutate({ op: "remove_schedule", id }, { onSuccess: removed })}
          />
        </span>
      </div>
      <p className="mt-0.5 text-sm text-ink-2 [overflow-wrap:anywhere]">
        <span>{nextWords(schedule)}</span>
        {" · "}
        <span>
          {plainText(schedule.words)}
          {schedule.zone !== null && ` (${schedule.zone})`}
        </span>
      </p>
      <p className="mt-0.5 text-xs text-ink-3">{t("Up to {amount} a run. If missed: {rule}", { amount: money(schedule.budget), rule: t(ON_MISSED[schedule.on_missed]) })}</p>
      {!schedule.has_price && <p className="mt-0.5 text-xs text-warn">{t("Your model has no known price: tokens and calls limit a run instead.")}</p>}
      <p dir="auto" className="mt-0.5 line-clamp-3 text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(schedule.task)}</p>
      {schedule.by_agent !== null && (
        <p className="mt-0.5 text-xs">
          <a href={toAgent(schedule.by_agent)} className="text-accent-ink underline">{t("An agent has asked for this schedule.")}</a>
        </p>
      )}
      {problem !== null && <p className="mt-1 text-sm text-bad [overflow-wrap:anywhere] first-letter:uppercase">{problem}</p>}
      <p role="status" className="mt-1 flex items-center gap-1.5 text-sm text-ink-2">
        {last && (
          <>
            <Dot tone={OUTCOMES[last.outcome].tone} /> {t("Last: {what}", { what: t(OUTCOMES[last.outcome].label) })}
          </>
        )}
      </p>
      <InlineError problem={removal.error ?? request.error} />
      {last && (
        <Disclosure summary={<span>{t("History")}</span>} className="-ms-1.5">
          {() => <Runs schedule={schedule} name={name} />}
        </Disclosure>
      )}
    </li>
  );
}

function Runs({ schedule, name }: { schedule: Schedule; name: string }) {
  const query = useScheduleRuns(schedule.id);
  return (
    <QueryView query={query}>
      {(runs) => (
        <ul tabIndex={0} aria-label={t("History of {what}", { what: name })} className="max-h-72 overflow-y-auto text-sm">
          {runs.map((run) => (
            <li key={run.due} className="flex flex-wrap items-center gap-x-2 py-1">
              <Dot tone={OUTCOMES[run.outcome].tone} />
              <time dateTime={new Date(run.due).toISOString()} title={exactTime(run.due)} className="tabular-nums">{dueWords(run)}</time>
              {run.agent === null ? (
                <span className="text-ink-2">{t(OUTCOMES[run.outcome].label)}</span>
              ) : (
                <a href={toAgent(run.agent)} className="text-accent-ink underline">{t(OUTCOMES[run.outcome].label)}</a>
              )}
              {run.by_hand && <span className="text-ink-3">{t("started by hand")}</span>}
            </li>
          ))}
        </ul>
      )}
    </QueryView>
  );
}
