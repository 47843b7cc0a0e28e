/** The choice how far an answer reaches, with the rule that it adds. */
import { useId } from "react";
import type { AskScope } from "../../bridge";
import { ruleOf, SCOPES } from "../../data/asks";
import { t } from "../../words";
import { rich } from "../../words/rich";

const ABOUT = {
  agent: "Adds a rule for this agent, which you can remove in Settings: {allow} or {deny}",
  always: "Adds a rule for all agents, which you can remove in Settings: {allow} or {deny}",
} as const;

/** `rule` is the line that allows such calls of all agents. */
export function AskScopes(props: { scopes: readonly AskScope[]; value: AskScope; onChange: (scope: AskScope) => void; rule: string | null; agent: string }) {
  const { value, rule, agent } = props;
  const name = useId();
  const about = value === "once" ? null : ABOUT[value];
  const line = (option: string) => rule !== null && <code className="text-ink [overflow-wrap:anywhere]">{ruleOf(rule, option, value === "agent" ? agent : null)}</code>;
  return (
    <fieldset className="text-sm">
      <legend className="sr-only">{t("How far your answer reaches")}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {props.scopes.map((scope) => (
          <label key={scope} className="flex cursor-pointer items-center gap-1.5">
            <input type="radio" name={name} className="accent-(--accent)" checked={value === scope} onChange={() => props.onChange(scope)} />
            {Object.hasOwn(SCOPES, scope) ? t(SCOPES[scope]) : scope}
          </label>
        ))}
      </div>
      {about && (
        <p className="mt-1.5 text-xs text-ink-3">
          {rich(about, { allow: line("allow"), deny: line("deny") })}
        </p>
      )}
    </fieldset>
  );
}
