/** A message to the agent. One that it has not read yet can be changed or taken back; an earlier one can be sent again. */
import { Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { bytes } from "../data/bytes";
import { IconButton } from "../design/Button";
import { cx } from "../design/cx";
import { useDrafts } from "../data/context";
import { GROW } from "../data/journals";
import { agentName } from "../data/names";
import { exactTime } from "../data/time";
import { t } from "../words";
import type { Said } from "./items";
import { Rare } from "./Rare";

// Rare, so they do not delay the first paint.
const QueuedActions = lazy(async () => ({ default: (await import("./QueuedActions")).QueuedActions }));
const AgainEditor = lazy(async () => ({ default: (await import("./AgainEditor")).AgainEditor }));
const MessageEditor = lazy(async () => ({ default: (await import("./MessageEditor")).MessageEditor }));

export function SaidRow(props: { agent: string; item: Said; isQueued: boolean; isAside: boolean; marked: boolean; nameOf: (agent: string) => string }) {
  const { agent, item, isQueued, isAside, marked, nameOf } = props;
  const [edited, setEdited] = useEdited(`${agent}:${item.seq}`);
  const [again, setAgain] = useEdited(`${agent}:${item.seq}:again`);
  const [isTooLate, setTooLate] = useState(false);
  const mine = item.by === "person";
  const canSendAgain = mine && !isQueued && !isAside && agent === GROW;
  const isAnew = canSendAgain && again !== null;
  const look = !mine ? "rounded-es-md border border-line bg-surface" : isQueued ? "rounded-ee-md border border-dashed border-line-strong" : "rounded-ee-md border border-transparent bg-said";
  return (
    <div className={cx("flex flex-col pt-4 pb-1", mine ? "items-end" : "items-start")}>
      {!mine && <p className="mb-1 text-xs text-ink-3">{t("Task from {name}", { name: agentName({ id: item.by, name: nameOf(item.by) }) })}</p>}
      {item.attachments && !isAnew && (
        <Rare instead={<div className="h-13" />}>{(rows) => item.attachments && <rows.SentFiles files={item.attachments} isEnd={mine} />}</Rare>
      )}
      {edited !== null ? (
        <Suspense fallback={<div className="h-28" />}>
          <MessageEditor agent={agent} message={item.seq} text={edited} hasFiles={item.attachments !== undefined} isRead={!isQueued} onChange={setEdited} onClose={() => setEdited(null)} />
        </Suspense>
      ) : isAnew ? (
        <Suspense fallback={<div className="h-40" />}>
          <AgainEditor message={item.seq} text={again} files={item.attachments} onChange={setAgain} onClose={() => setAgain(null)} />
        </Suspense>
      ) : (
        <div className={cx("group flex w-full items-center gap-1", mine && "justify-end")}>
          {canSendAgain && (
            <IconButton label={t("Edit and send again")} data-uncopied className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100" onClick={() => setAgain(item.text)}>
              <Pencil className="size-3.5" aria-hidden />
            </IconButton>
          )}
          <div dir="auto" title={exactTime(item.at)} className={cx("max-w-[min(36rem,85%)] rounded-2xl empty:hidden px-4 py-2 whitespace-pre-wrap [overflow-wrap:anywhere]", look, marked && "outline-2 outline-offset-2 outline-accent")}>
            <Shortened text={item.text} />
          </div>
        </div>
      )}
      {isQueued && edited === null && !isTooLate && (
        <Suspense fallback={<div className="h-7" />}>
          <QueuedActions agent={agent} message={item.seq} isAfterFresh={item.afterFresh === true} onEdit={() => setEdited(item.text)} onTooLate={() => setTooLate(true)} />
        </Suspense>
      )}
      {isTooLate && edited === null && (
        <p role="alert" className="mt-1 text-xs text-ink-2">
          {t("This message is no longer queued. Write to it what is different now.")}
        </p>
      )}
    </div>
  );
}

/** Characters of a message that are shown at first: laying out a megabyte takes seconds each time its row comes into view. */
const SHOWN_FIRST = 3_000;

/** Shorter messages are shown whole. */
const SHOWN_WHOLE = 20_000;

function Shortened({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false);
  if (isWhole || text.length <= SHOWN_WHOLE) return text;
  return (
    <>
      {text.slice(0, SHOWN_FIRST)}…
      <button type="button" className="mt-2 block cursor-pointer text-sm text-accent-ink underline" onClick={() => setWhole(true)}>
        {t("Show all of it ({size})", { size: bytes(new TextEncoder().encode(text).length) })}
      </button>
    </>
  );
}

/**
 * The changed text of a message; `null` if it is not being edited. Stored as a draft: the row is removed when it is scrolled
 * away, and the editor stays open even if the agent reads the message meanwhile, so that no text is lost.
 */
function useEdited(id: string): [string | null, (text: string | null) => void] {
  const drafts = useDrafts();
  // A space is an empty text, which a message with files can have. No draft: it is not being edited.
  const [edited, setEdited] = useState<string | null>(() => {
    const kept = drafts.get("message", id);
    return kept === " " ? "" : kept || null;
  });
  const change = (text: string | null) => {
    setEdited(text);
    drafts.set("message", id, text === "" ? " " : (text ?? ""));
  };
  return [edited, change];
}
