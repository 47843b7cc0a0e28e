/** The details of a tool call: its input, result, time and cost. */
import { toPage } from "../data/links";
import { money } from "../data/money";
import { exactTime } from "../data/time";
import { counted, t } from "../words";
import type { Asked, Call } from "./items";
import { Part } from "./Part";
import { inputText } from "./inputText";
import { ToolResult } from "./ToolResult";

export function ToolDetails({ call }: { call: Call }) {
  return (
    <div className="space-y-2 text-sm">
      <Part title={t("Input")} text={inputText(call.input)} />
      {call.result !== null && <ToolResult title={call.isError ? t("Error") : t("Result")} content={call.result} />}
      <p className="flex flex-wrap gap-x-3 text-xs text-ink-3">
        <span>{exactTime(call.startedAt)}</span>
        {call.asked && <span>{costWords(call.asked)}</span>}
        {call.commit && typeof call.input.path === "string" && (
          <a className="text-accent-ink underline" href={toPage(call.input.path, "history")}>
            {t("change {id}", { id: call.commit.slice(0, 8) })}
          </a>
        )}
      </p>
    </div>
  );
}

/** Tools are free; the cost is that of the model call that requested them. */
function costWords({ cost, calls }: Asked): string {
  const words = cost === null ? t("requested by a model call of unknown cost") : t("requested by a model call for {amount}", { amount: money(cost) });
  return calls > 1 ? `${words}, ${counted(calls - 1, "together with {n} more", "together with {n} more")}` : words;
}
