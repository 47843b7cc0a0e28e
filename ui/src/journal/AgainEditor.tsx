/**
 * Writes an earlier message anew. Enter sends it, Escape cancels. What was said from the earlier message on is set aside: it
 * stays readable, and the agent reads nothing more of it.
 */
import { type KeyboardEvent, useRef } from "react";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useJournal, useRequest } from "../data/context";
import { GROW } from "../data/journals";
import { useAgent } from "../data/queries";
import { isBusy } from "../data/status";
import { t } from "../words";
import { useTranscript } from "./useTranscript";

export function AgainEditor({ message, text, onChange, onClose }: { message: number; text: string; onChange: (text: string) => void; onClose: () => void }) {
  const request = useRequest();
  const agent = useAgent(GROW);
  const { waiting } = useTranscript(useJournal(GROW));
  // If the message did arrive although sending failed, the host ignores the second one.
  const id = useRef(crypto.randomUUID());
  const why = isBusy(agent) ? t("The agent is at work. Wait until it has finished, or stop it; then send.") : waiting.length > 0 ? t("The agent has a message to read first. Wait for it, or withdraw it; then send.") : null;
  const close = () => {
    onClose();
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  const send = () => {
    if (!text.trim() || why !== null || request.isPending) return;
    // A callback of `mutate` would not be called: the row is set aside, and this editor gone, before the answer is here.
    request.mutateAsync({ op: "say_again", message, id: id.current, text: text.trim() }).then(close, () => {
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
        <Button look="primary" disabled={!text.trim() || why !== null || request.isPending} onClick={send}>
          {t("Send again")}
        </Button>
      </div>
    </div>
  );
}
