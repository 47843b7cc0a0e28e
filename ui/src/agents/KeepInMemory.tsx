/** Commits a file of the workbench to memory, as the person's own change. A page that exists is replaced only after it was said. */
import { useState } from "react";
import { useHost, useRequest } from "../data/context";
import { toPage } from "../data/links";
import { usePages } from "../data/queries";
import { Button } from "../design/Button";
import { Field, Input } from "../design/Field";
import { InlineError } from "../design/states";
import { HostError } from "../bridge";
import { rich } from "../words/rich";
import { t } from "../words";
import { isTooLong, keepPath } from "./keepPath";

export function KeepInMemory({ file, text, isCut, onClose }: { file: string; text: string; isCut: boolean; onClose: () => void }) {
  const host = useHost();
  const request = useRequest();
  const pages = usePages();
  const [path, setPath] = useState(() => keepPath(file));
  const [unread, setUnread] = useState<HostError | null>(null);
  if (isCut || isTooLong(text)) {
    return (
      <p role="status" className="text-sm text-ink-2">
        {t("It is too long for memory: a page has at most 256 KiB.")}
      </p>
    );
  }
  const wanted = path.trim();
  const exists = pages.data?.some((page) => page.path === wanted) ?? false;
  const keep = async () => {
    setUnread(null);
    try {
      const base = exists ? (await host.call("memory_read", { path: wanted })).version : null;
      request.mutate({ op: "write_memory", path: wanted, text, base });
    } catch (thrown) {
      setUnread(HostError.from(thrown));
    }
  };
  if (request.isSuccess) {
    return (
      <p role="status" className="text-sm text-accent-ink">
        {rich("Kept as {page}.", {
          page: (
            <a href={toPage(wanted)} className="underline underline-offset-2">
              {wanted}
            </a>
          ),
        })}
      </p>
    );
  }
  const canKeep = wanted !== "" && pages.data !== undefined && !request.isPending;
  return (
    <div className="max-w-md rounded-xl bg-sunken p-4">
      <Field label={t("Page in memory")} hint={t("The agents can read it there. It is saved as your own change.")}>
        <Input autoFocus value={path} onChange={(event) => setPath(event.target.value)} onKeyDown={(event) => event.key === "Enter" && canKeep && !exists && void keep()} />
      </Field>
      {exists && <p className="mt-1.5 text-sm text-warn">{t("This page exists. Its text is replaced; the old text stays in its history.")}</p>}
      <InlineError problem={unread ?? request.error ?? pages.error} />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button look={exists ? "danger" : "primary"} disabled={!canKeep} onClick={() => void keep()}>
          {exists ? t("Replace the page") : t("Keep")}
        </Button>
        <Button look="quiet" onClick={onClose}>
          {t("Cancel")}
        </Button>
      </div>
    </div>
  );
}
