/** Sums and wording of spendings. */
import type { SpendingBy, SpendingRow } from "../bridge";
import { t } from "../words";
import { money } from "./money";
import { agentName } from "./names";

const DAY = 86_400_000;

/** The most days of a chart. */
const MAX_DAYS = 60;

/** What counts as spent: the known cost, and what is counted for calls of unknown cost. */
export function spent(row: SpendingRow): number {
  return row.cost + row.unknown;
}

/** `~` in front of numbers that contain estimates: the provider did not count the tokens of all calls. */
export function estimateSign(rows: ReadonlyArray<Pick<SpendingRow, "estimates">>): string {
  return rows.some((row) => row.estimates > 0) ? "~" : "";
}

/** The same for money. A cost of zero is no estimate: local models are free. */
export function costSign(rows: readonly SpendingRow[]): string {
  return estimateSign(rows.filter((row) => row.cost > 0));
}

/** The legend of the sign; `null` if no row has it. */
export function estimateWords(rows: readonly SpendingRow[]): string | null {
  return estimateSign(rows) ? t("~ contains estimates: the provider did not count the tokens of all calls.") : null;
}

/** What a row has spent, for people. */
export function spentWords(row: SpendingRow): string {
  return `${costSign([row])}${money(spent(row))}`;
}

/** The share of prompt tokens that came from the cache, from 0 to 1; `null` without prompts. */
export function cachedShare(row: Pick<SpendingRow, "input_tokens" | "cached_tokens">): number | null {
  return row.input_tokens > 0 ? Math.min(1, row.cached_tokens / row.input_tokens) : null;
}

/** The periods of which spendings are summed up. */
export type Period = "today" | "week" | "days" | "month" | "ever";

/** The start of a period, in UTC as the limits count it. */
export function periodStart(period: Period, now: number): number {
  switch (period) {
    case "today":
      return daysAgo(0, now);
    case "week":
      return daysAgo(6, now);
    case "days":
      return daysAgo(29, now);
    case "month":
      return Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth(), 1);
    case "ever":
      return 0;
  }
}

/** The start of the UTC day this many days before `now`; 0 is today. */
export function daysAgo(days: number, now: number): number {
  return (Math.floor(now / DAY) - days) * DAY;
}

/** A row for each UTC day from `since` to `now`, oldest first, at most the last 60 and none before the first spending; days without spendings are zero. */
export function everyDay(rows: readonly SpendingRow[], since: number, now: number): SpendingRow[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  const days: SpendingRow[] = [];
  const first = Math.min(now, ...rows.map((row) => Date.parse(row.key)));
  for (let at = Math.max(since, daysAgo(MAX_DAYS - 1, now), since === 0 ? first : 0); at <= now; at += DAY) {
    const key = new Date(at).toISOString().slice(0, 10);
    days.push(known.get(key) ?? { key, name: key, calls: 0, cost: 0, unknown: 0, reserved: 0, input_tokens: 0, cached_tokens: 0, output_tokens: 0, estimates: 0, at });
  }
  return days;
}

/** The name of a row; a model has chosen those of sub-agents. */
export function rowName(row: Pick<SpendingRow, "key" | "name">, by: SpendingBy): string {
  return by === "agent" ? agentName({ id: row.key, name: row.name }) : row.name;
}

/** How much of the prompts of all rows came from the cache; `null` without prompts. */
export function cacheWords(rows: readonly SpendingRow[]): string | null {
  const sum = (tokens: (row: SpendingRow) => number) => rows.reduce((all, row) => all + tokens(row), 0);
  const share = cachedShare({ input_tokens: sum((row) => row.input_tokens), cached_tokens: sum((row) => row.cached_tokens) });
  return share === null ? null : t("{share} % of the prompt tokens came from the cache.", { share: `${estimateSign(rows)}${Math.round(share * 100)}` });
}

/** A sentence in place of the chart. */
export function chartWords(rows: readonly SpendingRow[], by: SpendingBy): string {
  const total = rows.reduce((sum, row) => sum + spent(row), 0);
  const most = rows.reduce<SpendingRow | null>((found, row) => (found && spent(found) >= spent(row) ? found : row), null);
  if (!most || total === 0) return t("Nothing was spent.");
  return t("{total} in total. The most: {name} with {amount}.", { total: `${costSign(rows)}${money(total)}`, name: rowName(most, by), amount: spentWords(most) });
}
