/** One tool call: a line that expands to its details. */
import { CircleAlert } from "lucide-react";
import { lazy, Suspense } from "react";
import { cx } from "../design/cx";
import { Disclosure } from "../design/Disclosure";
import { useNow } from "../design/useNow";
import { money } from "../data/money";
import { duration } from "../data/time";
import { t, type Text } from "../words";
import type { Call } from "./items";
import { toolWords } from "./toolWords";

// A call is closed at first.
const ToolDetails = lazy(async () => ({ default: (await import("./ToolDetails")).ToolDetails }));

const INTERRUPTED: Record<"looking_up" | "repeated", Text> = { looking_up: "interrupted, looking up whether it happened", repeated: "interrupted before it happened, trying again" };

export function ToolCall({ call, marked }: { call: Call; marked: boolean }) {
  const running = call.finishedAt === null;
  const now = useNow(running);
  const { icon: Icon, verb, about } = toolWords(call);
  const summary = (
    <>
      {call.isError ? <CircleAlert className="size-4 shrink-0 text-bad" aria-label={t("Failed")} /> : <Icon className={cx("size-4 shrink-0 text-ink-3", running && "breathe")} aria-hidden />}
      <span className="truncate">
        {verb} <bdi className="font-medium text-ink">{about}</bdi>
        {running && call.isAsking && <span className="text-ink-3"> · {t("waits for your permission")}</span>}
        {running && call.interrupted && <span className="text-ink-3"> · {t(INTERRUPTED[call.interrupted])}</span>}
      </span>
      <span className="ms-auto flex shrink-0 gap-2.5 ps-3 text-xs text-ink-3 tabular-nums">
        {call.asked?.calls === 1 && call.asked.cost !== null && call.asked.cost > 0 && <span>{money(call.asked.cost)}</span>}
        {duration((call.finishedAt ?? now) - call.startedAt)}
      </span>
    </>
  );
  return (
    <Disclosure summary={summary} open={marked} className={cx(marked && "rounded-lg bg-accent-soft p-1")}>
      {() => (
        <Suspense fallback={null}>
          <ToolDetails call={call} />
        </Suspense>
      )}
    </Disclosure>
  );
}
