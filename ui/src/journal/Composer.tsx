/** The message field. Stores the draft, and sends on Enter except during IME composition. */
import { ArrowUp, RotateCw } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button, IconButton } from "../design/Button";
import { InlineError } from "../design/states";
import { useDraft, useDrafts, useDraftStorage, useRequest } from "../data/context";
import { useAgent } from "../data/queries";
import { isBusy } from "../data/status";
import { RunControls, STEERING } from "./RunControls";

/** `hasControls`: the view has no other place for the controls of a working agent. */
export function Composer({ agent, placeholder, hasControls = false }: { agent: string; placeholder: string; hasControls?: boolean }) {
  const drafts = useDrafts();
  const text = useDraft(agent);
  const setText = (next: string) => drafts.set("draft", agent, next);
  const [failedId, setFailedId] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const row = useAgent(agent);
  const say = useRequest();
  const control = useRequest();

  useEffect(() => box.current?.focus(), [agent]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  }, [text]);

  const send = () => {
    const message = text.trim();
    if (!message || say.isPending) return;
    // Reuse the id after a failure: if the message did arrive, the host ignores the duplicate.
    const id = failedId ?? crypto.randomUUID();
    setText("");
    setFailedId(null);
    say.mutate(
      { op: "say", agent, id, text: message },
      {
        onError: () => {
          const now = drafts.get("draft", agent);
          setText(now ? `${message}\n${now}` : message);
          setFailedId(id);
        },
      },
    );
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };

  return (
    <div className="px-6 pb-4 @xl/view:pb-2">
      <div className="mx-auto max-w-[50rem]">
        <div className="flex items-end gap-1.5 rounded-2xl border border-line-strong/60 bg-surface p-1.5 shadow-card focus-within:border-accent">
          <textarea
            ref={box}
            rows={1}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setFailedId(null);
            }}
            onKeyDown={onKeyDown}
            data-composer
            aria-label="Message"
            placeholder={placeholder}
            className="max-h-56 grow resize-none bg-transparent px-3 py-1.5 outline-none placeholder:text-ink-3"
          />
          {hasControls && row && <RunControls agent={row} request={control} />}
          <IconButton label="Send" look="primary" className="rounded-xl" disabled={!text.trim()} onClick={send}>
            <ArrowUp className="size-4" aria-hidden />
          </IconButton>
        </div>
        <p className="mt-1 hidden px-2 text-xs text-ink-3 @xl/view:block">{isBusy(row) ? STEERING : "Enter sends, Shift+Enter starts a new line."}</p>
        <InlineError problem={say.error ?? control.error} />
        <DraftNotStored />
      </div>
    </div>
  );
}

/** A notice if drafts cannot be stored. */
function DraftNotStored() {
  const drafts = useDrafts();
  const { problem } = useDraftStorage();
  if (!problem) return null;
  return (
    <div role="status" className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-2">
      <p className="min-w-56 grow basis-0">
        Your draft is lost if the window closes before you send it. {problem.message} {problem.nextStep}
      </p>
      <Button onClick={() => void drafts.loadProfile()}>
        <RotateCw className="size-4" aria-hidden /> Try again
      </Button>
    </div>
  );
}
