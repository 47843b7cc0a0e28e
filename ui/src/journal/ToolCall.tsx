/** One tool call: a line that expands to its input, result and time. */
import { CircleAlert } from "lucide-react";
import { cx } from "../design/cx";
import { Disclosure } from "../design/Disclosure";
import { useNow } from "../design/useNow";
import { toPage } from "../data/links";
import { money } from "../data/money";
import { duration, exactTime } from "../data/time";
import type { Asked, Call } from "./items";
import { Part } from "./Part";
import { inputText } from "./inputText";
import { ToolResult } from "./ToolResult";
import { toolWords } from "./toolWords";

const INTERRUPTED = { looking_up: "interrupted, looking up whether it happened", repeated: "interrupted before it happened, trying again" };

export function ToolCall({ call, marked }: { call: Call; marked: boolean }) {
  const running = call.finishedAt === null;
  const now = useNow(running);
  const { icon: Icon, verb, about } = toolWords(call);
  const summary = (
    <>
      {call.isError ? <CircleAlert className="size-4 shrink-0 text-bad" aria-label="Failed" /> : <Icon className={cx("size-4 shrink-0 text-ink-3", running && "breathe")} aria-hidden />}
      <span className="truncate">
        {verb} <bdi className="font-medium text-ink">{about}</bdi>
        {running && call.isAsking && <span className="text-ink-3"> · waits for your permission</span>}
        {running && call.interrupted && <span className="text-ink-3"> · {INTERRUPTED[call.interrupted]}</span>}
      </span>
      <span className="ml-auto flex shrink-0 gap-2.5 pl-3 text-xs text-ink-3 tabular-nums">
        {call.asked?.calls === 1 && call.asked.cost !== null && call.asked.cost > 0 && <span>{money(call.asked.cost)}</span>}
        {duration((call.finishedAt ?? now) - call.startedAt)}
      </span>
    </>
  );
  return (
    <Disclosure summary={summary} open={marked} className={cx(marked && "rounded-lg bg-accent-soft p-1")}>
      {() => (
        <div className="space-y-2 text-sm">
          <Part title="Input" text={inputText(call.input)} />
          {call.result !== null && <ToolResult title={call.isError ? "Error" : "Result"} content={call.result} />}
          <p className="flex flex-wrap gap-x-3 text-xs text-ink-3">
            <span>{exactTime(call.startedAt)}</span>
            {call.asked && <span>{costWords(call.asked)}</span>}
            {call.commit && typeof call.input.path === "string" && (
              <a className="text-accent-ink underline" href={toPage(call.input.path, "history")}>
                change {call.commit.slice(0, 8)}
              </a>
            )}
          </p>
        </div>
      )}
    </Disclosure>
  );
}

/** Tools are free; the cost is that of the model call that requested them. */
function costWords({ cost, calls }: Asked): string {
  const words = cost === null ? "requested by a model call of unknown cost" : `requested by a model call for ${money(cost)}`;
  return calls > 1 ? `${words}, together with ${calls - 1} more` : words;
}

