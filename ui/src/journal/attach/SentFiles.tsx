/** The files of a message in the transcript: images as small pictures that open larger, others by their names. */
import { ImageOff } from "lucide-react";
import { useState } from "react";
import type { Attachment } from "../../bridge";
import { cx } from "../../design/cx";
import { t } from "../../words";
import { visible } from "../../words/visible";
import { FileChip } from "./FileChip";
import { fileWords } from "./fileWords";
import { useThumbnail } from "./useThumbnail";
import { Viewer } from "./Viewer";

/** The height of an image in the transcript, in rem. */
const HEIGHT = 10;

/** `isEnd`: at the end of the line, as the messages of the person. */
export function SentFiles({ files, isEnd }: { files: readonly Attachment[]; isEnd: boolean }) {
  return (
    <ul data-uncopied aria-label={t("Attached files")} className={cx("mb-1 flex max-w-full flex-wrap items-end gap-1.5", isEnd && "justify-end")}>
      {files.map((file, index) => (file.kind === "image" ? <Picture key={index} file={file} /> : <FileChip key={index} attachment={file} />))}
    </ul>
  );
}

/** Its box has its size before the image is there, so that the rows below do not move. */
function Picture({ file }: { file: Attachment }) {
  const [isOpen, setOpen] = useState(false);
  const thumbnail = useThumbnail(file);
  const name = visible(file.name);
  const { width, height } = file.pixels ?? { width: 1, height: 1 };
  const isBroken = thumbnail.error !== null;
  const wide = isBroken ? HEIGHT : Math.min(20, Math.max(4, (HEIGHT * width) / height));
  return (
    <li className="max-w-full">
      <button type="button" title={name} aria-haspopup="dialog" aria-label={`${name} ${fileWords(file)}`} className="block max-w-full cursor-pointer overflow-hidden rounded-xl border border-line bg-sunken" style={{ width: `${wide}rem`, height: `${HEIGHT}rem` }} onClick={() => setOpen(true)}>
        {isBroken ? (
          <span className="flex size-full flex-col items-center justify-center gap-1 p-2 text-center text-xs text-ink-2">
            <ImageOff className="size-5 text-ink-3" aria-hidden />
            <bdi className="line-clamp-2 font-medium [overflow-wrap:anywhere]">{name}</bdi>
            {thumbnail.error.code === "not_found" ? t("The content of this file is missing.") : t("This picture cannot be shown. It may be damaged.")}
          </span>
        ) : thumbnail.data ? (
          <img alt="" src={thumbnail.data} draggable={false} className="size-full object-cover" />
        ) : (
          <span className="breathe block size-full bg-hover" />
        )}
      </button>
      {isOpen && <Viewer attachment={file} onClose={() => setOpen(false)} />}
    </li>
  );
}
