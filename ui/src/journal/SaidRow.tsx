/** A message to the agent. One that it has not read yet can be changed or taken back. */
import { useState } from "react";
import { cx } from "../design/cx";
import { exactTime } from "../data/time";
import type { Said } from "./items";
import { MessageEditor } from "./MessageEditor";
import { QueuedActions } from "./QueuedActions";

export function SaidRow(props: { agent: string; item: Said; isQueued: boolean; marked: boolean; nameOf: (agent: string) => string }) {
  const { agent, item, isQueued, marked, nameOf } = props;
  // The editor stays open even if the agent reads the message meanwhile, so that no text is lost.
  const [isEditing, setEditing] = useState(false);
  const mine = item.by === "person";
  const look = !mine ? "rounded-bl-md border border-line bg-surface" : isQueued ? "rounded-br-md border border-dashed border-line-strong" : "rounded-br-md border border-transparent bg-said";
  return (
    <div className={cx("flex flex-col pt-4 pb-1", mine ? "items-end" : "items-start")}>
      {!mine && <p className="mb-1 text-xs text-ink-3">Task from {nameOf(item.by)}</p>}
      {isEditing ? (
        <MessageEditor agent={agent} message={item.seq} text={item.text} onClose={() => setEditing(false)} />
      ) : (
        <div title={exactTime(item.at)} className={cx("max-w-[min(36rem,85%)] rounded-2xl px-4 py-2 whitespace-pre-wrap [overflow-wrap:anywhere]", look, marked && "outline-2 outline-offset-2 outline-accent")}>
          {item.text}
        </div>
      )}
      {isQueued && !isEditing && <QueuedActions agent={agent} message={item.seq} onEdit={() => setEditing(true)} />}
    </div>
  );
}
