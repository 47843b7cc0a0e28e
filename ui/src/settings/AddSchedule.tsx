/** Adds a schedule. What the words about the time mean is shown while they are written. */
import { type FormEvent, useDeferredValue, useId, useRef, useState } from "react";
import type { OnMissed } from "../bridge";
import { Button } from "../design/Button";
import { Field, Input, Select } from "../design/Field";
import { InlineError } from "../design/states";
import { parseAmount } from "../data/asks";
import { dayAndTime } from "../data/time";
import { t } from "../words";
import { newId } from "./newId";
import { ON_MISSED } from "./scheduleWords";
import { useSchedulePreview, useScheduleRequest } from "./useSchedules";

const RULES = Object.keys(ON_MISSED) as OnMissed[];

export function AddSchedule() {
  const [words, setWords] = useState("");
  const [name, setName] = useState("");
  const [task, setTask] = useState("");
  const [onMissed, setOnMissed] = useState<OnMissed>("run_once");
  const [budget, setBudget] = useState("0.50");
  // Sent again after a lost answer, it is the same schedule.
  const id = useRef(newId("s"));
  const request = useScheduleRequest();
  const form = useRef<HTMLFormElement>(null);
  const title = useId();
  const meaning = useId();
  const amount = parseAmount(budget);
  const isComplete = words.trim() !== "" && name.trim() !== "" && task.trim() !== "" && amount !== null;
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!isComplete || request.isPending) return;
    const done = () => {
      id.current = newId("s");
      setWords("");
      setName("");
      setTask("");
      form.current?.querySelector("input")?.focus();
    };
    request.mutate({ op: "add_schedule", schedule: { id: id.current, name: name.trim(), task: task.trim(), words: words.trim(), zone: null, on_missed: onMissed, budget: amount } }, { onSuccess: done });
  };
  const changed = () => request.reset();
  return (
    <form ref={form} onSubmit={add} onChange={changed} aria-labelledby={title} className="flex flex-col gap-3 py-3">
      <p id={title} className="text-sm font-semibold">{t("Add a schedule")}</p>
      <Field label={t("When")}>
        <Input aria-describedby={meaning} placeholder="every weekday at 8" value={words} onChange={(event) => setWords(event.target.value)} />
      </Field>
      <Meaning id={meaning} words={useDeferredValue(words.trim())} />
      <Field label={t("Name of the schedule")}>
        <Input maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field label={t("Task")} hint={t("A new sub-agent gets it each time and sees nothing of the conversation.")}>
        <textarea rows={3} className="w-full rounded-lg border border-line-strong/60 bg-surface px-3 py-1.5 text-sm text-ink" value={task} onChange={(event) => setTask(event.target.value)} />
      </Field>
      <div className="flex flex-wrap gap-3">
        <Field label={t("If GrowQR was not running at that time")}>
          <Select value={onMissed} onChange={(event) => setOnMissed(RULES.find((rule) => rule === event.target.value) ?? "run_once")}>
            {RULES.map((rule) => (
              <option key={rule} value={rule}>
                {t(ON_MISSED[rule])}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t("Budget of one run, in USD")}>
          <Input inputMode="decimal" className="w-32 text-end tabular-nums" value={budget} onChange={(event) => setBudget(event.target.value)} />
        </Field>
      </div>
      <div>
        <Button type="submit" disabled={!isComplete}>
          {t("Add schedule")}
        </Button>
        <InlineError problem={request.error} />
        <p className="mt-1.5 text-xs text-ink-3">{t("GrowQR must be open at that time; the window may be closed to the tray.")}</p>
      </div>
    </form>
  );
}

/** When it is due next, or what is not understood. */
function Meaning({ id, words }: { id: string; words: string }) {
  const query = useSchedulePreview(words);
  const meaning = words === "" ? undefined : query.data;
  return (
    <div id={id} role="status" className="-mt-2 text-xs text-ink-3">
      {meaning && <p>{t("Next: {time}", { time: `${meaning.next.map(dayAndTime).join(" · ")} (${meaning.zone})` })}</p>}
      {words !== "" && <InlineError problem={query.error} />}
    </div>
  );
}
