//! Which names look the same to people. Memory finds a page by such a name, so rules must judge all of them alike.

use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization;

/// Characters without a picture of their own: those that some file systems ignore when they compare names, selectors and
/// joiners, and those that change the writing direction.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The characters of a name that people see, composed. Two names with the same result look the same.
pub fn visible(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !is_invisible(*c)).nfc()
}

/// The text with its invisible characters written out, such as `⟨U+202E⟩`. Those that emoji and some scripts need stay.
#[must_use]
pub fn written_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        if is_invisible(c) && !before.is_some_and(|before| changes(c, before)) {
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
        before = Some(c);
    }
    out
}

/// Whether this invisible character changes how the one before it looks. Stricter than what the names of pages may have: in a name
/// it hides no instruction.
fn changes(c: char, before: char) -> bool {
    match c {
        // Latin, Greek and Cyrillic letters have no joined forms.
        '\u{200c}' | '\u{200d}' => (before >= '\u{590}' && !is_invisible(before)) || before == '\u{fe0f}',
        '\u{fe0e}' | '\u{fe0f}' => !before.is_alphabetic() && !is_invisible(before),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_in_tags_selectors_or_joiners_is_written_out_and_scripts_and_emoji_stay() {
        assert_eq!(written_out("tea\u{e0068}\u{202e}"), "tea⟨U+E0068⟩⟨U+202E⟩");
        assert_eq!(written_out("☺\u{fe0f}\u{fe0f} a\u{200d}"), "☺\u{fe0f}⟨U+FE0F⟩ a⟨U+200D⟩");
        for text in ["👩\u{200d}💻 می\u{200c}خواهم", "क्\u{200d}ष", "❤\u{fe0f} 1\u{fe0f}\u{20e3}\n\tx"] {
            assert_eq!(written_out(text), text);
        }
    }
}
