/**
 * Attaches files to the next message to the Grow Agent: a button, files dropped on the window, and pasted ones. Shows the attached
 * files above the message, with what keeps them from being sent.
 */
import { CloudUpload, File as FileIcon, Paperclip, RotateCw, X } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { hashes } from "../../data/attachedFiles";
import { useAttachmentLimits, useMissingFiles } from "../../data/attachments";
import { bytes } from "../../data/bytes";
import { useDraft, useDrafts, useHost } from "../../data/context";
import { GROW } from "../../data/journals";
import { Button, IconButton } from "../../design/Button";
import { counted, t } from "../../words";
import { visible } from "../../words/visible";
import { Chip, FileChip } from "./FileChip";
import { attachmentsOf, type Given, limitWords, unreadKind } from "./files";
import { type Upload, uploadsOf } from "./uploads";
import { useGiven } from "./useGiven";

/** `onHold`: whether the message cannot be sent because of one of them. */
export function Attach({ onHold }: { onHold: (isHeld: boolean) => void }) {
  const host = useHost();
  const uploads = uploadsOf(host, useDrafts());
  const state = useSyncExternalStore(uploads.subscribe, uploads.state);
  const draft = useDraft("files", GROW);
  const files = attachmentsOf(draft);
  const limits = useAttachmentLimits().data;
  const picker = useRef<HTMLInputElement>(null);

  const add = (given: readonly Given[]) => {
    if (given.length === 0) return;
    uploads.add(given, limits);
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  const isDragging = useGiven(host, add, (problem) => uploads.refuse([problem.message, problem.nextStep].filter(Boolean).join(" ")));
  // The host removes files that no message has for days. Those that are added now are there.
  const [old] = useState(() => hashes(draft));
  const [removed, setRemoved] = useState<readonly string[]>([]);
  const missing = useMissingFiles(old).data?.filter((hash) => !removed.includes(hash)) ?? [];
  const problems = files.map((file) => (missing.includes(file.hash) ? t("The content of this file is missing.") : unreadKind(file.kind, limits)));
  const tooMany = limits && files.length > limits.max_files ? t("A message can have {files} files. Remove some of them.", { files: limits.max_files }) : null;
  const isHeld = state.uploads.length > 0 || tooMany !== null || problems.some((problem) => problem !== null);
  useEffect(() => onHold(isHeld), [isHeld, onHold]);
  const why = tooMany ?? (isHeld ? heldWords(state.uploads, files.some((file) => missing.includes(file.hash)), problems) : null);
  useEnter(() => why !== null && uploads.tell(why));
  // A message that was sent has no refusals any more.
  const isEmpty = useDraft("draft", GROW) === "" && files.length === 0;
  useEffect(() => {
    if (isEmpty) uploads.closeRefusals();
  }, [isEmpty, uploads]);

  const remove = (hash: string, name: string) => {
    setRemoved([...removed, hash]);
    uploads.removeFile(hash, name);
  };
  const hint = limits ? limitWords(limits) : null;
  const choose = () => {
    if (limits?.kinds.length === 0) uploads.refuse(unreadKind(null, limits) ?? "");
    else picker.current?.click();
  };
  return (
    <>
      {(files.length > 0 || state.uploads.length > 0) && (
        <div data-attached className="max-h-[40vh] basis-full overflow-y-auto p-0.5">
          <ul aria-label={t("Attached files")} className="flex flex-wrap gap-1.5">
            {files.map((file, index) => (
              <FileChip key={file.hash} attachment={file} problem={problems[index]} onRemove={() => remove(file.hash, file.name)} />
            ))}
            {state.uploads.map((upload) => (
              <UploadChip key={upload.key} upload={upload} onRetry={() => uploads.retry(upload.key)} onRemove={() => uploads.removeUpload(upload)} />
            ))}
          </ul>
          <p className="mt-1 px-1 text-xs text-ink-3">{why ?? hint}</p>
        </div>
      )}
      <Refusals reasons={state.refusals} onClose={() => (uploads.closeRefusals(), document.querySelector<HTMLElement>("[data-composer]")?.focus())} />
      <p role="status" className="sr-only">
        {state.news}
      </p>
      <input ref={picker} type="file" multiple hidden onChange={(event) => (add(picked(event.target.files)), (event.target.value = ""))} />
      <IconButton label={t("Attach files")} title={[t("Attach files"), hint].filter(Boolean).join(". ")} className="rounded-xl" onClick={choose}>
        <Paperclip className="size-4" aria-hidden />
      </IconButton>
      {isDragging && <DropCue hint={hint} />}
    </>
  );
}

function picked(files: FileList | null): Given[] {
  return [...(files ?? [])].map((file) => ({ file, isFolder: false }));
}

/** Calls it when Enter is pressed in the message field. */
function useEnter(onEnter: () => void) {
  const call = useRef(onEnter);
  call.current = onEnter;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target instanceof Element && event.target.matches("[data-composer]")) call.current();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** Why the message cannot be sent yet. */
function heldWords(uploads: readonly Upload[], isMissing: boolean, problems: ReadonlyArray<string | null>): string {
  if (isMissing) return t("The content of a file is missing. Remove the file, and attach it again if you still have it.");
  if (uploads.some((one) => one.problem !== null)) return t("A file is not attached. Try again or remove it, then send the message.");
  if (problems.some((problem) => problem !== null)) return t("Remove what the model does not read, or choose another model. Then send the message.");
  return t("The message can be sent once its files are attached.");
}

/** A file that is not stored yet. */
function UploadChip({ upload, onRetry, onRemove }: { upload: Upload; onRetry: () => void; onRemove: () => void }) {
  const { file, problem } = upload;
  const words = problem ? bytes(file.size) : `${t("Attaching…")} ${bytes(file.size)}`;
  const why = problem && [problem.message, problem.nextStep].filter(Boolean).join(" ");
  return (
    <Chip name={visible(file.name)} words={words} problem={why} onRemove={onRemove} icon={<FileIcon className={problem ? "size-5" : "breathe size-5"} aria-hidden />}>
      {problem && (
        <Button className="shrink-0 px-2 py-1 text-xs" onClick={onRetry}>
          <RotateCw className="size-3.5" aria-hidden /> {t("Try again")}
        </Button>
      )}
    </Chip>
  );
}

/** How many refusals are shown: a folder of files can have hundreds. */
const SHOWN = 5;

/** Why files were not taken. In the document from the start, so that the text is announced. */
function Refusals({ reasons, onClose }: { reasons: readonly string[]; onClose: () => void }) {
  const rest = reasons.length - SHOWN;
  return (
    <div className={reasons.length > 0 ? "flex basis-full items-start gap-2 rounded-xl bg-bad-soft py-1 ps-3 pe-1 text-sm" : "hidden"}>
      <div role="alert" aria-atomic={false} className="max-h-40 min-w-0 grow overflow-y-auto py-0.5 text-bad">
        {reasons.slice(0, SHOWN).map((reason, index) => (
          <p key={index} dir="auto" className="[overflow-wrap:anywhere]">
            {reason}
          </p>
        ))}
        {rest > 0 && <p>{counted(rest, "and {n} more file", "and {n} more files")}</p>}
      </div>
      <IconButton label={t("Close notice")} className="size-7 rounded-lg" onClick={onClose}>
        <X className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}

/** Shown while files are dragged over the window. The pointer goes through it; who drags sees it, and the button tells the same. */
function DropCue({ hint }: { hint: string | null }) {
  // Outside of the view, whose containment can hold fixed elements.
  return createPortal(
    <div data-drop-cue aria-hidden className="rise pointer-events-none fixed inset-0 z-50 grid place-items-center bg-veil p-6">
      <div className="max-w-md rounded-2xl border-2 border-dashed border-accent bg-surface px-8 py-6 text-center shadow-card">
        <CloudUpload className="mx-auto size-8 text-accent-ink" strokeWidth={1.4} aria-hidden />
        <p className="mt-2 font-medium">{t("Drop to attach")}</p>
        {hint && <p className="mt-1 text-sm text-ink-2">{hint}</p>}
      </div>
    </div>,
    document.body,
  );
}
