/** A number of new messages; nothing if there are none. */
import { counted } from "../words";
import { cx } from "./cx";

export function UnreadBadge({ count, className }: { count: number; className?: string | undefined }) {
  if (count === 0) return null;
  const shown = count > 99 ? "99+" : String(count);
  return (
    <span className={cx("grid h-4.5 min-w-4.5 shrink-0 place-items-center rounded-full bg-accent-soft px-1 text-xs font-medium text-accent-ink tabular-nums", className)}>
      <span aria-hidden>{shown}</span>
      <span className="sr-only">{counted(count, "{n} new message", "{n} new messages")}</span>
    </span>
  );
}
