/** Markdown as it reads, for places where there is room for a line: without its signs. */

/** Signs that begin a line, those of nested ones included. */
const LINE = /^[ \t]*(?:(?:>|#{1,6}(?=\s|$)|[-*+](?=\s)|\d{1,9}[.)](?=\s))[ \t]*)+(?:\[[ xX]\][ \t]+)?/;
/** Lines that are nothing but signs: fences, rules, what stands under the head of a table. */
const NOTHING = /^[ \t]*(?:(?:```+|~~~+).*|(?:[-*_][ \t]*){3,}|\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*)$/;

export function plain(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) => (NOTHING.test(line) ? "" : words(cells(line.replace(LINE, "")))))
    .filter((line) => line.trim())
    .join("\n");
}

/** A row of a table, its cells apart. */
function cells(line: string): string {
  const row = /^\s*\|(.*?)\|?\s*$/.exec(line)?.[1];
  return row === undefined ? line : row.split("|").map((cell) => cell.trim()).filter(Boolean).join(" · ");
}

/** What is code stays as it is. */
function words(line: string): string {
  return line
    .split(/(`+)(.+?)\1(?!`)/)
    .map((part, index) => (index % 3 === 2 ? part.trim() : index % 3 === 1 ? "" : unsigned(part)))
    .join("");
}

function unsigned(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"]*")?\)/g, "$1")
    .replace(/<((?:https?:|mailto:)[^<>\s]+)>/g, "$1")
    .replace(/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])/g, "$1")
    .replace(/(?<![\w_])_(?=[^\s_])(.+?)(?<=[^\s_])_(?![\w_])/g, "$1")
    .replace(/\\([\\`*_{}[\]()#+\-.!|>~])/g, "$1");
}

/** Where a text is found in another, ignoring case: pairs of its beginning and its end. */
export function findMatches(text: string, query: string): Array<[number, number]> {
  if (query === "") return [];
  const literal = query.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return [...text.matchAll(new RegExp(literal, "giu"))].map((found) => [found.index, found.index + found[0].length]);
}

/**
 * The part of a text where something was found, in one line and without signs; with them, if it was found in them.
 */
export function excerpt(text: string, query: string): string {
  const [at = 0] = findMatches(text, query)[0] ?? [];
  // From the beginning of its line, where signs are told from words.
  const begin = text.lastIndexOf("\n", at - 1) + 1;
  const raw = text.slice(begin, at + 400);
  const read = oneLine(plain(raw));
  const flat = findMatches(read, query).length > 0 ? read : oneLine(raw);
  const [place = 0] = findMatches(flat, query)[0] ?? [];
  return place > 40 ? `…${flat.slice(place - 30)}` : `${begin > 0 ? "…" : ""}${flat}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
