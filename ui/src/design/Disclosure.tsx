/** A line that expands. Its content is rendered only while it is open. */
import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { cx } from "./cx";

export function Disclosure(props: { summary: ReactNode; below?: ReactNode; children: () => ReactNode; open?: boolean; className?: string }) {
  const [open, setOpen] = useState(props.open ?? false);
  const id = useId();
  return (
    <div className={props.className}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        className="flex w-full cursor-pointer items-center gap-1.5 rounded-md px-1.5 py-1 text-start text-sm text-ink-2 hover:bg-hover"
      >
        <ChevronRight className={cx("size-3.5 shrink-0 text-ink-3 transition-transform", open ? "rotate-90" : "rtl:rotate-180")} aria-hidden />
        {props.summary}
      </button>
      {props.below}
      {open && (
        <div id={id} className="mt-1 mb-2 ms-5">
          {props.children()}
        </div>
      )}
    </div>
  );
}
