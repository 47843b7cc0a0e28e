/** The steps of a page before it is started: in which order they would be done, and what is done already. */
import type { QuestPlan } from "../../bridge";
import { counted, t } from "../../words";
import { Picture, type PictureStep } from "./Picture";
import { inOrder, stages } from "./stages";
import { StepLine } from "./StepLine";

export function PlanPreview({ plan }: { plan: QuestPlan }) {
  const steps = plan.steps.map(({ number, title, after, done }): PictureStep => ({ number, title, after, state: done ? "done" : "waiting" }));
  const left = steps.filter((step) => step.state === "waiting").length;
  const words = counted(left, "{n} step to do", "{n} steps to do");
  return (
    <div className="rounded-lg bg-sunken px-3 py-2">
      <Picture steps={steps} label={words} />
      <p className="mt-1.5 text-sm text-ink-2">
        {words}. {orderWords(steps)}
      </p>
      <ol tabIndex={0} aria-label={t("Steps of the plan")} className="mt-1 max-h-60 overflow-y-auto text-sm">
        {inOrder(steps).map(({ step, isBranch }) => (
          <StepLine key={step.number} step={step} isBranch={isBranch}>
            {step.state === "done" && <span className="text-ink-3">{t("done already")}</span>}
          </StepLine>
        ))}
      </ol>
    </div>
  );
}

function orderWords(steps: readonly PictureStep[]): string {
  const groups = stages(steps);
  if (groups.every((group) => group.length === 1)) return t("One after the other.");
  return groups.length === 1 ? t("They may be done side by side.") : t("Steps beside a line may be done side by side.");
}
