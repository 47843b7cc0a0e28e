/** A coloured status dot; always shown next to a text. */
import { cx } from "./cx";

export type Tone = "quiet" | "active" | "waiting" | "good" | "warn" | "bad";

const FILL: Record<Tone, string> = {
  quiet: "bg-line-strong",
  active: "bg-accent breathe",
  waiting: "bg-wait breathe",
  good: "bg-accent",
  warn: "bg-warn",
  bad: "bg-bad",
};

export const TEXT: Record<Tone, string> = {
  quiet: "text-ink-3",
  active: "text-accent-ink",
  waiting: "text-wait",
  good: "text-accent-ink",
  warn: "text-warn",
  bad: "text-bad",
};

export function Dot({ tone, className }: { tone: Tone; className?: string }) {
  return <span aria-hidden className={cx("inline-block size-2 shrink-0 rounded-full", FILL[tone], className)} />;
}
