/** Words, icons and colours for the parts of a turn. */
import { Bot, Box, Brain, CircleDashed, CircleHelp, Clock, Gauge, Hourglass, type LucideIcon, PowerOff, Wrench } from "lucide-react";
import type { PartKind, TimelinePart, TimelinePartState } from "../bridge";
import { exactMoney, money } from "../data/money";
import { t, type Text } from "../words";

interface Kind {
  words: Text;
  icon: LucideIcon;
  fill: string;
}

const KINDS: Record<PartKind, Kind> = {
  model: { words: "Model", icon: Brain, fill: "bg-accent" },
  tool: { words: "Tools", icon: Wrench, fill: "bg-ink-2" },
  person: { words: "Waiting for you", icon: CircleHelp, fill: "bg-warn" },
  limit: { words: "Waiting at a limit", icon: Gauge, fill: "bg-warn/50" },
  cut: { words: "Cut off when GrowQR stopped", icon: PowerOff, fill: "bg-bad" },
  session: { words: "Workbench", icon: Box, fill: "bg-accent/50" },
  waiting: { words: "Waiting for sub-agents", icon: Hourglass, fill: "bg-wait" },
  sub_agent: { words: "Sub-agents", icon: Bot, fill: "bg-wait/50" },
  queue: { words: "Waiting for its turn", icon: Clock, fill: "bg-line-strong" },
  other: { words: "Between steps", icon: CircleDashed, fill: "bg-line" },
};

const UNKNOWN: Kind = { words: "Unknown to this version", icon: CircleDashed, fill: "bg-line" };

/** A newer host may have kinds that this build does not know. */
export function kindOf(kind: PartKind): Kind {
  return KINDS[kind] ?? UNKNOWN;
}

const STATES: Record<TimelinePartState, Text | null> = {
  running: "running",
  done: null,
  failed: "failed",
  stopped: "stopped",
  cut: "cut off: GrowQR stopped",
  goes_on: "went on after the turn",
};

/** What became of a part; `null` if it ended normally. */
export function stateWords(state: TimelinePartState): string | null {
  const words = STATES[state];
  return words && t(words);
}

interface Costs {
  cost: number;
  unknown: number;
}

/** A cost, and what may have been billed besides; `null` for nothing. */
export function costWords({ cost, unknown }: Costs): { text: string; title: string } | null {
  if (cost === 0 && unknown === 0) return null;
  if (unknown === 0) return { text: money(cost), title: exactMoney(cost) };
  const title = t("{cost}, and up to {unknown} for calls of unknown cost", { cost: exactMoney(cost), unknown: exactMoney(unknown) });
  return { text: cost === 0 ? t("up to {amount}", { amount: money(unknown) }) : t("{from} to {to}", { from: money(cost), to: money(cost + unknown) }), title };
}

/** The costs of all parts together. */
export function total(sums: readonly Costs[]): Costs {
  return sums.reduce<Costs>((all, sum) => ({ cost: all.cost + sum.cost, unknown: all.unknown + sum.unknown }), { cost: 0, unknown: 0 });
}

/** Where a part is in its turn: left edge and width in percent. A short part is still visible. */
export function span(part: Pick<TimelinePart, "from" | "to">, began: number, until: number): { left: number; width: number } {
  const length = Math.max(1, until - began);
  const place = (at: number) => (100 * Math.min(length, Math.max(0, at - began))) / length;
  const left = Math.min(99.5, place(part.from));
  return { left, width: Math.min(100 - left, Math.max(0.5, place(part.to ?? until) - left)) };
}
