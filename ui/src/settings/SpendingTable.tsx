/** The numbers behind the chart of spendings. */
import type { SpendingBy, SpendingRow } from "../bridge";
import { exactMoney, money } from "../data/money";
import { cachedShare, costSign, estimateSign, rowName } from "../data/spending";
import { t, type Text } from "../words";

const FIRST: Record<SpendingBy, Text> = { agent: "Agent", model: "Model", day: "Day (UTC)" };
const NUMBER = "py-1 ps-3 text-end tabular-nums whitespace-nowrap";

export function SpendingTable({ by, rows }: { by: SpendingBy; rows: readonly SpendingRow[] }) {
  return (
    <div tabIndex={0} role="group" aria-label={t("Spending, in numbers")} className="mt-3 max-h-72 overflow-auto">
      <table className="w-full text-sm">
        <thead className="text-xs text-ink-3">
          <tr>
            <th scope="col" className="py-1 text-start font-normal">{t(FIRST[by])}</th>
            <th scope="col" className="py-1 ps-3 text-end font-normal">{t("Cost")}</th>
            <th scope="col" className="py-1 ps-3 text-end font-normal">{t("Cached")}</th>
            <th scope="col" className="py-1 ps-3 text-end font-normal">{t("Calls")}</th>
            {by === "agent" && <th scope="col" className="py-1 ps-3 text-end font-normal">{t("Reserved")}</th>}
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row" className="max-w-40 truncate py-1 text-start font-normal" title={row.name}>{rowName(row, by)}</th>
              <td className={NUMBER} title={exactMoney(row.cost)}>
                {costSign([row])}
                {money(row.cost)}
                {row.unknown > 0 && <span className="text-ink-3"> {t("+ up to {amount}", { amount: money(row.unknown) })}</span>}
              </td>
              <td className={NUMBER}>{shareWords(cachedShare(row), estimateSign([row]))}</td>
              <td className={NUMBER}>{row.calls}</td>
              {by === "agent" && <td className={NUMBER}>{row.reserved > 0 ? money(row.reserved) : "–"}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shareWords(share: number | null, sign: string): string {
  return share === null ? "–" : `${sign}${Math.round(share * 100)} %`;
}
