/** Where the time and the money of a turn went: the sums by kind, and each part as a bar at its place in the turn. */
import { ChevronLeft, ChevronRight, ChartNoAxesGantt } from "lucide-react";
import { useState } from "react";
import type { Agent, Timeline } from "../bridge";
import { Button, IconButton } from "../design/Button";
import { cx } from "../design/cx";
import { Empty, ErrorPanel, InlineError, QueryView } from "../design/states";
import { useTimeline } from "../data/agentWork";
import { ending } from "../data/ended";
import { duration, exactTime } from "../data/time";
import { t } from "../words";
import { costWords, kindOf, total } from "./partWords";
import { TurnParts } from "./TurnParts";

export default function TurnTimeline({ agent }: { agent: Agent }) {
  const [turn, setTurn] = useState<number | null>(null);
  const query = useTimeline(agent, turn);
  if (query.error && query.data === undefined && turn !== null) {
    return (
      <>
        <ErrorPanel problem={query.error} retry={() => void query.refetch()} />
        <Button className="mx-auto" onClick={() => setTurn(null)}>{t("Show the latest turn")}</Button>
      </>
    );
  }
  if (agent.turn === 0 && agent.status !== "queued") return <Empty icon={ChartNoAxesGantt} title={t("No turn yet")}>{t("It has not begun to work.")}</Empty>;
  return (
    <QueryView query={query}>
      {(timeline) => (
        <>
          <Head timeline={timeline} onTurn={(next) => setTurn(next === timeline.turns ? null : next)} />
          <InlineError problem={query.error} />
          <TurnParts key={timeline.turn} timeline={timeline} head={<Sums timeline={timeline} />} />
        </>
      )}
    </QueryView>
  );
}

function Head({ timeline, onTurn }: { timeline: Timeline; onTurn: (turn: number) => void }) {
  const { turn, turns, ended, shortfall } = timeline;
  const how = ended === null ? t("Still running") : (ending(ended, shortfall)?.title ?? t("Done"));
  const cost = costWords(total(timeline.sums));
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 px-6 py-2 text-sm">
      <span className="flex items-center gap-1">
        <IconButton label={t("Earlier turn")} disabled={turn <= 1} onClick={() => onTurn(turn - 1)}>
          <ChevronLeft className="size-4 rtl:-scale-x-100" aria-hidden />
        </IconButton>
        <h3 className="font-medium tabular-nums" aria-live="polite">
          {t("Turn {n} of {all}", { n: turn, all: turns })}
        </h3>
        <IconButton label={t("Later turn")} disabled={turn >= turns} onClick={() => onTurn(turn + 1)}>
          <ChevronRight className="size-4 rtl:-scale-x-100" aria-hidden />
        </IconButton>
      </span>
      <span className="text-ink-2">{how}</span>
      <span className="text-ink-3 tabular-nums" title={t("Began {time}", { time: exactTime(timeline.began_at) })}>
        {duration(timeline.until - timeline.began_at)}
      </span>
      {cost && (
        <span className="text-ink-3 tabular-nums" title={cost.title}>
          {timeline.sums.some((sum) => sum.kind === "sub_agent" && sum.cost > 0) ? t("{cost} with sub-agents", { cost: cost.text }) : cost.text}
        </span>
      )}
    </div>
  );
}

/** The sums as one bar and a table. Each moment of the turn counts once. */
function Sums({ timeline: { sums, began_at, until } }: { timeline: Timeline }) {
  const length = Math.max(1, until - began_at);
  return (
    <div className="pb-4">
      <div aria-hidden className="flex h-3 overflow-hidden rounded-full bg-hover">
        {sums.filter((sum) => sum.time > 0).map((sum) => (
          <span key={sum.kind} title={t(kindOf(sum.kind).words)} className={cx("h-full border-e border-surface last:border-e-0", kindOf(sum.kind).fill)} style={{ width: `${(100 * sum.time) / length}%` }} />
        ))}
      </div>
      <table className="mt-3 w-full max-w-2xl text-sm tabular-nums">
        <caption className="sr-only">{t("Time and money of the turn by kind. Parts that run side by side count once in time.")}</caption>
        <thead className="text-start text-xs text-ink-3">
          <tr>
            <th scope="col" className="font-normal">{t("Kind")}</th>
            <th scope="col" className="ps-3 text-end font-normal">{t("Time")}</th>
            <th scope="col" className="ps-3 text-end font-normal">{t("Share")}</th>
            <th scope="col" className="ps-3 text-end font-normal">{t("Cost")}</th>
            <th scope="col" className="ps-3 text-end font-normal">{t("Parts")}</th>
          </tr>
        </thead>
        <tbody>
          {sums.map((sum) => {
            const { words, icon: Icon, fill } = kindOf(sum.kind);
            const cost = costWords(sum);
            return (
              <tr key={sum.kind}>
                <th scope="row" className="py-0.5 text-start font-normal">
                  <span className="flex items-center gap-2">
                    <span aria-hidden className={cx("size-2.5 shrink-0 rounded-sm", fill)} />
                    <Icon className="size-3.5 shrink-0 text-ink-3" aria-hidden /> {t(words)}
                  </span>
                </th>
                <td className="ps-3 text-end whitespace-nowrap">{duration(sum.time)}</td>
                <td className="ps-3 text-end text-ink-3">{Math.round((100 * sum.time) / length)} %</td>
                <td className="ps-3 text-end whitespace-nowrap" title={cost?.title}>{cost?.text ?? "–"}</td>
                <td className="ps-3 text-end text-ink-3">{sum.parts > 0 ? sum.parts : "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
