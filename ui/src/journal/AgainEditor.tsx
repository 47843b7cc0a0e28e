/**
 * Writes an earlier message anew. Enter sends it, Escape cancels. What was said from the earlier message on is set aside: it
 * stays readable, and the agent reads nothing more of it.
 */
import { type KeyboardEvent, useRef } from "react";
import type { Attachment } from "../bridge";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useDraft, useDrafts, useJournal, useRequest } from "../data/context";
import { GROW } from "../data/journals";
import { useAgent } from "../data/queries";
import { isBusy } from "../data/status";
import { t } from "../words";
import { KeptFiles } from "./attach/KeptFiles";
import { useTranscript } from "./useTranscript";

export function AgainEditor(props: { message: number; text: string; files: readonly Attachment[] | undefined; onChange: (text: string) => void; onClose: () => void }) {
  const { message, text, files = [], onChange } = props;
  const request = useRequest();
  const agent = useAgent(GROW);
  const { waiting } = useTranscript(useJournal(GROW));
  // If the message did arrive although sending failed, the host ignores the second one.
  const id = useRef(crypto.randomUUID());
  const why = isBusy(agent) ? t("The agent is at work. Wait until it has finished, or stop it; then send.") : waiting.length > 0 ? t("The agent has a message to read first. Wait for it, or withdraw it; then send.") : null;
  // A draft, as the text: the row is removed when it is scrolled away.
  const drafts = useDrafts();
  const removed = useDraft("files", `again:${message}`);
  const setRemoved = (hashes: string) => drafts.set("files", `again:${message}`, hashes);
  const kept = files.filter((file) => !removed.includes(file.hash));
  const isEmpty = !text.trim() && kept.length === 0;
  const close = () => {
    setRemoved("");
    props.onClose();
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  const send = () => {
    if (isEmpty || why !== null || request.isPending) return;
    // A callback of `mutate` would not be called: the row is set aside, and this editor gone, before the answer is here.
    request.mutateAsync({ op: "say_again", message, id: id.current, text: text.trim(), attachments: kept.map((file) => file.hash) }).then(close, () => {
      // `request.error` is shown.
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  };
  return (
    <div className="w-[min(36rem,85%)]">
      {files.length > 0 && (
        <KeptFiles
          kept={kept}
          isWhole={kept.length === files.length}
          onRemove={(hash) => {
            setRemoved(`${removed}${hash}\n`);
            id.current = crypto.randomUUID();
          }}
          onKeepAll={() => {
            setRemoved("");
            id.current = crypto.randomUUID();
          }}
        />
      )}
      <textarea
        autoFocus
        dir="auto"
        aria-label={t("Write your message anew")}
        aria-describedby={`again-${message}`}
        rows={Math.min(8, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => {
          onChange(event.target.value);
          id.current = crypto.randomUUID();
        }}
        onKeyDown={onKeyDown}
        className="w-full resize-none rounded-2xl rounded-ee-md border border-line-strong/60 bg-surface px-4 py-2 outline-none focus:border-accent"
      />
      <p id={`again-${message}`} className="mt-1 text-sm text-ink-2">
        {t("The conversation continues from here. Everything after this message is set aside: you can still read and search it, the agent does not read it any more. Changes of memory stay, and what it has cost is spent.")}
      </p>
      <p role="status" className="mt-1 text-sm text-warn empty:hidden">
        {why}
      </p>
      <InlineError problem={request.error} />
      <div className="mt-1 flex justify-end gap-2">
        <Button look="quiet" onClick={close}>
          {t("Cancel")}
        </Button>
        <Button look="primary" disabled={isEmpty || why !== null || request.isPending} onClick={send}>
          {t("Send again")}
        </Button>
      </div>
    </div>
  );
}
