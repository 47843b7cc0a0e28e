/** Texts of others, with their invisible characters written out. */

/** Control characters except tab and line feed, invisible spaces, and marks that change the direction of writing. */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with its invisible characters written out, such as `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
