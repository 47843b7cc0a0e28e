/** Adds a line at the end of the rules. The host checks it. */
import { type FormEvent, useId, useState } from "react";
import { Button } from "../design/Button";
import { Input } from "../design/Field";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { t } from "../words";

export function AddRule() {
  const [line, setLine] = useState("");
  const request = useRequest();
  const grammar = useId();
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (line.trim() && !request.isPending) request.mutate({ op: "add_rule", line: line.trim() }, { onSuccess: () => setLine("") });
  };
  return (
    <form onSubmit={add} aria-label={t("Add a rule")} className="mt-2">
      <div className="flex flex-wrap items-center gap-2">
        <Input aria-label={t("New rule")} aria-describedby={grammar} placeholder="ask commit_memory path=private/*" className="min-w-56 grow font-mono" value={line} onChange={(event) => (setLine(event.target.value), request.reset())} />
        <Button type="submit" disabled={!line.trim() || request.isPending}>
          {t("Add rule")}
        </Button>
      </div>
      <InlineError problem={request.error} />
      <div id={grammar} className="mt-1.5 text-xs text-ink-3">
        <code className="text-ink-2 [overflow-wrap:anywhere]">allow|ask|hold|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [as risky | as safe]</code>
        <p className="mt-1">
          {t("TOOL and P are patterns: * stands for any text. depth=0 is the Grow Agent, depth=1+ all sub-agents. A risky call needs your permission if the agent has read text from outside in the same turn, even if a rule allows it; end a line with “as risky” or “as safe” to say which calls those are: it is no condition.")}
        </p>
      </div>
    </form>
  );
}
