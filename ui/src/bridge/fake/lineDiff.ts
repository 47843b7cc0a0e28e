/** Line diffs for the simulated memory. */

export interface Edit {
  sign: " " | "-" | "+";
  text: string;
  /** Index in the old text, for unchanged lines. */
  old: number;
}

/** The shortest edit script, by longest common subsequence. */
export function diffLines(before: readonly string[], after: readonly string[]): Edit[] {
  const common = before.map(() => new Array<number>(after.length + 1).fill(0));
  common.push(new Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number) => common[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const best = before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      (common[row] as number[])[column] = best;
    }
  }
  const found: Edit[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const old = before[row];
    const fresh = after[column];
    if (old !== undefined && old === fresh) {
      found.push({ sign: " ", text: old, old: row });
      row += 1;
      column += 1;
    } else if (old !== undefined && (fresh === undefined || at(row + 1, column) >= at(row, column + 1))) {
      found.push({ sign: "-", text: old, old: row });
      row += 1;
    } else {
      found.push({ sign: "+", text: fresh ?? "", old: -1 });
      column += 1;
    }
  }
  return found;
}

export function split(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Unchanged lines around a change. */
const CONTEXT = 3;

/** One page's part of a unified diff. */
export function unified(path: string, before: string | null, after: string | null): string {
  const edits = diffLines(split(before ?? ""), split(after ?? ""));
  const isShown = edits.map((_, at) => edits.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== " "));
  const head = [`diff --git a/${path} b/${path}`, before === null ? "--- /dev/null" : `--- a/${path}`, after === null ? "+++ /dev/null" : `+++ b/${path}`];
  const lines = [...head];
  let [old, fresh] = [1, 1];
  edits.forEach((edit, at) => {
    if (isShown[at]) {
      if (!isShown[at - 1]) lines.push(`@@ -${old} +${fresh} @@`);
      lines.push(edit.sign + edit.text);
    }
    if (edit.sign !== "+") old += 1;
    if (edit.sign !== "-") fresh += 1;
  });
  return [...lines, ""].join("\n");
}
