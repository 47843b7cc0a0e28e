//! Spellings that name the same file.

use crate::names::visible;
use unicode_normalization::UnicodeNormalization;

/// The text as a file system or memory may compare it: in one normal form, without case, and without the invisible characters
/// that some ignore in names.
#[must_use]
pub fn fold(text: &str) -> String {
    // Some letters have two forms of lower case and one of upper case, such as `s` and `ſ`.
    visible(text).flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Memory finds a page by [`visible`], so two names that it takes for one are one to a rule.
        #[test]
        fn names_that_look_the_same_are_folded_alike(
            name in "[a-c1#\u{e9}e\u{301}\u{2764}\u{915}]{0,8}",
            marks in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..6), 0..6),
        ) {
            let mut other: Vec<char> = name.nfd().collect();
            for (place, mark) in marks {
                let mark = ['\u{fe0f}', '\u{200d}', '\u{ad}', '\u{61c}', '\u{e0100}', '\u{e0067}'][mark];
                other.insert(place.index(other.len() + 1), mark);
            }
            let other: String = other.into_iter().collect();
            prop_assert!(visible(&name).eq(visible(&other)));
            prop_assert_eq!(fold(&name), fold(&other));
        }
    }
}
