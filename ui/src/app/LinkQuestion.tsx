/** The question before an external link opens. Shows its real address. */
import { useMutation } from "@tanstack/react-query";
import { Button } from "../design/Button";
import type { Target } from "../design/links";
import { Modal } from "../design/Modal";
import { NotCopied, InlineError } from "../design/states";
import { useCopy } from "../design/useCopy";
import { useHost } from "../data/context";
import { t } from "../words";

export function LinkQuestion({ text, target, onClose }: { text: string; target: Target | null; onClose: () => void }) {
  const host = useHost();
  const [copying, copy] = useCopy();
  const open = useMutation({ mutationFn: (address: string) => host.call("open_link", { address }), onSuccess: onClose });
  return (
    <Modal labelledBy="link-title" onClose={onClose}>
      <h2 id="link-title" className="font-semibold [overflow-wrap:anywhere]">
        {target === null ? t("This link cannot be opened") : target.kind === "mail" ? t("Write to {owner}?", { owner: target.owner }) : t("Open {owner}?", { owner: target.owner })}
      </h2>
      <p className="mt-1 text-sm text-ink-2">{target === null ? t("It is neither a web page nor an email address, or it hides its real destination.") : `${target.kind === "mail" ? t("It opens in your email program.") : t("It opens in your browser.")} ${t("Links in answers may come from strangers.")}`}</p>
      <p tabIndex={0} role="group" aria-label={t("Address")} className="code mt-3 max-h-40 overflow-auto rounded-lg border border-line p-3 [overflow-wrap:anywhere] select-all">
        {target?.address ?? text}
      </p>
      <NotCopied state={copying} />
      <InlineError problem={open.error} />
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {target ? t("Cancel") : t("Close")}
        </Button>
        <Button onClick={() => copy(target?.address ?? text)}>{copying === "copied" ? t("Copied") : t("Copy address")}</Button>
        {target && (
          <Button look="primary" disabled={open.isPending} onClick={() => open.mutate(target.address)}>
            {target.kind === "mail" ? t("Write email") : t("Open")}
          </Button>
        )}
      </div>
    </Modal>
  );
}
