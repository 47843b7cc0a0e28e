/** The message field. Stores the draft, and sends on Enter except during IME composition. */
import { ArrowUp } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Agent } from "../bridge";
import { IconButton } from "../design/Button";
import { later, useLater } from "../design/later";
import { InlineError } from "../design/states";
import { hashes } from "../data/attachedFiles";
import { useRequest } from "../data/context";
import { GROW } from "../data/journals";
import { useAgent } from "../data/queries";
import { isBusy } from "../data/status";
import { t, type Text } from "../words";
import { useMessageDraft } from "./useMessageDraft";

// Nothing of it is needed for the first paint.
const Pasted = lazy(async () => ({ default: (await import("./Pasted")).Pasted }));
const Attach = lazy(async () => ({ default: (await import("./attach/Attach")).Attach }));
const DraftNotStored = lazy(async () => ({ default: (await import("./DraftNotStored")).DraftNotStored }));

const controls = later(() => import("./RunControls"));

/** The three ways to change what an agent does, in one line. */
const STEERING = "Write to steer it. Finish up: it takes no new steps and reports what it has. Stop: it ends at once." satisfies Text;

/** `hasControls`: the view has no other place for the controls of a working agent. */
export function Composer({ agent, placeholder, hasControls = false }: { agent: string; placeholder: string; hasControls?: boolean }) {
  const draft = useMessageDraft(agent);
  const { typed, pasted } = draft;
  // A file is on its way or cannot be sent.
  const [isHeld, setHeld] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const row = useAgent(agent);
  const say = useRequest();
  const control = useRequest();

  useEffect(() => box.current?.focus(), [agent]);
  // So that they are there as soon as an agent works.
  useEffect(() => controls.load(), []);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  }, [typed]);

  const send = () => {
    const message = say.isPending || isHeld ? null : draft.take();
    if (message === null) return;
    // A callback of `mutate` would not be called once another view is open.
    say.mutateAsync({ op: "say", agent, id: message.id, text: message.text, attachments: hashes(message.files) }).then(
      () => draft.sent(message),
      () => draft.putBack(message),
    );
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };

  const onPaste = (event: ClipboardEvent) => {
    if (draft.paste(event.clipboardData.getData("text/plain"))) event.preventDefault();
  };

  return (
    <div className="px-6 pb-4 @xl/view:pb-2">
      <div className="mx-auto max-w-[50rem]">
        {pasted && (
          <Suspense fallback={<div className="mb-1.5 h-10" />}>
            <Pasted text={pasted} onRemove={() => (draft.removePasted(), box.current?.focus())} />
          </Suspense>
        )}
        <div className="flex flex-wrap items-end gap-1.5 rounded-2xl border border-line-strong/60 bg-surface p-1.5 shadow-card focus-within:border-accent">
          {agent === GROW && (
            <Suspense fallback={<span className="size-8" />}>
              <Attach onHold={setHeld} />
            </Suspense>
          )}
          <textarea
            ref={box}
            dir="auto"
            rows={1}
            value={typed}
            onChange={(event) => draft.type(event.target.value, event.target.selectionEnd)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            data-composer
            aria-label={t("Message")}
            placeholder={placeholder}
            className="max-h-56 min-w-0 grow basis-0 resize-none bg-transparent px-3 py-1.5 outline-none placeholder:text-ink-3"
          />
          {hasControls && row && isBusy(row) && <Controls agent={row} request={control} />}
          <IconButton label={t("Send")} look="primary" className="rounded-xl" disabled={isHeld || (!typed.trim() && !pasted && !draft.hasFiles)} onClick={send}>
            <ArrowUp className="size-4" aria-hidden />
          </IconButton>
        </div>
        <p className="mt-1 hidden px-2 text-xs text-ink-3 @xl/view:block">{t(isBusy(row) ? STEERING : "Enter sends, Shift+Enter starts a new line.")}</p>
        <p role="alert" className="mt-1 px-2 text-sm text-bad empty:hidden">
          {draft.refusal}
        </p>
        <InlineError problem={say.error ?? control.error} />
        <Suspense fallback={null}>
          <DraftNotStored />
        </Suspense>
      </div>
    </div>
  );
}

function Controls(props: { agent: Agent; request: ReturnType<typeof useRequest> }) {
  const loaded = useLater(controls);
  return loaded && <loaded.RunControls {...props} />;
}
