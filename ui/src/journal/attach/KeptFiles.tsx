/** The files of a message that is written anew: each can be removed. */
import type { Attachment } from "../../bridge";
import { Button } from "../../design/Button";
import { t } from "../../words";
import { FileChip, messageField } from "./FileChip";

/** `isWhole`: none is removed. */
export function KeptFiles({ kept, isWhole, onRemove, onKeepAll }: { kept: readonly Attachment[]; isWhole: boolean; onRemove: (hash: string) => void; onKeepAll: () => void }) {
  return (
    <div data-attached className="mb-1 flex flex-wrap items-center gap-1.5">
      {kept.length > 0 && (
        <ul aria-label={t("Attached files")} className="flex max-w-full flex-wrap gap-1.5">
          {kept.map((file) => (
            <FileChip key={file.hash} attachment={file} onRemove={() => onRemove(file.hash)} />
          ))}
        </ul>
      )}
      {!isWhole && (
        // It disappears with its use, and would take the focus along.
        <Button look="quiet" onClick={(event) => (onKeepAll(), messageField(event.currentTarget)?.focus())}>
          {t("Keep all files")}
        </Button>
      )}
    </div>
  );
}
