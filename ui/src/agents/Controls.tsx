/** The controls of an agent: let it finish up, stop it, or resume it. */
import { Play } from "lucide-react";
import type { Agent } from "../bridge";
import { Button } from "../design/Button";
import type { useRequest } from "../data/context";
import { canResume } from "../data/status";
import { RunControls } from "../journal/RunControls";
import { t } from "../words";

export function Controls({ agent, request }: { agent: Agent; request: ReturnType<typeof useRequest> }) {
  if (!canResume(agent)) return <RunControls agent={agent} request={request} />;
  return (
    <Button disabled={request.isPending} onClick={() => request.mutate({ op: "resume", agent: agent.id, id: crypto.randomUUID() })}>
      <Play className="size-3.5" aria-hidden /> {t("Resume")}
    </Button>
  );
}
