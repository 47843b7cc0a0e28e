/** How long an agent has worked: a sub-agent in all its turns, the Grow Agent in its current or latest turn. */
import { type ReactNode, useMemo } from "react";
import type { Agent } from "../bridge";
import { useNow } from "../design/useNow";
import { useJournal } from "../data/context";
import { duration, exactTime } from "../data/time";
import { work } from "../data/work";
import { t } from "../words";

export function Elapsed({ agent }: { agent: Agent }) {
  const { lines, whole } = useJournal(agent.id);
  const { since, latest, all } = useMemo(() => work(lines), [lines]);
  const now = useNow(since !== null);
  const isTotal = agent.parent !== null && whole;
  if (since !== null) {
    return (
      <Shown title={t("Working since {time}", { time: exactTime(since) })}>
        {t("for {time}", { time: duration((isTotal ? all : 0) + now - since) })}
      </Shown>
    );
  }
  if (latest === null) return null;
  return isTotal ? <Shown title={t("Total time of all turns")}>{t("took {time}", { time: duration(all) })}</Shown> : <Shown title={t("Ended {time}", { time: exactTime(agent.updated_at) })}>{t("last turn {time}", { time: duration(latest) })}</Shown>;
}

function Shown({ title, children }: { title: string; children: ReactNode }) {
  return (
    <span className="text-xs text-ink-3 tabular-nums" title={title}>
      {children}
    </span>
  );
}
