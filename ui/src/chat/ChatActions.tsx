/** What can be done with the whole conversation: start afresh, export. */
import { useMutation } from "@tanstack/react-query";
import { Download, X } from "lucide-react";
import type { HostError } from "../bridge";
import { IconButton } from "../design/Button";
import { InlineError } from "../design/states";
import { useHost } from "../data/context";
import { GROW } from "../data/journals";
import { FreshStart } from "../journal/FreshStart";

export function ChatActions() {
  const host = useHost();
  const exported = useMutation<string, HostError>({ mutationFn: () => host.call("export_conversation", { agent: GROW }) });
  const isShown = exported.data !== undefined || exported.error !== null;
  return (
    <>
      <FreshStart />
      <IconButton label="Export this conversation as Markdown" disabled={exported.isPending} onClick={() => exported.mutate()}>
        <Download className="size-4" aria-hidden />
      </IconButton>
      {/* In the document from the start, so that the text that comes is announced. */}
      <div role="status" className="absolute top-full right-3 z-10">
        {isShown && (
          <div className="mt-1.5 flex max-w-[min(32rem,80vw)] items-start gap-2 rounded-lg border border-line bg-surface py-1 pr-1 pl-3 text-sm shadow-card">
            <div className="py-1">
              {exported.data !== undefined && <p className="[overflow-wrap:anywhere]">Exported to {exported.data}</p>}
              <InlineError problem={exported.error} />
            </div>
            <IconButton label="Close" onClick={() => exported.reset()}>
              <X className="size-4" aria-hidden />
            </IconButton>
          </div>
        )}
      </div>
    </>
  );
}
