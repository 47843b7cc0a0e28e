/** What carries GrowQR's labels in Docker and belongs to no profile on this computer. Removed only after a question, for one data folder at a time. */
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
      <p className="mt-1 text-sm text-ink-3">{counted(orphans.length, "{n} thing from GrowQR that no profile on this computer owns.", "{n} things from GrowQR that no profile on this computer owns.")}</p>
      {byFolder(orphans).map((group) => (
        <section key={folderOf(group[0]!)} className="mt-3" aria-label={folderOf(group[0]!)}>
          <p className="text-sm [overflow-wrap:anywhere]">{folderOf(group[0]!)}</p>
          <List orphans={group} />
          <div className="mt-2">
            <Button look="danger" onClick={() => setAsked(group)}>
              {counted(group.length, "Remove {n} thing…", "Remove {n} things…")}
            </Button>
          </div>
        </section>
      ))}
      {asked && (
        <Modal labelledBy="orphans-title" onClose={() => setAsked(null)}>
          <h2 id="orphans-title" className="font-semibold">
            {counted(asked.length, "Remove {n} thing from Docker?", "Remove {n} things from Docker?")}
          </h2>
          <p className="mt-2 text-sm text-ink-2 [overflow-wrap:anywhere]">{folderOf(asked[0]!)}</p>
          {!asked[0]!.own && <p className="mt-2 text-sm text-ink-2">{t("If that data folder was moved, start GrowQR with it once before you remove anything: then it keeps what is its own.")}</p>}
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

function folderOf({ own, folder }: StackOrphan): string {
  if (own) return t("Of this data folder");
  return folder ? t("Of the data folder {folder}", { folder: plainText(folder) }) : t("Of a data folder that is not known");
}

/** In the order in which each data folder comes first. */
function byFolder(orphans: readonly StackOrphan[]): StackOrphan[][] {
  const groups = new Map<string, StackOrphan[]>();
  for (const orphan of orphans) groups.set(folderOf(orphan), [...(groups.get(folderOf(orphan)) ?? []), orphan]);
  return [...groups.values()];
}

function List({ orphans }: { orphans: readonly StackOrphan[] }) {
  return (
    <ul className="mt-2 max-h-48 overflow-y-auto text-sm" tabIndex={0} aria-label={t("Left over")}>
      {orphans.map(({ kind, id, name, why }) => (
        <li key={`${kind} ${id}`} className="flex flex-wrap gap-x-3 py-0.5">
          <span className="w-20 text-ink-3">{kind}</span>
          <span className="min-w-0 font-mono text-xs leading-6 [overflow-wrap:anywhere]">{plainText(name)}</span>
          <span className="w-full text-xs leading-5 text-ink-3">{plainText(why)}</span>
        </li>
      ))}
    </ul>
  );
}
