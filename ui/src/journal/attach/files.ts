/** What is known of attached files before the host judges them, and their draft. Pure. */
import type { Attachment, AttachmentKind, AttachmentLimits } from "../../bridge";
import { fileLines } from "../../data/attachedFiles";
import { bytes } from "../../data/bytes";
import { hostWords, locale, t } from "../../words";
import { visible } from "../../words/visible";

/** A file that the person gave, or a folder, which has no content. */
export interface Given {
  file: File;
  isFolder: boolean;
  /** Why it cannot be attached: a sentence. */
  problem?: string | null;
  /** Whether its content is not there: it was too large for a message with the files before it. */
  isUnread?: boolean;
}

/** The line of a file in the draft. See `data/attachedFiles.ts`. */
export function draftLine(attachment: Attachment): string {
  return `${attachment.hash} ${JSON.stringify(attachment)}`;
}

/** The files of a draft. */
export function attachmentsOf(draft: string): Attachment[] {
  return fileLines(draft).map((line) => line.file as Attachment);
}

/** What holds until the limits are known, so that nothing larger is read: the host judges the rest. */
const FIRST: AttachmentLimits = { kinds: ["text", "image", "pdf"], max_bytes: 20 << 20, max_image_bytes: 20 << 20, max_text_bytes: 20 << 20, max_files: 5, model: "" };

/** Splits files into those that can be sent to the host, and reasons against the others. The host judges the content. */
export function sorted(given: readonly Given[], limits: AttachmentLimits | undefined, before: { files: number; bytes: number }): { taken: File[]; refusals: string[] } {
  const taken: File[] = [];
  const refusals: string[] = [];
  let size = before.bytes;
  for (const one of given) {
    const { file } = one;
    const why = refusal(one, limits, before.files + taken.length, size);
    if (why !== null) {
      refusals.push(why);
      continue;
    }
    taken.push(file);
    size += file.size;
  }
  return { taken, refusals };
}

function refusal({ file, isFolder, problem, isUnread }: Given, limits: AttachmentLimits = FIRST, files: number, size: number): string | null {
  const name = visible(file.name);
  if (isFolder) return t("{name} is a folder. Attach the files in it.", { name });
  if (problem) return visible(problem);
  if (file.size === 0) return t("{name} is empty.", { name });
  const kind = likelyKind(file);
  const unread = unreadKind(kind, limits);
  if (unread !== null) return t("{name} is not attached. {reason}", { name, reason: unread });
  if (files >= limits.max_files) return t("{name} is not attached: a message can have {files} files.", { name, files: limits.max_files });
  if (kind === "image" && file.size > limits.max_image_bytes) return tooLarge(file, limits.max_image_bytes);
  if (kind === "text" && file.size > limits.max_text_bytes) return tooLarge(file, limits.max_text_bytes);
  if (file.size > limits.max_bytes) return tooLarge(file, limits.max_bytes);
  if (isUnread || size + file.size > limits.max_bytes) return t("{name} is not attached: the files of a message can have {most} together.", { name, most: bytes(limits.max_bytes) });
  return null;
}

function tooLarge(file: File, most: number): string {
  return t("{name} has {size}; at most {most} are possible. Attach a smaller copy.", { name: visible(file.name), size: bytes(file.size), most: bytes(most) });
}

/** By what the system says; the host looks at the content. `null`: anything, probably a text. */
function likelyKind(file: File): AttachmentKind | null {
  if (file.type === "application/pdf") return "pdf";
  if (file.type.startsWith("text/") || file.type === "application/json") return "text";
  return file.type.startsWith("image/") && file.type !== "image/svg+xml" ? "image" : null;
}

/** Why the model cannot have a file of this kind; `null` if it can. An unknown kind is possible if any is. */
export function unreadKind(kind: AttachmentKind | null, limits: AttachmentLimits | undefined): string | null {
  if (!limits || (kind === null ? limits.kinds.length > 0 : limits.kinds.includes(kind))) return null;
  const { model } = limits;
  if (limits.kinds.length === 0) return limits.why_not ? hostWords(limits.why_not) : t("{model} reads no files.", { model });
  switch (kind) {
    case "image":
      return t("{model} reads no pictures. Choose another model to attach them.", { model });
    case "pdf":
      return t("{model} reads no PDF documents. Choose another model to attach them.", { model });
    default:
      return t("{model} does not read files of this kind. Choose another model to attach them.", { model });
  }
}

/** The limits, for people: told before they choose. */
export function limitWords(limits: AttachmentLimits): string {
  // A newer host may have kinds that this build has no words for.
  const words: Partial<Record<string, string>> = {
    text: t("text up to {size}", { size: bytes(limits.max_text_bytes) }),
    image: t("pictures (JPEG, PNG, GIF, WebP) up to {size}", { size: bytes(limits.max_image_bytes) }),
    pdf: t("PDF documents"),
  };
  if (limits.kinds.length === 0) return unreadKind(null, limits) ?? "";
  const kinds = new Intl.ListFormat(locale(), { type: "conjunction" }).format(limits.kinds.flatMap((kind) => words[kind] ?? []));
  return t("Up to {files} files with {size} together: {kinds}.", { files: limits.max_files, size: bytes(limits.max_bytes), kinds });
}
