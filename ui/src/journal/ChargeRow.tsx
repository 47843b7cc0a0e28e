/** Money for something other than the agent's own model calls. */
import { Coins } from "lucide-react";
import { money } from "../data/money";
import { exactTime } from "../data/time";
import { t } from "../words";
import type { Charge } from "./items";

export function ChargeRow({ item }: { item: Charge }) {
  return (
    <p title={exactTime(item.at)} className="flex items-center gap-1.5 py-1 pe-1.5 ps-6.5 text-sm text-ink-2">
      <Coins className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span dir="auto" className="truncate">{item.purpose}</span>
      <span className="ms-auto shrink-0 ps-3 text-xs text-ink-3 tabular-nums">{chargeWords(item)}</span>
    </p>
  );
}

function chargeWords({ isSettled, cost, reservation }: Charge): string {
  if (cost !== null) return money(cost);
  const most = reservation === null ? t("price unknown") : t("up to {amount}", { amount: money(reservation) });
  return isSettled ? `${t("cost unknown")}, ${most}` : t("{most} reserved", { most });
}
