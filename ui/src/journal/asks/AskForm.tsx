/** The answers to an ask: its options, how far they reach, a remark, another amount, and free text for a question. */
import { type FormEvent, useState } from "react";
import type { Ask, AskScope } from "../../bridge";
import { optionLabel } from "../../data/askOptions";
import { leastRaise, parseAmount, proposedRule, scopesOf } from "../../data/asks";
import { money } from "../../data/money";
import { quoted } from "../../data/names";
import { Button } from "../../design/Button";
import { Input } from "../../design/Field";
import { t } from "../../words";
import { AskAmount, NO_AMOUNT } from "./AskAmount";
import { AskScopes } from "./AskScopes";
import type { Answering } from "./useAnswer";

/** `agent` is the id of the agent that asks. */
export function AskForm({ ask, agent, answer }: { ask: Ask; agent: string; answer: Answering }) {
  const [scope, setScope] = useState<AskScope>("once");
  const [remark, setRemark] = useState("");
  const [amount, setAmount] = useState(NO_AMOUNT);
  const scopes = scopesOf(ask);
  const rule = proposedRule(ask.detail);
  const least = leastRaise(ask.detail);
  const isNamed = amount.text.trim() !== "" || !amount.isNumber;
  const wanted = isNamed ? parseAmount(amount.text) : null;
  const isWrong = least !== null && isNamed && (wanted === null || wanted < least);
  const choose = (option: string) => {
    answer.send({
      option,
      ...(scope === "once" ? {} : { scope }),
      ...(remark.trim() ? { text: remark.trim() } : {}),
      ...(option === "raise" && wanted !== null ? { amount: wanted } : {}),
    });
  };
  return (
    <div className="mt-3 space-y-3">
      {scopes.length > 0 && <AskScopes scopes={scopes} value={scope} onChange={setScope} rule={rule} agent={agent} />}
      {ask.kind === "permission" && (
        <label className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          {t("Tell the agent why")}
          <Input dir="auto" placeholder={t("Optional. It reads this if you do not allow the call.")} className="min-w-56 grow" value={remark} spellCheck onChange={(event) => setRemark(event.target.value)} />
        </label>
      )}
      {least !== null && <AskAmount value={amount.text} least={least} isWrong={isWrong} problem={answer.amountProblem} onChange={(typed) => (setAmount(typed), answer.reset())} />}
      {(ask.options?.length ?? 0) > 0 && (
        <div className="flex flex-wrap gap-2">
          {(ask.options ?? []).map((option, index) => (
            <Button key={option.id} data-answer dir={ask.kind === "question" ? "auto" : undefined} look={index === 0 && ask.kind !== "question" ? "primary" : "plain"} className="h-auto max-w-full text-start whitespace-normal [overflow-wrap:anywhere]" disabled={answer.isSending || (option.id === "raise" && isWrong)} onClick={() => choose(option.id)}>
              {option.id === "raise" && least !== null && wanted !== null && !isWrong ? t("Raise by {amount}", { amount: money(wanted) }) : optionLabel(ask, option)}
            </Button>
          ))}
        </div>
      )}
      {ask.kind === "question" && <FreeText ask={ask} answer={answer} />}
    </div>
  );
}

function FreeText({ ask, answer }: { ask: Ask; answer: Answering }) {
  const [text, setText] = useState("");
  const hasOptions = (ask.options?.length ?? 0) > 0;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() && !answer.isSending) answer.send({ text: text.trim() });
  };
  // A form sends on Enter, and not on the Enter that ends an input method's composition.
  return (
    <form onSubmit={send} className="flex flex-wrap items-center gap-2">
      <Input data-answer dir="auto" aria-label={t("Your answer to: {question}", { question: quoted(ask.text) })} placeholder={hasOptions ? t("Or write your own answer") : t("Your answer")} className="min-w-48 grow" value={text} spellCheck onChange={(event) => setText(event.target.value)} />
      <Button type="submit" look={hasOptions ? "plain" : "primary"} disabled={!text.trim() || answer.isSending}>
        {t("Send answer")}
      </Button>
      <Button look="quiet" disabled={answer.isSending} onClick={() => answer.send(null)}>
        {t("Do not answer")}
      </Button>
    </form>
  );
}
