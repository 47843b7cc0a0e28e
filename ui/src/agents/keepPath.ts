/** Whether a file of the workbench can be kept in memory, and the page's path that is proposed for it. */

/** The host's limit for a page, in bytes. */
const MAX_PAGE_BYTES = 256 * 1_024;
/** Fewer than the host's 200 bytes for a part, so that any alphabet fits. */
const MAX_NAME = 60;

/** Texts for people only: memory is read by models, and code or data would fill it. */
export function isKeepable(path: string): boolean {
  return /[^/]\.(md|txt)$/i.test(path);
}

export function isTooLong(text: string): boolean {
  return new TextEncoder().encode(text).length > MAX_PAGE_BYTES;
}

/** `workbench/<name>`, without characters that the host refuses in the path of a page. */
export function keepPath(path: string): string {
  const name = path.split("/").at(-1) ?? "";
  const [, stem = "", extension = "md"] = /^(.*)\.([^.]*)$/.exec(name) ?? [];
  const clean = stem
    .replace(/[^\p{L}\p{N} ._-]/gu, "-")
    .replace(/^[. -]+|[. -]+$/g, "")
    .slice(0, MAX_NAME);
  return `workbench/${clean || "notes"}.${extension.toLowerCase()}`;
}
