/** The progress of a quest as a picture: a segment for each step, from its first to its last; in brackets what is side by side. */
import type { QuestStep } from "../../bridge";
import { cx } from "../../design/cx";
import { plainText } from "../../data/plainText";
import { t } from "../../words";
import { STEPS } from "./questWords";
import { columns, stages } from "./stages";
import { StepMark } from "./StepMark";

export type PictureStep = Pick<QuestStep, "number" | "title" | "state" | "after">;

/** Up to so many columns share the width; more of them take lines. */
const ONE_LINE = 12;

/** `label` is the picture in words. */
export function Picture({ steps, label }: { steps: readonly PictureStep[]; label: string }) {
  const groups = stages(steps);
  const all = groups.reduce((sum, group) => sum + columns(group.length), 0);
  const tracks = all <= ONE_LINE ? `repeat(${all}, minmax(0, 9rem))` : "repeat(auto-fit, minmax(1.6rem, 1fr))";
  return (
    <div role="img" aria-label={label} className="grid items-center gap-1" style={{ gridTemplateColumns: tracks }}>
      {groups.map((group) => {
        const wide = columns(group.length);
        const isBranched = group.length > 1;
        return (
          <div
            key={group[0]?.number}
            className={cx("grid gap-1", isBranched && "rounded-md border-x-2 border-line-strong px-1")}
            style={{ gridColumn: `span ${wide}`, gridTemplateColumns: `repeat(${wide}, minmax(0, 1fr))` }}
          >
            {group.map((step) => (
              <StepMark key={step.number} state={step.state} title={`${step.number}. ${plainText(step.title)}: ${t(STEPS[step.state])}`} />
            ))}
          </div>
        );
      })}
    </div>
  );
}
