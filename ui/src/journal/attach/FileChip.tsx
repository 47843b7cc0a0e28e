/** An attached file: a small picture or an icon, its name and size. It opens larger. Delete removes it where it can be removed. */
import { FileText, FileType, ImageOff, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import type { Attachment } from "../../bridge";
import { IconButton } from "../../design/Button";
import { t } from "../../words";
import { visible } from "../../words/visible";
import { fileWords } from "./fileWords";
import { useThumbnail } from "./useThumbnail";
import { Viewer } from "./Viewer";

/** `problem`: why it cannot be sent. */
export function FileChip({ attachment, problem = null, onRemove }: { attachment: Attachment; problem?: string | null; onRemove?: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const name = visible(attachment.name);
  return (
    <Chip name={name} words={fileWords(attachment)} problem={problem} onRemove={onRemove} icon={<Icon attachment={attachment} />} onOpen={() => setOpen(true)}>
      {isOpen && <Viewer attachment={attachment} onClose={() => setOpen(false)} />}
    </Chip>
  );
}

interface ChipProps {
  name: string;
  words: string;
  /** Announced if it cannot be opened: then the problem is new. */
  problem: string | null;
  icon: ReactNode;
  onOpen?: () => void;
  onRemove?: (() => void) | undefined;
  children?: ReactNode;
}

export function Chip({ name, words, problem, icon, onOpen, onRemove, children }: ChipProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (!onRemove || (event.key !== "Delete" && event.key !== "Backspace") || (event.target as Element).closest("dialog")) return;
    event.preventDefault();
    removeAndFocus(event.currentTarget, onRemove);
  };
  const label = (
    <>
      <span className="grid size-10 shrink-0 place-items-center overflow-hidden rounded-lg bg-sunken text-ink-3">{icon}</span>
      <span className="min-w-0 text-start">
        <bdi className="block max-w-52 truncate font-medium text-ink">{name}</bdi>
        <span className="block text-xs text-ink-3">{words}</span>
        {problem !== null && (
          <span role={onOpen ? undefined : "alert"} dir="auto" className="block max-w-80 text-xs whitespace-normal text-bad">
            {problem}
          </span>
        )}
      </span>
    </>
  );
  return (
    <li onKeyDown={onKeyDown} className="flex max-w-full min-w-0 items-center gap-1 rounded-xl border border-line bg-surface p-1 text-sm">
      {onOpen ? (
        <button type="button" title={name} aria-haspopup="dialog" className="flex min-w-0 cursor-pointer items-center gap-2 rounded-lg pe-1 hover:bg-hover" onClick={onOpen}>
          {label}
        </button>
      ) : (
        <span title={name} className="flex min-w-0 items-center gap-2 pe-1">
          {label}
        </span>
      )}
      {children}
      {onRemove && (
        <IconButton label={t("Remove {name}", { name })} data-remove className="size-7 rounded-lg" onClick={(event) => removeAndFocus(event.currentTarget.closest("li"), onRemove)}>
          <X className="size-4" aria-hidden />
        </IconButton>
      )}
    </li>
  );
}

/** The focus goes to the next file, else to the one before, else to the message field. */
function removeAndFocus(item: HTMLElement | null, onRemove: () => void) {
  const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
  const next = neighbour?.querySelector<HTMLElement>("[data-remove]") ?? messageField(item);
  onRemove();
  next?.focus();
}

/** The field of the message that an element among its files belongs to. */
export function messageField(element: HTMLElement | null): HTMLElement | null {
  return element?.closest("[data-attached]")?.parentElement?.querySelector("textarea") ?? null;
}

function Icon({ attachment }: { attachment: Attachment }) {
  const thumbnail = useThumbnail(attachment);
  if (attachment.kind === "pdf") return <FileType className="size-5" aria-hidden />;
  // A text, or of a kind of a newer host.
  if (attachment.kind !== "image") return <FileText className="size-5" aria-hidden />;
  if (thumbnail.error) return <ImageOff className="size-5" aria-hidden />;
  return thumbnail.data ? <img alt="" src={thumbnail.data} draggable={false} className="size-full object-cover" /> : <span className="breathe size-full bg-hover" />;
}
