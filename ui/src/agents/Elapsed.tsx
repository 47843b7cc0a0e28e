/** How long an agent works, or has worked. A sub-agent is one errand; of the Grow Agent each turn is. */
import { type ReactNode, useMemo } from "react";
import type { Agent } from "../bridge";
import { useNow } from "../design/useNow";
import { useJournal } from "../data/context";
import { duration, exactTime } from "../data/time";
import { work } from "../data/work";

export function Elapsed({ agent }: { agent: Agent }) {
  const { lines, whole } = useJournal(agent.id);
  const { since, latest, all } = useMemo(() => work(lines), [lines]);
  const now = useNow(since !== null);
  const isErrand = agent.parent !== null && whole;
  if (since !== null) {
    return (
      <Shown title={`Working since ${exactTime(since)}`}>
        for {duration((isErrand ? all : 0) + now - since)}
      </Shown>
    );
  }
  if (latest === null) return null;
  return isErrand ? <Shown title="Total time of all turns">took {duration(all)}</Shown> : <Shown title={`Ended ${exactTime(agent.updated_at)}`}>last turn {duration(latest)}</Shown>;
}

/** How long the turn that is under way has taken. */
export function TurnTime({ agent }: { agent: Agent }) {
  const { lines } = useJournal(agent.id);
  const { since } = useMemo(() => work(lines), [lines]);
  const now = useNow(since !== null);
  return since === null ? null : duration(now - since);
}

function Shown({ title, children }: { title: string; children: ReactNode }) {
  return (
    <span className="text-xs text-ink-3 tabular-nums" title={title}>
      {children}
    </span>
  );
}
