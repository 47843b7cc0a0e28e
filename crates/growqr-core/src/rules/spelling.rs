//! Spellings that name the same file.

use unicode_normalization::UnicodeNormalization;

/// The text as a file system may compare it: in one normal form, without case, and without the invisible characters that some
/// systems ignore in names.
pub(super) fn fold(text: &str) -> String {
    // Some letters have two forms of lower case and one of upper case, such as `s` and `ſ`.
    let folded = text.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    folded.filter(|c| !is_ignored_in_names(*c)).nfc().collect()
}

/// Whether HFS+ ignores this character in names.
fn is_ignored_in_names(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
