/** How a step stands, as a sign: each state has a shape of its own besides its colour. Always shown next to words. */
import { Ban, Check, Hourglass, type LucideIcon, Play, SkipForward, TriangleAlert, X } from "lucide-react";
import type { StepState } from "../../bridge";
import { cx } from "../../design/cx";

const STRIPES = "bg-[repeating-linear-gradient(135deg,var(--line)_0_3px,transparent_3px_6px)]";

const LOOKS: Record<StepState, { look: string; icon: LucideIcon | null }> = {
  waiting: { look: "border-line-strong", icon: null },
  due: { look: "border-dashed border-accent text-accent-ink", icon: Hourglass },
  at_work: { look: "border-accent bg-accent-soft text-accent-ink", icon: Play },
  done: { look: "border-accent bg-accent text-on-accent", icon: Check },
  failed: { look: "border-2 border-bad bg-bad-soft text-bad", icon: X },
  limit: { look: "border-2 border-dotted border-warn bg-warn-soft text-warn", icon: TriangleAlert },
  cancelled: { look: "border-line-strong bg-sunken text-ink-3", icon: Ban },
  skipped: { look: `border-line-strong text-ink-2 ${STRIPES}`, icon: SkipForward },
};

export function StepMark({ state, title, className }: { state: StepState; title?: string; className?: string }) {
  const { look, icon: Icon } = LOOKS[state];
  return (
    <span aria-hidden title={title} className={cx("flex h-4.5 min-w-4.5 shrink-0 items-center justify-center rounded-sm border", look, className)}>
      {Icon && <Icon className={cx("size-3", state === "at_work" && "breathe")} strokeWidth={2.5} />}
    </span>
  );
}
