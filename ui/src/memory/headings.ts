/** Finds the heading that a link names, as `#the-words-of-it` or by its words. */
import { plain } from "../design/plain";

const FENCE = /^ {0,3}(```+|~~~+)/;

/** The line of the heading, from 1; `null` if the page has none of this name. */
export function headingLine(page: string, name: string): number | null {
  let fence: string | null = null;
  for (const [index, line] of page.split("\n").entries()) {
    const mark = FENCE.exec(line)?.[1];
    if (mark && fence === null) fence = mark;
    else if (mark && fence !== null && mark.startsWith(fence)) fence = null;
    if (fence === null && /^ {0,3}#{1,6}\s/.test(line) && slug(plain(line.replace(/\s#+\s*$/, ""))) === slug(name)) return index + 1;
  }
  return null;
}

/** As GitHub makes it: lower case, without punctuation, a hyphen for each space. */
function slug(text: string): string {
  return text.normalize("NFC").trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "").replaceAll(" ", "-");
}
