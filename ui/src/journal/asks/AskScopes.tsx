/** The choice how far an answer reaches, with the rule that it adds. */
import { useId } from "react";
import type { AskScope } from "../../bridge";
import { SCOPES } from "../../data/asks";

const ABOUT: Record<AskScope, string> = {
  once: "",
  agent: "The agent remembers this for all such calls:",
  always: "Adds a rule for all agents, which you can remove in Settings:",
};

/** `rule` is the line for each of the two answers. */
export function AskScopes(props: { scopes: readonly AskScope[]; value: AskScope; onChange: (scope: AskScope) => void; rule: [allow: string, deny: string] | null }) {
  const name = useId();
  const about = ABOUT[props.value];
  return (
    <fieldset className="mb-3 text-sm">
      <legend className="sr-only">How far your answer reaches</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {props.scopes.map((scope) => (
          <label key={scope} className="flex cursor-pointer items-center gap-1.5">
            <input type="radio" name={name} className="accent-(--accent)" checked={props.value === scope} onChange={() => props.onChange(scope)} />
            {SCOPES[scope] ?? scope}
          </label>
        ))}
      </div>
      {about && (
        <p className="mt-1.5 text-xs text-ink-3">
          {about}{" "}
          {props.rule && (
            <>
              <code className="text-ink [overflow-wrap:anywhere]">{props.rule[0]}</code> or <code className="text-ink [overflow-wrap:anywhere]">{props.rule[1]}</code>
            </>
          )}
        </p>
      )}
    </fieldset>
  );
}
