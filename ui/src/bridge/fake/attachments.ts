/** Attached files of the simulation, with the refusals of the host. Their content is judged by its first bytes. */
import type { Attachment, AttachmentKind, AttachmentLimits, Pixels } from "../wire";
import { hostError } from "./hostError";
import type { World } from "./world";

const LIMITS = { max_bytes: 20 << 20, max_image_bytes: 5 << 20, max_text_bytes: 200_000, max_files: 5 };
const ALL: AttachmentKind[] = ["text", "image", "pdf"];
const PLURALS: Record<AttachmentKind, string> = { text: "text files", image: "pictures", pdf: "PDF documents" };

/** The guide reads nothing, a local model texts. */
export function limits(world: World): AttachmentLimits {
  const chosen = world.setting("model");
  if (chosen.startsWith("openai/")) return { ...LIMITS, kinds: ["text"], model: chosen, why_not: "The model on this computer reads text only. Choose another model to attach pictures and PDF documents." };
  if (chosen === "guide" || !world.state.keys["anthropic"]) return { ...LIMITS, kinds: [], model: "guide", why_not: "The built-in guide reads no files. Choose a model to attach them." };
  return { ...LIMITS, kinds: ALL, model: chosen };
}

export async function attach(world: World, name: string, base64: string): Promise<Attachment> {
  const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const attachment = { hash, name: name.replace(/^.*[\\/]/, ""), bytes: content.length, ...examined(name, content) };
  const files = (world.state.files ??= {});
  files[hash] ??= { attachment, content: base64 };
  return attachment;
}

function examined(name: string, content: Uint8Array): Pick<Attachment, "kind" | "media_type" | "pixels" | "pages"> {
  const start = latin(content.subarray(0, 1_024));
  const type = start.startsWith("\x89PNG") ? "image/png" : start.startsWith("\xff\xd8\xff") ? "image/jpeg" : start.startsWith("GIF8") ? "image/gif" : /^RIFF.{4}WEBP/s.test(start) ? "image/webp" : null;
  if (type) {
    within(name, "image", content.length, LIMITS.max_image_bytes, "Make the picture smaller, for example to 2000 pixels, and attach that.");
    return { kind: "image", media_type: type, ...(type === "image/png" && { pixels: pngPixels(content) }) };
  }
  if (start.startsWith("%PDF-")) {
    const whole = latin(content);
    if (whole.includes("/Encrypt")) throw refused(name, "is protected with a password", "Save a copy without a password, and attach that.");
    return { kind: "pdf", media_type: "application/pdf", pages: whole.match(/\/Type *\/Page\b/g)?.length ?? 1 };
  }
  if (start.startsWith("PK")) throw refused(name, "is an archive or an office document, which cannot be attached", "Save it as PDF or as text, and attach that.");
  if (start.includes("\0")) throw refused(name, "is a file of an unknown type, which cannot be attached", "Text, pictures (JPEG, PNG, GIF, WebP) and PDF documents can be attached.");
  within(name, "text", content.length, LIMITS.max_text_bytes, "Attach the part of it that matters.");
  return { kind: "text", media_type: "text/plain" };
}

function within(name: string, kind: AttachmentKind, bytes: number, limit: number, nextStep: string) {
  if (bytes > limit) throw refused(name, `is too large: ${bytes} bytes; the limit for ${PLURALS[kind]} is ${limit} bytes`, nextStep);
}

/** The files of a message that is sent. */
export function attached(world: World, hashes: readonly string[] = [], text: string): Attachment[] {
  if (!text.trim() && hashes.length === 0) throw hostError("bad_request", "the message is empty", "Enter a message.");
  if (hashes.length > LIMITS.max_files) throw hostError("bad_request", `a message has at most ${LIMITS.max_files} files`, "Send the others with another message.");
  const { kinds, model, why_not } = limits(world);
  return hashes.map((hash) => {
    const { attachment } = readAttachment(world, hash);
    if (!kinds.includes(attachment.kind)) throw hostError("bad_request", `${model} does not read ${PLURALS[attachment.kind]}`, why_not ?? null);
    return attachment;
  });
}

export function readAttachment(world: World, hash: string): { attachment: Attachment; content_base64: string } {
  const found = world.state.files?.[hash];
  if (found?.content == null) throw hostError("not_found", `the content of ${found ? JSON.stringify(found.attachment.name) : "this file"} is missing`, "Attach the file again.");
  return { attachment: found.attachment, content_base64: found.content };
}

export function loseFiles(world: World) {
  for (const file of Object.values(world.state.files ?? {})) file.content = null;
}

function refused(name: string, why: string, nextStep: string) {
  return hostError("bad_request", `${JSON.stringify(name)} ${why}`, nextStep);
}

function pngPixels(content: Uint8Array): Pixels {
  const view = new DataView(content.buffer);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function latin(content: Uint8Array): string {
  let text = "";
  for (const byte of content) text += String.fromCharCode(byte);
  return text;
}
