/** A long text that was pasted into the message: its beginning and its size. */
import { FileText, X } from "lucide-react";
import { bytes } from "../data/bytes";
import { IconButton } from "../design/Button";
import { t } from "../words";

export function Pasted({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <div role="group" aria-label={t("Pasted text")} className="mb-1.5 flex items-center gap-2.5 rounded-xl border border-line bg-surface py-1 pe-1 ps-3 text-sm">
      <FileText className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span dir="auto" className="min-w-0 grow truncate text-ink-2">
        {text.slice(0, 300)}
      </span>
      <span className="shrink-0 text-xs text-ink-3">{t("{size}, sent after what you type", { size: bytes(new TextEncoder().encode(text).length) })}</span>
      <IconButton label={t("Remove pasted text")} className="size-7 rounded-lg" onClick={onRemove}>
        <X className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}
