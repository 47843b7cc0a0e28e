//! Which names look the same to people. Memory finds a page by such a name, so rules must judge all of them alike.

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
