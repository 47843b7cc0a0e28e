/** The bar of a task that is under way. Without a value it only shows that the task runs. */
import { cx } from "./cx";

/** `value` is from 0 to 1. `text` replaces the percentage for screen readers. */
export function Progress(props: { label: string; value: number | null; text: string; className?: string }) {
  const percent = props.value === null ? null : Math.round(props.value * 100);
  return (
    <div
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      aria-valuetext={props.text}
      className={cx("h-1.5 overflow-hidden rounded-full bg-hover", props.className)}
    >
      <div className={cx("h-full rounded-full transition-[width] duration-500", percent === null ? "breathe bg-line-strong/40" : "bg-accent")} style={{ width: percent === null ? "100%" : `${Math.max(1, percent)}%` }} />
    </div>
  );
}
