/** A notice if drafts cannot be stored. */
import { RotateCw } from "lucide-react";
import { useDrafts, useDraftStorage } from "../data/context";
import { Button } from "../design/Button";
import { hostWords, t } from "../words";

export function DraftNotStored() {
  const drafts = useDrafts();
  const { problem } = useDraftStorage();
  if (!problem) return null;
  return (
    <div role="status" className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-2">
      <p className="min-w-56 grow basis-0">
        {t("Your draft is lost if the window closes before you send or save it.")} {hostWords(problem.message)} {problem.nextStep && hostWords(problem.nextStep)}
      </p>
      <Button onClick={() => void drafts.loadProfile()}>
        <RotateCw className="size-4" aria-hidden /> {t("Try again")}
      </Button>
    </div>
  );
}
