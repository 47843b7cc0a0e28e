/** Attached images as sources of `<img>`: `data:` URLs, the only ones besides own files that the content security policy allows. */

/** The media types that are shown. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** `null` if an image of this type is not shown. */
export function dataUrl(mediaType: string, base64: string): string | null {
  return SHOWN.has(mediaType) ? `data:${mediaType};base64,${base64}` : null;
}

/** A still copy with at most `side` pixels on its longer side. Rejects if the image is damaged. */
export async function still(source: string, side: number): Promise<string> {
  const image = new Image();
  image.src = source;
  await image.decode();
  const scale = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

let last: Promise<unknown> = Promise.resolve();

/** Runs a task after all earlier ones have ended. Several large images at once would take more memory than they are worth. */
export function oneByOne<T>(task: () => Promise<T>): Promise<T> {
  const next = last.then(task);
  last = next.catch(() => {});
  return next;
}
