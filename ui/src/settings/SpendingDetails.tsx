/** What was spent by agent, model or day: a chart, and the numbers in a table. */
import { useId, useState } from "react";
import type { SpendingBy, SpendingRow } from "../bridge";
import { BarChart } from "../design/BarChart";
import { Select } from "../design/Field";
import { QueryView } from "../design/states";
import { useNow } from "../design/useNow";
import { money } from "../data/money";
import { useBudget, useSpending } from "../data/queries";
import { cacheWords, chartWords, estimateWords, everyDay, type Period, periodStart, rowName, spent, spentWords } from "../data/spending";
import { t, type Text } from "../words";
import { SpendingTable } from "./SpendingTable";

const BY: ReadonlyArray<[SpendingBy, Text]> = [
  ["agent", "By agent"],
  ["model", "By model"],
  ["day", "By day"],
];
const PERIODS: ReadonlyArray<[Period, Text]> = [
  ["today", "Today"],
  ["week", "7 days"],
  ["days", "30 days"],
  ["month", "This month"],
  ["ever", "Since the beginning"],
];

/** The most bars of the chart; the table lists all rows. */
const MAX_BARS = 30;
/** The most bars with their names below; the table names all. */
const MAX_NAMES = 8;

export function SpendingDetails() {
  const id = useId();
  const [by, setBy] = useState<SpendingBy>("agent");
  const [period, setPeriod] = useState<Period>("days");
  const now = useNow(false);
  const since = periodStart(period, now);
  return (
    <div className="py-4">
      <div className="flex flex-wrap gap-2">
        <label htmlFor={`${id}-by`} className="sr-only">
          {t("Spending by")}
        </label>
        <Select id={`${id}-by`} className="w-36" value={by} onChange={(event) => setBy(event.target.value as SpendingBy)}>
          {BY.map(([value, label]) => (
            <option key={value} value={value}>
              {t(label)}
            </option>
          ))}
        </Select>
        <label htmlFor={`${id}-since`} className="sr-only">
          {t("Period (UTC days)")}
        </label>
        <Select id={`${id}-since`} className="w-44" value={period} onChange={(event) => setPeriod(event.target.value as Period)}>
          {PERIODS.map(([value, label]) => (
            <option key={value} value={value}>
              {t(label)}
            </option>
          ))}
        </Select>
      </div>
      <QueryView query={useSpending(by, since)}>{(rows) => <Rows by={by} rows={rows} bars={by === "day" ? everyDay(rows, since, now) : rows.slice(0, MAX_BARS)} />}</QueryView>
    </div>
  );
}

function Rows({ by, rows, bars }: { by: SpendingBy; rows: readonly SpendingRow[]; bars: readonly SpendingRow[] }) {
  const reserved = useBudget().data?.reserved ?? 0;
  if (rows.length === 0) return <p className="mt-3 text-sm text-ink-3">{t("Nothing was spent in this period.")}</p>;
  return (
    <>
      <div className="mt-4">
        <BarChart label={t("Chart. {words}", { words: chartWords(rows, by) })} bars={bars.map((row) => ({ key: row.key, label: rowName(row, by), value: spent(row), text: spentWords(row) }))} />
        {by !== "day" && bars.length <= MAX_NAMES && (
          <p aria-hidden className="mt-1 flex text-xs text-ink-3">
            {bars.map((row) => (
              <span key={row.key} className="min-w-0 grow basis-0 truncate px-1 text-center">
                {rowName(row, by)}
              </span>
            ))}
          </p>
        )}
        {by === "day" && (
          <p aria-hidden className="mt-1 flex justify-between text-xs text-ink-3 tabular-nums">
            <span>{bars[0]?.name}</span>
            <span>{bars.length > 1 ? bars.at(-1)?.name : ""}</span>
          </p>
        )}
        <p className="mt-1 text-xs text-ink-3">
          {chartWords(rows, by)} {cacheWords(rows)} {estimateWords(rows)} {reserved > 0 && t("Up to {amount} is reserved now, for answers in progress.", { amount: money(reserved) })}
        </p>
      </div>
      <SpendingTable by={by} rows={rows} />
    </>
  );
}
