/** What can be done with the whole conversation: start afresh, export. */
import { useMutation } from "@tanstack/react-query";
import { Download, X } from "lucide-react";
import { useRef } from "react";
import type { HostError } from "../bridge";
import { IconButton } from "../design/Button";
import { InlineError } from "../design/states";
import { cx } from "../design/cx";
import { useHost, useRequest } from "../data/context";
import { GROW } from "../data/journals";
import { FreshStart } from "../journal/FreshStart";
import { t } from "../words";

export function ChatActions() {
  const host = useHost();
  const exported = useMutation<string, HostError>({ mutationFn: () => host.call("export_conversation", { agent: GROW }) });
  const fresh = useRequest();
  const exportButton = useRef<HTMLButtonElement>(null);
  const isShown = exported.data !== undefined || exported.error !== null || fresh.error !== null;
  const close = () => {
    exported.reset();
    fresh.reset();
    exportButton.current?.focus();
  };
  return (
    <>
      <FreshStart request={fresh} />
      <IconButton ref={exportButton} label={t("Export this conversation as Markdown")} disabled={exported.isPending} onClick={() => exported.mutate()}>
        <Download className="size-4" aria-hidden />
      </IconButton>
      <div className={cx("absolute top-full end-3 z-10 mt-1.5 flex max-w-[min(32rem,80vw)] items-start gap-2 rounded-lg text-sm", isShown && "border border-line bg-surface py-1 pe-1 ps-3 shadow-card")}>
        {/* In the document from the start, so that the text that comes is announced. */}
        <div role="status" className="min-w-0 py-1 empty:hidden">
          {exported.data !== undefined && <p className="[overflow-wrap:anywhere]">{t("Exported to {path}", { path: exported.data })}</p>}
          <InlineError problem={fresh.error ?? exported.error} />
        </div>
        {isShown && (
          <IconButton label={t("Close")} onClick={close}>
            <X className="size-4" aria-hidden />
          </IconButton>
        )}
      </div>
    </>
  );
}
