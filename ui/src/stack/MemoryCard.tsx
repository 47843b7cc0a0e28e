/** The copy of the memory on Gitea: the same, behind, or stopped until the person joins both sides. */
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import type { MemorySync } from "../bridge";
import { useStackRequest } from "../data/stack";
import { ago, exactTime } from "../data/time";
import { Button } from "../design/Button";
import { Modal } from "../design/Modal";
import { InlineError } from "../design/states";
import { useNow } from "../design/useNow";
import { t } from "../words";
import { Card, Found } from "./Card";
import { memoryState } from "./words";

export function MemoryCard({ memory, canSync }: { memory: MemorySync; canSync: boolean }) {
  const request = useStackRequest();
  const now = useNow(false);
  const [asking, setAsking] = useState(false);
  const isStopped = memory.state === "stopped";
  return (
    <Card title={t("Memory on Gitea")} state={memoryState(memory)}>
      <Found text={memory.found} nextStep={memory.next_step} isBad={isStopped} />
      <div className="mt-3 flex flex-wrap items-center gap-3">
        {isStopped ? (
          <Button onClick={() => setAsking(true)}>{t("Join both sides…")}</Button>
        ) : (
          <Button disabled={!canSync || request.isPending || memory.state === "syncing"} onClick={() => request.mutate({ op: "sync_memory", join: false })}>
            <RefreshCw className="size-4" aria-hidden /> {t("Sync memory now")}
          </Button>
        )}
        <span className="text-xs text-ink-3" title={memory.synced_at === null ? undefined : exactTime(memory.synced_at)}>
          {memory.synced_at === null ? t("Never the same so far") : t("Last the same: {when}", { when: ago(memory.synced_at, now) })}
        </span>
      </div>
      {!asking && <InlineError problem={request.error} />}
      {asking && <Join request={request} canSync={canSync} onClose={() => setAsking(false)} />}
    </Card>
  );
}

function Join({ request, canSync, onClose }: { request: ReturnType<typeof useStackRequest>; canSync: boolean; onClose: () => void }) {
  return (
    <Modal labelledBy="join-title" onClose={onClose}>
      <h2 id="join-title" className="font-semibold">
        {t("Join both sides?")}
      </h2>
      <p className="mt-2 text-sm text-ink-2">{t("The memory on Gitea is not the one that GrowQR last saw there: it was emptied, restored or replaced. So GrowQR has stopped, and has overwritten nothing.")}</p>
      <p className="mt-2 text-sm text-ink-2">{t("Joining brings the changes of both sides together, with a merge. Nothing is overwritten on either side. Where both changed the same lines, both versions are kept and you are asked.")}</p>
      <p className="mt-2 text-sm text-ink-2">{t("If that is not the memory you want there, cancel and look at it in Gitea first.")}</p>
      <InlineError problem={request.error} />
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button look="primary" disabled={!canSync || request.isPending} onClick={() => request.mutate({ op: "sync_memory", join: true }, { onSuccess: onClose })}>
          {t("Join both sides")}
        </Button>
      </div>
      {!canSync && <p className="mt-2 text-end text-xs text-ink-3">{t("The memory server must run for that.")}</p>}
    </Modal>
  );
}
