/**
 * Changes a message that the agent has not read yet. Enter saves, Escape cancels. If the agent reads it meanwhile, the text
 * stays and can be sent as a new message.
 */
import { type KeyboardEvent, useRef } from "react";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { t } from "../words";

/** `hasFiles`: the message has files, and needs no text. `isRead`: the agent has read the message. */
export function MessageEditor(props: { agent: string; message: number; text: string; hasFiles: boolean; isRead: boolean; onChange: (text: string) => void; onClose: () => void }) {
  const { agent, message, text, onChange, onClose } = props;
  const request = useRequest();
  // Of the new message: if it did arrive although sending failed, the host ignores the second one.
  const id = useRef(crypto.randomUUID());
  const isRead = props.isRead || (request.error?.code === "conflict" && request.variables?.op === "edit_message");
  const isMissing = !text.trim() && (isRead || !props.hasFiles);
  const close = () => {
    onClose();
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  const save = () => {
    if (isMissing || request.isPending) return;
    request.mutate(isRead ? { op: "say", agent, id: id.current, text: text.trim() } : { op: "edit_message", agent, message, text: text.trim() }, { onSuccess: close });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  };
  return (
    <div className="w-[min(36rem,85%)]">
      <textarea
        autoFocus
        dir="auto"
        aria-label={t("Change your message")}
        rows={Math.min(8, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        className="w-full resize-none rounded-2xl rounded-ee-md border border-line-strong/60 bg-surface px-4 py-2 outline-none focus:border-accent"
      />
      <div role="status">{isRead && <p className="mt-1 text-sm text-warn">{t("This message is no longer queued. You can send your text as a new message.")}</p>}</div>
      <InlineError problem={isRead && request.error?.code === "conflict" ? null : request.error} />
      <div className="mt-1 flex justify-end gap-2">
        <Button look="quiet" onClick={close}>
          {isRead ? t("Discard") : t("Cancel")}
        </Button>
        <Button look="primary" disabled={isMissing || request.isPending} onClick={save}>
          {isRead ? t("Send as a new message") : t("Save")}
        </Button>
      </div>
    </div>
  );
}
