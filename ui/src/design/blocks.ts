/**
 * Splits Markdown into blocks that render independently, so that a streaming text re-renders only its last block. A split
 * is made only where it does not change how either side is parsed.
 */

const FENCE = /^ {0,3}(```+|~~~+)/;
const LIST = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const REFERENCE = /^ {0,3}\[[^\]]+\]:/m;
const DETAILS = /^<details(?: open(?:="")?)?>/i;
const DETAILS_END = /<\/details>\s*$/i;

export function blocks(text: string): string[] {
  if (REFERENCE.test(text)) return [text];
  const found: string[] = [];
  let current: string[] = [];
  let fence: string | null = null;
  let blank = false;
  let details = 0;
  for (const line of text.split("\n")) {
    const opens = FENCE.exec(line)?.[1];
    if (blank && fence === null && details <= 0 && begins(line, current)) {
      found.push(current.join("\n"));
      current = [];
    }
    if (opens && fence === null) fence = opens;
    else if (opens && fence !== null && opens.startsWith(fence) && line.trim() === opens) fence = null;
    if (fence === null) details = Math.max(0, details + Number(DETAILS.test(line)) - Number(DETAILS_END.test(line)));
    current.push(line);
    blank = fence === null && line.trim() === "";
  }
  if (current.some((line) => line.trim())) found.push(current.join("\n"));
  return found;
}

/** Whether a line after a blank one starts a new block. */
function begins(line: string, before: readonly string[]): boolean {
  if (line.trim() === "" || /^\s/.test(line)) return false;
  const first = before.find((one) => one.trim());
  return first !== undefined && !(LIST.test(first) && LIST.test(line));
}
