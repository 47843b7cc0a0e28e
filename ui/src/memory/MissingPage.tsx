/** The view of a page that does not exist: offers to create it, or to restore it if it was deleted. */
import { FilePlus, FileX, Undo2 } from "lucide-react";
import { Button } from "../design/Button";
import { Empty, Loading, InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { useLog } from "../data/queries";
import { ago } from "../data/time";
import { t } from "../words";
import { Author } from "./Author";

export function MissingPage({ path, onWrite }: { path: string; onWrite: () => void }) {
  const log = useLog(path);
  const [last] = log.data ?? [];
  const request = useRequest();
  // The log decides whether the page was deleted or never existed.
  if (log.isPending) return <Loading />;
  if (!last) {
    return (
      <Empty icon={FilePlus} title={t("There is no page {path}", { path })}>
        <Button look="primary" className="mt-2" onClick={onWrite}>
          {t("Create page")}
        </Button>
      </Empty>
    );
  }
  return (
    <div role="status">
      <Empty icon={FileX} title={t("{path} was deleted", { path })}>
        <p className="flex flex-wrap items-center justify-center gap-x-3">
          <Author name={last.author} origin={last.origin} />
          <span dir="auto">{last.message}</span>
          <span>{ago(last.at, Date.now())}</span>
        </p>
        <div className="mt-3 flex justify-center gap-2">
          <Button look="primary" autoFocus disabled={request.isPending} onClick={() => request.mutate({ op: "restore_memory", rev: last.commit })}>
            <Undo2 className="size-4" aria-hidden /> {t("Restore page")}
          </Button>
          <Button onClick={onWrite}>{t("Create new page")}</Button>
        </div>
        <InlineError problem={request.error} />
      </Empty>
    </div>
  );
}
