/** A file in words. */
import type { Attachment } from "../../bridge";
import { bytes } from "../../data/bytes";
import { counted, t } from "../../words";

/** Its kind, and how large it is: `PDF, 3 pages, 1.2 MB`. */
export function fileWords({ kind, pixels, pages, bytes: size }: Attachment): string {
  // A kind of a newer host has none.
  const kinds: Partial<Record<string, string>> = { text: t("Text"), image: t("Picture"), pdf: pages === undefined ? t("PDF") : counted(pages, "PDF, {n} page", "PDF, {n} pages") };
  return [kinds[kind], pages === undefined && pixels && `${pixels.width} × ${pixels.height}`, bytes(size)].filter(Boolean).join(", ");
}
