/** The rules for tool calls: all lines in their order, a field to add one, and a test. */
import { useState } from "react";
import type { RuleRow } from "../bridge";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { InlineError, QueryView } from "../design/states";
import { useRequest } from "../data/context";
import { toAgent } from "../data/links";
import { agentName } from "../data/names";
import { useAgents, useRules } from "../data/queries";
import { exactTime } from "../data/time";
import { t, type Text } from "../words";
import { rich } from "../words/rich";
import { AddRule } from "./AddRule";
import { ruleAgent } from "./ruleAgent";
import { RuleTest } from "./RuleTest";

const ORIGINS: Record<RuleRow["origin"], Text> = { built_in: "Built in", person: "Yours", answer: "From an answer" };

export function Rules() {
  return (
    <QueryView query={useRules()}>
      {(rules) => {
        const builtIn = rules.filter((rule) => rule.origin === "built_in");
        const added = rules.filter((rule) => rule.origin !== "built_in");
        return (
          <>
            <div className="py-3">
              <Disclosure summary={<span>{t("Built-in lines, which come first ({n})", { n: builtIn.length })}</span>} className="-ms-1.5">
                {() => <List label={t("Built-in rules")} rules={builtIn} />}
              </Disclosure>
              {added.length === 0 ? <p className="mt-1 text-sm text-ink-3">{t("You have added no rules.")}</p> : <List label={t("Your rules")} rules={added} />}
              <AddRule />
            </div>
            <RuleTest />
          </>
        );
      }}
    </QueryView>
  );
}

function List({ label, rules }: { label: string; rules: readonly RuleRow[] }) {
  return (
    <ol aria-label={label} className="divide-y divide-line">
      {rules.map((rule, index) => (
        <Line key={rule.id ?? index} rule={rule} />
      ))}
    </ol>
  );
}

function Line({ rule }: { rule: RuleRow }) {
  const [isSure, setSure] = useState(false);
  const request = useRequest();
  const { id, line, origin, added_at } = rule;
  const only = ruleAgent(line);
  const agent = useAgents().data?.find((one) => one.id === only);
  return (
    <li className="py-1.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <code className="min-w-40 grow basis-0 text-sm [overflow-wrap:anywhere]">{line}</code>
        <span className="order-1 -mt-1 basis-full text-xs text-ink-3" title={added_at === null ? undefined : exactTime(added_at)}>
          {ORIGINS[origin] ? t(ORIGINS[origin]) : origin}
          {agent && (
            <>
              {rich(", only for {agent}", {
                agent: (
                  <a href={toAgent(agent.id)} className="text-accent-ink underline">
                    {agentName(agent)}
                  </a>
                ),
              })}
            </>
          )}
        </span>
        {id !== null && !isSure && (
          <Button look="quiet" className="px-2 py-0.5" aria-label={t("Remove: {what}", { what: line })} onClick={() => setSure(true)}>
            {t("Remove")}
          </Button>
        )}
        {id !== null && isSure && (
          <span className="flex gap-1">
            <Button look="quiet" className="px-2 py-0.5" onClick={() => setSure(false)}>
              {t("Keep")}
            </Button>
            <Button autoFocus look="danger" className="px-2 py-0.5" aria-label={t("Remove now: {what}", { what: line })} disabled={request.isPending || request.isSuccess} onClick={() => request.mutate({ op: "remove_rule", id })}>
              {t("Remove now")}
            </Button>
          </span>
        )}
      </div>
      <InlineError problem={request.error} />
    </li>
  );
}
