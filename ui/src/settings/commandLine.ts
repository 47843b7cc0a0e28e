/** A command line as one text, and back: words are parted by spaces; quotes and a backslash hold a word together. */
import type { ToolTransport } from "../bridge";

const PLAIN = /^[\w@%+=:,./~-]+$/;

/** How a server is reached, as a person would type it. */
export function commandLine(transport: ToolTransport): string {
  if (transport.type === "http") return transport.url;
  return [transport.command, ...transport.args].map((word) => (PLAIN.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`)).join(" ");
}

/** The words of a typed line; `null` if a quote is not closed. */
export function words(line: string): string[] | null {
  const found: string[] = [];
  let word: string | null = null;
  let quote = "";
  const characters = [...line];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    const next = characters[at + 1];
    if (quote === "" && /\s/.test(character)) {
      if (word !== null) found.push(word);
      word = null;
    } else if (quote === "" && (character === '"' || character === "'")) {
      quote = character;
      word ??= "";
    } else if (character === quote) {
      quote = "";
    } else if (character === "\\" && quote !== "'" && (next === '"' || next === "\\" || (quote === "" && next === " "))) {
      // A backslash before anything else stays: paths of Windows have them.
      word = (word ?? "") + next;
      at++;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== "") return null;
  return word === null ? found : [...found, word];
}

/** The server of a typed line: an address or a program. `null` if it is neither. */
export function transportOf(line: string): ToolTransport | null {
  if (/^https?:\/\/\S+$/i.test(line.trim())) return { type: "http", url: line.trim() };
  const [command, ...args] = words(line) ?? [];
  return command ? { type: "program", command, args } : null;
}
