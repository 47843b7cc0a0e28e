/** A row with a label, a description and a control. */
import type { ReactNode } from "react";
import { cx } from "./cx";

export function LabelledRow(props: { label: string; about?: ReactNode; htmlFor?: string; children: ReactNode; below?: ReactNode }) {
  return (
    <div className="py-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div className="min-w-48 grow basis-0">
          {props.htmlFor ? (
            <label htmlFor={props.htmlFor} className="text-sm font-medium">
              {props.label}
            </label>
          ) : (
            <p className="text-sm font-medium">{props.label}</p>
          )}
          {props.about && <p className={cx("text-xs text-ink-3", typeof props.about === "string" && "first-letter:uppercase")}>{props.about}</p>}
        </div>
        {props.children}
      </div>
      {props.below}
    </div>
  );
}
