/** Changes a message that the agent has not read yet. Enter saves, Escape cancels. */
import { type KeyboardEvent, useState } from "react";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";

export function MessageEditor(props: { agent: string; message: number; text: string; onClose: () => void }) {
  const { agent, message, onClose } = props;
  const [text, setText] = useState(props.text);
  const request = useRequest();
  const close = () => {
    onClose();
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  const save = () => {
    if (text.trim() && !request.isPending) request.mutate({ op: "edit_message", agent, message, text: text.trim() }, { onSuccess: close });
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
        aria-label="Change your message"
        rows={Math.min(8, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="w-full resize-none rounded-2xl rounded-br-md border border-line-strong/60 bg-surface px-4 py-2 outline-none focus:border-accent"
      />
      <InlineError problem={request.error} />
      <div className="mt-1 flex justify-end gap-2">
        <Button look="quiet" onClick={close}>
          Cancel
        </Button>
        <Button look="primary" disabled={!text.trim() || request.isPending} onClick={save}>
          Save
        </Button>
      </div>
    </div>
  );
}
