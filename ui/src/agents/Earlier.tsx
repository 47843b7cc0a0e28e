/** Says that earlier lines of the log are read, or could not be read. */
import { Button } from "../design/Button";
import type { Log } from "../data/logFeed";

export function Earlier({ state, isEmpty, onRetry }: { state: Log["older"]; isEmpty: boolean; onRetry: () => void }) {
  return (
    // In the document from the start, so that the text that comes is announced.
    <div role="status" className="text-xs text-ink-3">
      {state === "loading" && isEmpty && <p className="pb-1">Looking through earlier lines…</p>}
      {state === "failed" && (
        <p className="flex flex-wrap items-center gap-2 pb-1">
          Earlier lines could not be read. <Button onClick={onRetry}>Try again</Button>
        </p>
      )}
    </div>
  );
}
