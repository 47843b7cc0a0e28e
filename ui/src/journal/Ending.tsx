/** A turn that did not end normally, or pauses at a limit: why, and what can be done. */
import { Play } from "lucide-react";
import type { Ended, LimitReached, Shortfall } from "../bridge";
import { ending } from "../data/ended";
import { toSettings } from "../data/links";
import { Button } from "../design/Button";
import { cx } from "../design/cx";
import { TEXT } from "../design/Dot";
import { t } from "../words";

/** `isLast`: it can still be resumed. */
export function Ending({ ended, shortfall, isLast, onResume }: { ended: Ended; shortfall: Shortfall | null; isLast: boolean; onResume: (() => void) | null }) {
  const how = ending(ended, shortfall);
  if (!how) return null;
  const soft = how.tone === "bad" ? "bg-bad-soft" : how.tone === "warn" ? "bg-warn-soft" : "bg-sunken";
  return (
    <div role={isLast ? "status" : undefined} className={cx("my-2 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl px-4 py-2.5 text-sm", soft)}>
      <div className="min-w-0 grow">
        <p className={cx("font-medium", TEXT[how.tone])}>{how.title}</p>
        {how.next && isLast && <p className="text-ink-2">{how.next}</p>}
      </div>
      {isLast && how.settings && (
        <a href={toSettings} className="rounded-lg border border-line bg-surface px-3 py-1.5 font-medium">
          {t("Open Settings")}
        </a>
      )}
      {isLast && how.resumable && onResume && (
        <Button onClick={onResume}>
          <Play className="size-3.5" aria-hidden /> {t("Resume")}
        </Button>
      )}
    </div>
  );
}

export function Pausing({ limit }: { limit: LimitReached }) {
  return t("Paused. {why}", { why: ending({ limit })?.title ?? "" });
}
