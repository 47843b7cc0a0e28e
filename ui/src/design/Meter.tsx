/** A bar that shows the used share of a limit. */
import { cx } from "./cx";

export function Meter(props: { label: string; value: number; text: string; className?: string }) {
  const percent = Math.round(props.value * 100);
  const fill = props.value >= 1 ? "bg-bad" : props.value >= 0.8 ? "bg-warn" : "bg-accent";
  return (
    <div
      role="meter"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={props.text}
      className={cx("h-1.5 overflow-hidden rounded-full bg-hover", props.className)}
    >
      <div className={cx("h-full rounded-full transition-[width] duration-300", fill)} style={{ width: `${props.value > 0 ? Math.max(2, percent) : 0}%` }} />
    </div>
  );
}
