/**
 * Texts that models have chosen, inside sentences of the window. They are quoted and in one line, with invisible
 * characters written out, so that none can pass for the window's own words.
 */
import { GROW } from "./journals";

/** Control characters except tab and line feed, invisible spaces, and marks that change the direction of writing. */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with its invisible characters written out, such as `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The text in quotes and in one line, cut to `most` characters. */
export function quoted(text: string, most = 200): string {
  const line = visible(text.replace(/\s+/g, " ").trim()).replace(/[“”]/g, '"');
  return `“${line.length > most ? `${line.slice(0, most)}…` : line}”`;
}

/** An agent's name. A model has chosen that of a sub-agent. */
export function agentName({ id, name }: { id: string; name: string }): string {
  return id === GROW ? name : quoted(name, 60);
}
