/** The button that starts the conversation with the Grow Agent afresh. */
import { MessageSquarePlus } from "lucide-react";
import { IconButton } from "../design/Button";
import { useRequest } from "../data/context";

export function FreshStart() {
  const request = useRequest();
  const start = () => request.mutate({ op: "start_fresh", id: crypto.randomUUID() }, { onSuccess: () => document.querySelector<HTMLElement>("[data-composer]")?.focus() });
  const label = "Start fresh: the agent keeps its memory and reads nothing of what was said before";
  return (
    <>
      {request.error && (
        <span role="alert" className="text-xs text-bad">
          {request.error.message}
        </span>
      )}
      <IconButton label={label} disabled={request.isPending} onClick={start}>
        <MessageSquarePlus className="size-4" aria-hidden />
      </IconButton>
    </>
  );
}
