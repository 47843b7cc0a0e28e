/** What exactly an answer decides: the tool call with its reason, or the limit with the missing amount. */
import type { AskDetail } from "../../bridge";
import { limitWords, reasonWords } from "../../data/asks";
import { Disclosure } from "../../design/Disclosure";
import { callInput } from "../inputText";
import { Part } from "../Part";

export function AskAbout({ detail }: { detail: AskDetail }) {
  if ("limit" in detail) return <p className="mt-1 text-sm text-ink-2">{limitWords(detail.limit.limit, detail.limit.shortfall)}</p>;
  if (!("call" in detail)) return null;
  const { tool, why } = detail.call;
  const summary = (
    <span className="truncate">
      What exactly: <code className="text-ink">{tool}</code>
    </span>
  );
  return (
    <>
      <p className="mt-1 text-sm text-ink-2 [overflow-wrap:anywhere]">{reasonWords(why)}</p>
      <Disclosure summary={summary} className="mt-1 -ml-1.5">
        {() => <Part title="Input" text={callInput(detail.call)} />}
      </Disclosure>
    </>
  );
}
