/** The one button for the next sensible step. Not shown if nothing is needed. */
import type { Request, Stack, StackAction } from "../bridge";
import { useOfflineSince } from "../data/online";
import type { useStackRequest } from "../data/stack";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { t } from "../words";
import { actionLabel } from "./words";

const REQUESTS: Record<StackAction, Request> = {
  start: { op: "stack_up", agreed: false },
  download: { op: "stack_up", agreed: true },
  retry: { op: "stack_up", agreed: false },
  find_docker: { op: "stack_status" },
};

export function NextStep({ stack, request }: { stack: Stack; request: ReturnType<typeof useStackRequest> }) {
  const label = actionLabel(stack);
  const { next } = stack;
  const isOffline = useOfflineSince() !== null;
  if (next === null || label === null) return <InlineError problem={request.error} />;
  const isWaiting = request.isPending;
  return (
    <div className="mt-3">
      <div className="flex flex-wrap items-center gap-3">
        {/* Not disabled while it waits: a disabled button loses the focus. */}
        <Button look="primary" aria-disabled={isWaiting} className={isWaiting ? "opacity-50" : undefined} onClick={() => !isWaiting && request.mutate(REQUESTS[next])}>
          {label}
        </Button>
        {isWaiting && (
          <span role="status" className="text-sm text-ink-3">
            {next === "find_docker" ? t("Looking for Docker…") : t("One moment…")}
          </span>
        )}
      </div>
      {isOffline && next === "download" && <p className="mt-1.5 text-sm text-warn">{t("You are offline. The download needs the network.")}</p>}
      <InlineError problem={request.error} />
    </div>
  );
}
