/** A settled ask in one line: how and by whom. It names the rule that the answer has added, and expands to the question. */
import { Check } from "lucide-react";
import type { Ask, AskSettlement } from "../../bridge";
import { addedRule, askTitle, settledWords } from "../../data/asks";
import { toAgent, toRules } from "../../data/links";
import { agentName } from "../../data/names";
import { clock, exactTime } from "../../data/time";
import { Disclosure } from "../../design/Disclosure";
import { t } from "../../words";
import { AskAbout } from "./AskAbout";

/** Without `settled` it is only known that another answer came first. `isElsewhere`: this card had a form, and it was not used. */
export function SettledAsk(props: { ask: Ask; agent: { id: string; name: string }; settled: AskSettlement | null; hasLink: boolean; isElsewhere: boolean }) {
  const { ask, agent, settled } = props;
  const how = settled ? settledWords(ask, settled) : t("Settled already");
  const summary = (
    <>
      <Check className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">
        <span className="font-medium text-ink">{how}</span> <span className="text-ink-3">{askTitle(ask, agent)}</span>
      </span>
      {settled && (
        <span className="ms-auto shrink-0 ps-3 text-xs text-ink-3" title={exactTime(settled.at)}>
          {clock(settled.at)}
        </span>
      )}
    </>
  );
  return (
    <Disclosure summary={summary} below={<Notes {...props} />}>
      {() => (
        <div className="space-y-1 text-sm">
          <AskAbout ask={ask} />
          <p className="pt-1 [overflow-wrap:anywhere]">{how}</p>
          {props.hasLink && (
            <a href={toAgent(agent.id)} className="text-xs text-accent-ink underline">
              {t("Open {name}", { name: agentName(agent) })}
            </a>
          )}
        </div>
      )}
    </Disclosure>
  );
}

function Notes({ agent, settled, isElsewhere }: { agent: { id: string; name: string }; settled: AskSettlement | null; isElsewhere: boolean }) {
  const rule = settled && addedRule(settled);
  const isByPerson = settled === null || settled.by === "person";
  if (!rule && !(isElsewhere && isByPerson)) return null;
  return (
    <div className="space-y-0.5 pb-1.5 ps-6.5 text-xs text-ink-2">
      {isElsewhere && isByPerson && <p>{t("Settled outside this window, such as on the command line.")}</p>}
      {rule && (
        <p className="[overflow-wrap:anywhere]">
          {settled.answer?.scope === "agent" ? t("Added this rule for {name}:", { name: agentName(agent) }) : t("Added this rule for all agents:")} <code className="text-ink">{rule}</code>{" "}
          <a href={toRules} className="text-accent-ink underline">
            {t("Open Rules")}
          </a>
        </p>
      )}
    </div>
  );
}
