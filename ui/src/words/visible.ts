/** Texts of others, with their invisible characters written out. */

/**
 * Control characters except tab and line feed, invisible spaces, joiners, selectors, tags, and marks that change the direction of
 * writing; and the flags that are made of tags.
 */
const INVISIBLE =
  /\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\u{E0000}-\u{E0FFF}]/gu;

/** Emoji, and scripts such as those of India and Arabic, need one of these after a character. */
const JOINER = /^[\u200c\u200d]$/;
const SELECTOR = /^[\ufe0e\ufe0f]$/;
const CAN_BE_JOINED = /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const NEVER_JOINED = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]$/u;
const HAS_FORMS = /[\p{Emoji}\p{So}\p{Sm}]$/u;

/** The text with its invisible characters written out, such as `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (one: string, at: number) => (isPart(one, text.slice(Math.max(0, at - 2), at)) ? one : `⟨U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`));
}

/** Whether the text has invisible characters that change nothing that one sees. */
export function hasInvisible(text: string): boolean {
  return visible(text) !== text;
}

/** Whether it is a flag, or changes how the character before it looks. */
function isPart(one: string, before: string): boolean {
  if (JOINER.test(one)) return CAN_BE_JOINED.test(before) && !NEVER_JOINED.test(before);
  return SELECTOR.test(one) ? HAS_FORMS.test(before) : one.codePointAt(0) === 0x1f3f4;
}
