/** An icon for the state of an agent, so that colour is not needed to tell states apart. Always shown next to a word. */
import { Brain, Circle, CircleCheck, CircleHelp, CircleX, Clock, Cog, Gauge, Hourglass, type LucideIcon, OctagonX, TriangleAlert } from "lucide-react";
import type { Agent } from "../bridge";
import { cx } from "../design/cx";
import { TEXT } from "../design/Dot";
import type { Tone } from "../data/status";

const ICONS: Record<string, LucideIcon> = {
  thinking: Brain,
  working: Cog,
  waiting: Hourglass,
  queued: Clock,
  done: CircleCheck,
  limit: Gauge,
  failed: CircleX,
  cancelled: OctagonX,
};

export function StateIcon({ agent, tone, isInTrouble }: { agent: Agent; tone: Tone; isInTrouble: boolean }) {
  const Icon = isInTrouble ? TriangleAlert : agent.asks > 0 ? CircleHelp : (ICONS[agent.status] ?? Circle);
  return <Icon className={cx("size-3.5 shrink-0", TEXT[tone])} aria-hidden />;
}
