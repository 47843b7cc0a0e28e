/** Parses a unified diff into lines to display. File names are included only if there are several files. */

import { visible } from "../words/visible";

export interface DiffLine {
  kind: "file" | "skip" | "same" | "added" | "gone" | "note";
  text: string;
}

export function diffLines(text: string): DiffLine[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const several = lines.filter((line) => line.startsWith("diff ")).length > 1;
  const found: DiffLine[] = [];
  let inHunk = false;
  // Line ends that all lines have are no news.
  const isCrlf = lines.filter((line) => /^[-+ ]/.test(line) && !/^(?:---|\+\+\+) /.test(line)).every((line) => line.endsWith("\r"));
  for (const line of lines) {
    if (line.startsWith("diff ")) {
      inHunk = false;
      if (several) found.push({ kind: "file", text: visible(line.replace(/^.* b\//, "")) });
    } else if (line.startsWith("@@")) {
      inHunk = true;
      if (found.length > 0 && found.at(-1)?.kind !== "file") found.push({ kind: "skip", text: "⋯" });
    } else if (inHunk && line.startsWith("\\")) {
      found.push({ kind: "note", text: line.slice(2) });
    } else if (inHunk) {
      const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "gone" : "same";
      found.push({ kind, text: visible(isCrlf ? line.replace(/\r$/, "") : line) });
    }
  }
  return found;
}
