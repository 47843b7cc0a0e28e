/** The answers to an ask: its options, how far they reach, another amount, and free text for a question. */
import { type FormEvent, useId, useState } from "react";
import type { Ask, AskScope } from "../../bridge";
import { parseAmount, ruleOf, scopesOf } from "../../data/asks";
import { Button } from "../../design/Button";
import { Input } from "../../design/Field";
import { AskScopes } from "./AskScopes";
import type { Answering } from "./useAnswer";

export function AskForm({ ask, answer }: { ask: Ask; answer: Answering }) {
  const [scope, setScope] = useState<AskScope>("once");
  const [amount, setAmount] = useState("");
  const scopes = scopesOf(ask);
  const rule = ask.detail && "call" in ask.detail ? ask.detail.call.rule : undefined;
  const isMoney = ask.detail !== undefined && "limit" in ask.detail && ask.detail.limit.shortfall !== undefined;
  const wanted = amount.trim() === "" ? undefined : parseAmount(amount);
  const choose = (option: string) => {
    const reach = scope === "once" ? {} : { scope };
    answer.send({ option, ...reach, ...(option === "raise" && wanted ? { amount: wanted } : {}) });
  };
  return (
    <div className="mt-3">
      {scopes.length > 0 && <AskScopes scopes={scopes} value={scope} onChange={setScope} rule={rule === undefined ? null : [ruleOf(rule, "allow"), ruleOf(rule, "deny")]} />}
      {isMoney && <Amount value={amount} isWrong={wanted === null} onChange={setAmount} />}
      <div className="flex flex-wrap gap-2">
        {(ask.options ?? []).map((option, index) => (
          <Button key={option.id} look={index === 0 && ask.kind !== "question" ? "primary" : "plain"} className="h-auto max-w-full text-left whitespace-normal" disabled={answer.isSending || (option.id === "raise" && wanted === null)} onClick={() => choose(option.id)}>
            {option.label}
          </Button>
        ))}
      </div>
      {ask.kind === "question" && <FreeText ask={ask} answer={answer} />}
    </div>
  );
}

/** Another amount than the one that "raise" names. */
function Amount({ value, isWrong, onChange }: { value: string; isWrong: boolean; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2 text-sm">
      <label htmlFor={id}>Raise by another amount: $</label>
      <Input id={id} className="w-24 text-right tabular-nums" inputMode="decimal" value={value} aria-invalid={isWrong} onChange={(event) => onChange(event.target.value)} />
      {isWrong && <span className="text-bad">Write an amount, such as 0.50.</span>}
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
    <form onSubmit={send} className="mt-2 flex flex-wrap items-center gap-2">
      <Input aria-label={`Your answer to: ${ask.text}`} placeholder={hasOptions ? "Or write your own answer" : "Your answer"} className="min-w-48 grow" value={text} spellCheck onChange={(event) => setText(event.target.value)} />
      <Button type="submit" look={hasOptions ? "plain" : "primary"} disabled={!text.trim() || answer.isSending}>
        Send answer
      </Button>
      <Button look="quiet" disabled={answer.isSending} onClick={() => answer.send(null)}>
        Do not answer
      </Button>
    </form>
  );
}
