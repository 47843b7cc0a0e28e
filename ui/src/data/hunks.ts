/** The parts of a unified diff of one page, and the page without some of them. */

export interface Hunk {
  /** The number of its first line in the new text, from 0. */
  from: number;
  /** Its lines with their signs. */
  lines: string[];
  /** The indexes of lines that have no line end: each is the last one of its text. */
  unended?: number[];
}

/** The parts of a diff of one page, in order. */
export function hunks(diff: string): Hunk[] {
  const found: Hunk[] = [];
  for (const line of diff.replace(/\n$/, "").split("\n")) {
    const head = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    const last = found.at(-1);
    if (head) found.push({ from: Math.max(0, Number(head[1]) - 1), lines: [] });
    else if (/^[-+ ]/.test(line)) last?.lines.push(line);
    else if (line.startsWith("\\") && last) last.unended = [...(last.unended ?? []), last.lines.length - 1];
  }
  return found;
}

/** The new text without the parts for which `isLeftOut` holds: there it is as it was before. */
export function withoutHunks(text: string, parts: readonly Hunk[], isLeftOut: (index: number) => boolean): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  // From the end, so that the numbers of earlier lines stay right.
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index];
    if (!part || !isLeftOut(index)) continue;
    const side = (other: string) => part.lines.flatMap((line, at) => (line.startsWith(other) ? [] : [line.slice(1) + (part.unended?.includes(at) ? "" : "\n")]));
    lines.splice(part.from, side("-").length, ...side("+"));
  }
  return lines.join("");
}
