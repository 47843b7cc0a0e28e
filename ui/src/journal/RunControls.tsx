/** What the person can do while an agent works, besides writing to it: let it finish up, or stop it now. */
import { Flag, Square } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Agent } from "../bridge";
import { Button } from "../design/Button";
import type { useRequest } from "../data/context";
import { useIsFinishing } from "../data/finishing";
import { useAgents } from "../data/queries";
import { isBusy } from "../data/status";
import { t } from "../words";

// Rare, so it does not delay the first paint.
const OnlyThisAgent = lazy(async () => ({ default: (await import("./OnlyThisAgent")).OnlyThisAgent }));

/** In a narrow window the buttons show only their icons. */
const LABEL = "sr-only @xl/view:not-sr-only";

export function RunControls({ agent, request }: { agent: Agent; request: ReturnType<typeof useRequest> }) {
  const agents = useAgents().data ?? [];
  const isFinishing = useIsFinishing(agent);
  if (!isBusy(agent)) return null;
  const hasSubAgents = agents.some((one) => one.parent === agent.id && isBusy(one));
  const finish = (tree: boolean) => request.mutate({ op: "finish", agent: agent.id, tree });
  const stop = (tree: boolean) => request.mutate({ op: "cancel", agent: agent.id, tree });
  return (
    <span className="flex shrink-0 items-center gap-1.5">
      <Button className="h-8 rounded-xl px-2.5 py-0" title={hasSubAgents ? t("No new steps: it reports what it has, and so do its sub-agents") : t("No new steps: it reports what it has")} disabled={request.isPending || isFinishing} onClick={() => finish(true)}>
        <Flag className="size-3.5" aria-hidden /> <span className={LABEL}>{isFinishing ? t("Finishing") : t("Finish up")}</span>
      </Button>
      <Button className="h-8 rounded-xl px-2.5 py-0" title={hasSubAgents ? t("It ends at once, without a report, and so do its sub-agents") : t("It ends at once, without a report")} disabled={request.isPending} onClick={() => stop(true)}>
        <Square className="size-3 fill-current" aria-hidden /> <span className={LABEL}>{t("Stop")}</span>
      </Button>
      {hasSubAgents && (
        <Suspense fallback={<span className="size-8" />}>
          <OnlyThisAgent disabled={request.isPending} isFinishing={isFinishing} onFinish={() => finish(false)} onStop={() => stop(false)} />
        </Suspense>
      )}
    </span>
  );
}
