/**
 * The draft of the files that are attached to an unsent message: a line for each, with its hash and then the rest as JSON. The host has
 * their content.
 */

const HASH_LENGTH = 64;

/** A line, and what it has. */
interface FileLine {
  line: string;
  hash: string;
  file: unknown;
}

/** The lines of a draft, without those that this build cannot read: what is not shown is not sent either. */
export function fileLines(draft: string): FileLine[] {
  return draft.split("\n").flatMap((line) => {
    try {
      const file: unknown = JSON.parse(line.slice(HASH_LENGTH));
      return typeof file === "object" && file !== null && /^\S{64} /.test(line) ? [{ line, hash: line.slice(0, HASH_LENGTH), file }] : [];
    } catch {
      return [];
    }
  });
}

/** The hashes of the files, in order. */
export function hashes(draft: string): string[] {
  return fileLines(draft).map(({ hash }) => hash);
}

/** The files of both drafts, each once. */
export function merged(...drafts: string[]): string {
  const lines = fileLines(drafts.join("\n"));
  return lines.filter(({ hash }, index) => lines.findIndex((other) => other.hash === hash) === index).map(({ line }) => line).join("\n");
}
