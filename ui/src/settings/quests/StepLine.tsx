/** A step in a list: its sign, its number and title, and what else there is to say. Steps beside a line may be at work side by side. */
import type { ReactNode } from "react";
import { cx } from "../../design/cx";
import { plainText } from "../../data/plainText";
import type { PictureStep } from "./Picture";
import { StepMark } from "./StepMark";

export function StepLine({ step, isBranch, below, children }: { step: PictureStep; isBranch: boolean; below?: ReactNode; children?: ReactNode }) {
  return (
    <li className={cx("flex gap-2 border-s-2 py-1 ps-2", isBranch ? "border-line-strong" : "border-transparent")}>
      <StepMark state={step.state} className="mt-px" />
      <span className="min-w-0">
        <span dir="auto" className="[overflow-wrap:anywhere]">
          {step.number}. {plainText(step.title)}
        </span>{" "}
        <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1 ps-1">{children}</span>
        {below}
      </span>
    </li>
  );
}
