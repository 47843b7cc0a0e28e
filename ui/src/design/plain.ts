/** Strips Markdown syntax for one-line previews, and finds excerpts around search matches. */

/** Syntax at the start of a line, nested included: quotes, headings, lists, tasks. */
const LINE_START = /^[ \t]*(?:(?:>|#{1,6}(?=\s|$)|[-*+](?=\s)|\d{1,9}[.)](?=\s))[ \t]*)+(?:\[[ xX]\][ \t]+)?/;
/** Lines that are only syntax: fences, rules, the delimiter row of a table. */
const ONLY_SYNTAX = /^[ \t]*(?:(?:```+|~~~+).*|(?:[-*_][ \t]*){3,}|\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*)$/;

export function plain(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) => (ONLY_SYNTAX.test(line) ? "" : words(cells(line.replace(LINE_START, "")))))
    .filter((line) => line.trim())
    .join("\n");
}

/** Separates the cells of a table row. */
function cells(line: string): string {
  const row = /^\s*\|(.*?)\|?\s*$/.exec(line)?.[1];
  return row === undefined ? line : row.split("|").map((cell) => cell.trim()).filter(Boolean).join(" · ");
}

/** Strips inline syntax, except inside code spans. */
function words(line: string): string {
  return line
    .split(/(`+)(.+?)\1(?!`)/)
    .map((part, index) => (index % 3 === 2 ? part.trim() : index % 3 === 1 ? "" : withoutSyntax(part)))
    .join("");
}

function withoutSyntax(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"]*")?\)/g, "$1")
    .replace(/<((?:https?:|mailto:)[^<>\s]+)>/g, "$1")
    .replace(/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])/g, "$1")
    .replace(/(?<![\w_])_(?=[^\s_])(.+?)(?<=[^\s_])_(?![\w_])/g, "$1")
    .replace(/\\([\\`*_{}[\]()#+\-.!|>~])/g, "$1");
}

/** Case-insensitive matches as pairs of start and end. */
export function findMatches(text: string, query: string): Array<[number, number]> {
  if (query === "") return [];
  const literal = query.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return [...text.matchAll(new RegExp(literal, "giu"))].map((found) => [found.index, found.index + found[0].length]);
}

/**
 * An excerpt around the first match, in one line without Markdown syntax. Keeps the syntax if the match is part of it.
 */
export function excerpt(text: string, query: string): string {
  const [at = 0] = findMatches(text, query)[0] ?? [];
  // Start at the beginning of the line, where syntax can be recognised.
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
