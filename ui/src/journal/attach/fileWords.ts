/** A file in words. */
import type { Attachment } from "../../bridge";
import { bytes } from "../../data/bytes";
import { counted, t } from "../../words";

/** Its kind, and how large it is: `PDF, 3 pages, 1.2 MB`. */
export function fileWords({ kind, pixels, pages, bytes: size }: Attachment): string {
  const kinds = { text: t("Text"), image: t("Picture"), pdf: t("PDF") };
  const extent = pages !== undefined ? counted(pages, "{n} page", "{n} pages") : pixels ? `${pixels.width} × ${pixels.height}` : null;
  return [kinds[kind], extent, bytes(size)].filter((part) => part !== null).join(", ");
}
