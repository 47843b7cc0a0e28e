/** The button that starts the conversation with the Grow Agent afresh. Errors of the request are shown by whoever sends it. */
import { MessageSquarePlus } from "lucide-react";
import { IconButton } from "../design/Button";
import type { useRequest } from "../data/context";
import { t } from "../words";

export function FreshStart({ request }: { request: ReturnType<typeof useRequest> }) {
  const start = () => request.mutate({ op: "start_fresh", id: crypto.randomUUID() }, { onSuccess: () => document.querySelector<HTMLElement>("[data-composer]")?.focus() });
  const label = t("Start fresh: the agent keeps its memory and reads nothing of what was said before");
  return (
    <IconButton label={label} disabled={request.isPending} onClick={start}>
      <MessageSquarePlus className="size-4" aria-hidden />
    </IconButton>
  );
}
