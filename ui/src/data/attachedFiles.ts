/**
 * The draft of the files that are attached to an unsent message: a line for each, with its hash and then the rest as JSON. The host has
 * their content.
 */

const HASH_LENGTH = 64;

/** The hashes of the files, in order. */
export function hashes(draft: string): string[] {
  return draft.split("\n").filter(Boolean).map((line) => line.slice(0, HASH_LENGTH));
}

/** The files of both drafts, each once. */
export function merged(...drafts: string[]): string {
  const lines = drafts.join("\n").split("\n").filter(Boolean);
  return lines.filter((line, index) => lines.findIndex((other) => other.startsWith(line.slice(0, HASH_LENGTH))) === index).join("\n");
}
