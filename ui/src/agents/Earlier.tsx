/** Says that earlier lines of the log are read, or could not be read. */
import { Button } from "../design/Button";
import type { Log } from "../data/logFeed";
import { t } from "../words";

export function Earlier({ state, isEmpty, onRetry }: { state: Log["older"]; isEmpty: boolean; onRetry: () => void }) {
  return (
    // In the document from the start, so that the text that comes is announced.
    <div role="status" className="text-xs text-ink-3">
      {state === "loading" && isEmpty && <p className="pb-1">{t("Looking through earlier lines…")}</p>}
      {state === "failed" && (
        <p className="flex flex-wrap items-center gap-2 pb-1">
          {t("Earlier lines could not be read.")} <Button onClick={onRetry}>{t("Try again")}</Button>
        </p>
      )}
    </div>
  );
}
