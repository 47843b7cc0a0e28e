/** Stopping the stack, and removing its data. */
import { useState } from "react";
import type { Stack } from "../bridge";
import { useStackRequest } from "../data/stack";
import { Button } from "../design/Button";
import { LabelledRow } from "../design/LabelledRow";
import { InlineError } from "../design/states";
import { t } from "../words";
import { Reset } from "./Reset";
import { canStop } from "./words";

export function Maintenance({ stack }: { stack: Stack }) {
  const stop = useStackRequest();
  const [resetting, setResetting] = useState(false);
  const hasDocker = stack.docker.state === "ready";
  return (
    <>
      <section aria-label={t("Stop or remove")} className="divide-y divide-line rounded-2xl border border-line bg-surface px-4">
        {canStop(stack) && (
          <LabelledRow label={t("Stop")} about={t("Both services stay off until you start them again. Their data stays. Sub-agents in the workbench pause with their work kept.")} below={<InlineError problem={stop.error} />}>
            <Button disabled={stop.isPending} onClick={() => stop.mutate({ op: "stack_down" })}>
              {t("Stop both")}
            </Button>
          </LabelledRow>
        )}
        <LabelledRow label={t("Remove data")} about={`${t("Stops both services and removes what they store in Docker. Your memory folder stays.")}${hasDocker ? "" : ` ${t("Docker must be ready for that.")}`}`}>
          <Button look="danger" disabled={!hasDocker} onClick={() => setResetting(true)}>
            {t("Remove data…")}
          </Button>
        </LabelledRow>
      </section>
      {resetting && <Reset stack={stack} onClose={() => setResetting(false)} />}
    </>
  );
}
