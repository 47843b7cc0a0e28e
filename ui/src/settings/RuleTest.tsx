/** Tests which line of the rules decides a call. */
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { RuleTest as Result } from "../bridge";
import { Button } from "../design/Button";
import { Field, Input, Select } from "../design/Field";
import { InlineError } from "../design/states";
import { useHost } from "../data/context";
import { useAgents } from "../data/queries";
import { t, type Text } from "../words";
import { rich } from "../words/rich";

const DECISIONS: Record<string, Text> = { allow: "Allowed", ask: "The agent asks you", hold: "It waits for your approval", deny: "Not allowed" };

export function RuleTest() {
  const host = useHost();
  const agents = useAgents().data ?? [];
  const [tool, setTool] = useState("");
  const [input, setInput] = useState("{}");
  const [agent, setAgent] = useState("");
  const test = useMutation({ mutationFn: () => host.call("test_rules", { tool: tool.trim(), input, agent: agent || null }) });
  const run = (event: FormEvent) => {
    event.preventDefault();
    if (tool.trim()) test.mutate();
  };
  return (
    <form onSubmit={run} onChange={() => test.reset()} aria-label={t("Test the rules")} className="py-3">
      <p className="text-sm font-medium">{t("Test a call")}</p>
      <div className="mt-2 grid gap-3 @xl/view:grid-cols-2">
        <Field label={t("Tool")}>
          <Input placeholder="commit_memory" className="w-full font-mono" value={tool} onChange={(event) => setTool(event.target.value)} />
        </Field>
        <Field label={t("Agent")}>
          <Select value={agent} onChange={(event) => setAgent(event.target.value)}>
            <option value="">{t("Grow Agent")}</option>
            {agents.filter((one) => one.parent !== null).map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <div className="mt-3">
        <Field label={t("Input (JSON)")}>
          <Input placeholder={'{"path": "notes/a.md"}'} className="w-full font-mono" value={input} onChange={(event) => setInput(event.target.value)} />
        </Field>
      </div>
      <Button type="submit" className="mt-3" disabled={!tool.trim() || test.isPending}>
        {t("Test")}
      </Button>
      <InlineError problem={test.error} />
      <div role="status">{test.data && <Outcome result={test.data} />}</div>
    </form>
  );
}

function Outcome({ result }: { result: Result }) {
  const decision = DECISIONS[result.decision];
  return (
    <p className="mt-2 text-sm [overflow-wrap:anywhere]">
      <span className="font-medium">{decision ? t(decision) : result.decision}.</span> {rich("This line decides: {line}.", { line: <code>{result.rule.line}</code> })}
      {result.argument !== null && ` ${t("The rules compare it with “{text}”.", { text: result.argument })}`}
      {result.is_unclear && ` ${t("What the call concerns is missing, or can be read in more than one way: it counts as denied.")}`}
      {result.is_risky && ` ${t("It is risky: after text from outside it asks you, even if it is allowed.")}`}
    </p>
  );
}
