/** What carries GrowQR's labels in Docker and belongs to no profile on this computer. Removed only after a question. */
import { useState } from "react";
import type { StackOrphan } from "../bridge";
import { plainText } from "../data/plainText";
import { useStackRequest } from "../data/stack";
import { Button } from "../design/Button";
import { Modal } from "../design/Modal";
import { InlineError } from "../design/states";
import { counted, t } from "../words";
import { Card } from "./Card";

export function Orphans({ orphans }: { orphans: readonly StackOrphan[] }) {
  const request = useStackRequest();
  // What the person sees in the question is what is removed, whatever is found meanwhile.
  const [asked, setAsked] = useState<readonly StackOrphan[] | null>(null);
  return (
    <Card title={t("Left over in Docker")} state={null}>
      <p className="mt-1 text-sm text-ink-3">{counted(orphans.length, "{n} thing from GrowQR that no profile on this computer owns. It may belong to a profile that was removed, or to another copy of your data.", "{n} things from GrowQR that no profile on this computer owns. They may belong to a profile that was removed, or to another copy of your data.")}</p>
      <List orphans={orphans} />
      <div className="mt-3">
        <Button look="danger" onClick={() => setAsked(orphans)}>
          {counted(orphans.length, "Remove {n} thing…", "Remove {n} things…")}
        </Button>
      </div>
      {asked && (
        <Modal labelledBy="orphans-title" onClose={() => setAsked(null)}>
          <h2 id="orphans-title" className="font-semibold">
            {counted(asked.length, "Remove {n} thing from Docker?", "Remove {n} things from Docker?")}
          </h2>
          <p className="mt-2 text-sm text-ink-2">{asked.some(({ kind }) => kind === "volume") ? t("A volume holds data, such as a copy of a memory and the files of sub-agents. It cannot be brought back.") : t("They cannot be brought back.")}</p>
          <List orphans={asked} />
          <InlineError problem={request.error} />
          <div className="mt-4 flex flex-wrap justify-end gap-2">
            <Button look="quiet" onClick={() => setAsked(null)}>
              {t("Keep")}
            </Button>
            <Button look="danger" disabled={request.isPending} onClick={() => request.mutate({ op: "stack_remove_orphans", orphans: asked.map(({ kind, id }) => ({ kind, id })) }, { onSuccess: () => setAsked(null) })}>
              {t("Remove now")}
            </Button>
          </div>
        </Modal>
      )}
    </Card>
  );
}

function List({ orphans }: { orphans: readonly StackOrphan[] }) {
  return (
    <ul className="mt-2 max-h-48 overflow-y-auto text-sm" tabIndex={0} aria-label={t("Left over")}>
      {orphans.map(({ kind, id, name, profile }) => (
        <li key={`${kind} ${id}`} className="flex flex-wrap gap-x-3 py-0.5">
          <span className="w-20 text-ink-3">{kind}</span>
          <span className="min-w-0 font-mono text-xs leading-6 [overflow-wrap:anywhere]">{plainText(name)}</span>
          <span className="ms-auto text-xs leading-6 text-ink-3">{t("Profile {name}", { name: plainText(profile) })}</span>
        </li>
      ))}
    </ul>
  );
}
