/** Another amount than the one that the option "raise" names. */
import { useId } from "react";
import { money, usd } from "../../data/money";
import { Input } from "../../design/Field";
import { InlineError, type Problem } from "../../design/states";
import { t } from "../../words";

/** What was typed, and whether the browser can read it as a number. */
export interface TypedAmount {
  text: string;
  isNumber: boolean;
}

export const NO_AMOUNT: TypedAmount = { text: "", isNumber: true };

/** `least` is in micro-cents. `problem` is why the host has refused the amount. */
export function AskAmount(props: { value: string; least: number; isWrong: boolean; problem: Problem | null; onChange: (typed: TypedAmount) => void }) {
  const { value, least, isWrong, problem } = props;
  const id = useId();
  const hint = t("At least {amount}.", { amount: money(least) });
  return (
    <div className="text-sm">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <label htmlFor={id}>{t("Raise by another amount: $")}</label>
        <Input
          id={id}
          type="number"
          min={usd(least)}
          step="any"
          inputMode="decimal"
          className="w-28 text-end tabular-nums"
          value={value}
          aria-invalid={isWrong || problem !== null}
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => props.onChange({ text: target.value, isNumber: !target.validity.badInput })}
        />
        <span id={`${id}-hint`} className={isWrong ? "text-bad" : "text-ink-3"}>
          {hint}
        </span>
      </div>
      <InlineError problem={problem && { message: problem.message }} />
    </div>
  );
}
