/** A list of changes, newest first. Each expands to its diff and an undo button. */
import { GitCommitVertical, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Change } from "../bridge";
import { Button } from "../design/Button";
import { Diff } from "../design/Diff";
import { Disclosure } from "../design/Disclosure";
import { Empty, QueryView, InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { toPage } from "../data/links";
import { useDiff, useLog } from "../data/queries";
import { ago, exactTime } from "../data/time";
import { t } from "../words";
import { Author } from "./Author";
import { UndoTogether } from "./UndoTogether";

/** How many changes are shown at first, and added by "Show more". */
const STEP = 100;

export function Changes({ path, open }: { path: string | null; open: string | null }) {
  const [shown, setShown] = useState(STEP);
  return (
    <QueryView query={useLog(path)}>
      {(changes) =>
        changes.length === 0 ? (
          <Empty icon={GitCommitVertical} title={t("No changes yet")} />
        ) : (
          <div className="max-w-[52rem]">
            <ul className="divide-y divide-line">
              {changes.slice(0, Math.max(shown, changes.findIndex((one) => one.commit === open) + 1)).map((change) => (
                <ChangeRow key={change.commit} change={change} withPath={path === null} isOpen={change.commit === open} />
              ))}
            </ul>
            {changes.length > shown && (
              <Button className="mt-3" onClick={() => setShown(shown + STEP)}>
                {t("Show more")}
              </Button>
            )}
          </div>
        )
      }
    </QueryView>
  );
}

function ChangeRow({ change, withPath, isOpen }: { change: Change; withPath: boolean; isOpen: boolean }) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isOpen) row.current?.scrollIntoView({ block: "start" });
  }, [isOpen]);
  return (
    <li ref={row} className="py-1.5">
      <Disclosure open={isOpen} summary={<span dir="auto" className="truncate font-medium text-ink">{change.message}</span>} below={<ChangeFacts change={change} withPath={withPath} />}>
        {() => <ChangeDetails change={change} />}
      </Disclosure>
    </li>
  );
}

function ChangeFacts({ change, withPath }: { change: Change; withPath: boolean }) {
  return (
    <p className="mb-1 flex flex-wrap items-center gap-x-4 gap-y-1 ps-6.5 text-xs text-ink-3">
      <Author name={change.author} origin={change.origin} />
      {change.origin && <span>{t("turn {n}", { n: change.origin.turn })}</span>}
      <span title={exactTime(change.at)}>{ago(change.at, Date.now())}</span>
      <span className="font-mono">{change.commit.slice(0, 8)}</span>
      {withPath &&
        change.paths.map((path) => (
          <a key={path} href={toPage(path)} className="hover:underline">
            {path}
          </a>
        ))}
      {withPath && change.more_paths > 0 && <span>{t("and {n} more", { n: change.more_paths })}</span>}
    </p>
  );
}

/** The actions are above the diff, so that they do not move when it loads. */
function ChangeDetails({ change }: { change: Change }) {
  const diff = useDiff(change.commit);
  const request = useRequest();
  return (
    <div className="space-y-2">
      <div className="flex items-center gap-3">
        <Button disabled={request.isPending} onClick={() => request.mutate({ op: "restore_memory", rev: change.commit })}>
          <Undo2 className="size-4" aria-hidden /> {t("Undo this change")}
        </Button>
        {request.isSuccess && (
          <span role="status" className="text-sm text-accent-ink">
            {t("Undone by a new change.")}
          </span>
        )}
        <InlineError problem={request.error} />
      </div>
      {change.origin && <UndoTogether agent={change.origin.agent} name={change.author} turn={change.origin.turn} />}
      <QueryView query={diff}>{(found) => <Diff text={found.text} />}</QueryView>
    </div>
  );
}
