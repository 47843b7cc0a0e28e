/** A settled ask in one line: how and by whom. It expands to the question. */
import { Check } from "lucide-react";
import type { Ask, AskSettlement } from "../../bridge";
import { settledWords } from "../../data/asks";
import { toAgent } from "../../data/links";
import { clock, exactTime } from "../../data/time";
import { Disclosure } from "../../design/Disclosure";
import { InlineError, type Problem } from "../../design/states";
import { AskAbout } from "./AskAbout";

/** Without `settled` it is only known that another answer came first, which `problem` says. */
export function SettledAsk(props: { ask: Ask; agent: { id: string; name: string }; settled: AskSettlement | null; hasLink: boolean; problem: Problem | null }) {
  const { ask, agent, settled, problem } = props;
  const summary = (
    <>
      <Check className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">
        {ask.text} <span className="font-medium text-ink">{settled ? settledWords(ask, settled) : "Settled elsewhere"}</span>
      </span>
      {settled && (
        <span className="ml-auto shrink-0 pl-3 text-xs text-ink-3" title={exactTime(settled.at)}>
          {clock(settled.at)}
        </span>
      )}
    </>
  );
  const below = problem && (
    <div className="pb-1.5 pl-6">
      <InlineError problem={{ message: problem.message }} />
    </div>
  );
  return (
    <Disclosure summary={summary} below={below}>
      {() => (
        <div className="space-y-1 text-sm">
          <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{ask.text}</p>
          {ask.detail && <AskAbout detail={ask.detail} />}
          {settled && <p className="[overflow-wrap:anywhere]">{settledWords(ask, settled)}</p>}
          {props.hasLink && (
            <a href={toAgent(agent.id)} className="text-xs text-accent-ink underline">
              Open {agent.name}
            </a>
          )}
        </div>
      )}
    </Disclosure>
  );
}
