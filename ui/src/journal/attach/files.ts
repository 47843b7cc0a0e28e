/** What is known of attached files before the host judges them, and their draft. Pure. */
import type { Attachment, AttachmentKind, AttachmentLimits } from "../../bridge";
import { bytes } from "../../data/bytes";
import { locale, t } from "../../words";
import { visible } from "../../words/visible";

/** A file that the person gave, or a folder, which has no content. */
export interface Given {
  file: File;
  isFolder: boolean;
}

/** The line of a file in the draft. See `data/attachedFiles.ts`. */
export function draftLine(attachment: Attachment): string {
  return `${attachment.hash} ${JSON.stringify(attachment)}`;
}

/** The files of a draft. A line that this build cannot read is left out. */
export function attachmentsOf(draft: string): Attachment[] {
  return draft.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line.slice(line.indexOf(" ") + 1)) as Attachment];
    } catch {
      return [];
    }
  });
}

/** Splits files into those that can be sent to the host, and reasons against the others. The host judges the content. */
export function sorted(given: readonly Given[], limits: AttachmentLimits | undefined, before: { files: number; bytes: number }): { taken: File[]; refusals: string[] } {
  const taken: File[] = [];
  const refusals: string[] = [];
  let size = before.bytes;
  for (const { file, isFolder } of given) {
    const why = isFolder ? t("{name} is a folder. Attach the files in it.", { name: visible(file.name) }) : refusal(file, limits, before.files + taken.length, size);
    if (why !== null) {
      refusals.push(why);
      continue;
    }
    taken.push(file);
    size += file.size;
  }
  return { taken, refusals };
}

function refusal(file: File, limits: AttachmentLimits | undefined, files: number, size: number): string | null {
  const name = visible(file.name);
  if (file.size === 0) return t("{name} is empty.", { name });
  if (!limits) return null;
  const kind = likelyKind(file);
  const unread = unreadKind(kind, limits);
  if (unread !== null) return t("{name} is not attached. {reason}", { name, reason: unread });
  if (files >= limits.max_files) return t("{name} is not attached: a message can have {files} files.", { name, files: limits.max_files });
  if (kind === "image" && file.size > limits.max_image_bytes) return tooLarge(file, limits.max_image_bytes);
  if (file.size > limits.max_bytes) return tooLarge(file, limits.max_bytes);
  if (size + file.size > limits.max_bytes) return t("{name} is not attached: the files of a message can have {most} together.", { name, most: bytes(limits.max_bytes) });
  return null;
}

function tooLarge(file: File, most: number): string {
  return t("{name} has {size}; at most {most} are possible. Attach a smaller copy.", { name: visible(file.name), size: bytes(file.size), most: bytes(most) });
}

/** By what the system says; the host looks at the content. `null`: anything, probably a text. */
function likelyKind(file: File): AttachmentKind | null {
  if (file.type === "application/pdf") return "pdf";
  return file.type.startsWith("image/") && file.type !== "image/svg+xml" ? "image" : null;
}

/** Why the model cannot have a file of this kind; `null` if it can. An unknown kind is possible if any is. */
export function unreadKind(kind: AttachmentKind | null, limits: AttachmentLimits | undefined): string | null {
  if (!limits || (kind === null ? limits.kinds.length > 0 : limits.kinds.includes(kind))) return null;
  if (limits.why_not) return limits.why_not;
  if (kind === "image" && limits.kinds.length > 0) return t("{model} reads no pictures.", { model: limits.model });
  if (kind === "pdf" && limits.kinds.length > 0) return t("{model} reads no PDF documents.", { model: limits.model });
  return t("{model} reads no files.", { model: limits.model });
}

/** The limits, for people: told before they choose. */
export function limitWords(limits: AttachmentLimits): string {
  const words: Record<AttachmentKind, string> = {
    text: t("text up to {size}", { size: bytes(limits.max_text_bytes) }),
    image: t("pictures (JPEG, PNG, GIF, WebP) up to {size}", { size: bytes(limits.max_image_bytes) }),
    pdf: t("PDF documents"),
  };
  if (limits.kinds.length === 0) return unreadKind(null, limits) ?? "";
  const kinds = new Intl.ListFormat(locale(), { type: "conjunction" }).format(limits.kinds.map((kind) => words[kind]));
  return t("Up to {files} files with {size} together: {kinds}.", { files: limits.max_files, size: bytes(limits.max_bytes), kinds });
}
