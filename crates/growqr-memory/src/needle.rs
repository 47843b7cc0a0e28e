//! Finds a text in pages, ignoring letter case as [`folded`] does. Looks at the bytes first, because folding a page copies it.

use growqr_core::fold::folded;

/// The letters that fold to ASCII letters without being ASCII: the Kelvin sign, and the capital I with a dot.
const FOLD_TO_ASCII: [&str; 2] = ["\u{212a}", "\u{130}"];

/// How common a letter is in text, by its place: the rarest come first.
const RAREST_FIRST: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate 0123456789";

/// A text to find.
pub(crate) struct Needle {
    folded: String,
    /// Place of the rarest byte in `folded`, and both of its cases. `None` if the text is not ASCII.
    rare: Option<(usize, u8, u8)>,
}

impl Needle {
    /// `None` if the text is blank.
    pub(crate) fn new(text: &str) -> Option<Needle> {
        let folded = folded(text);
        if folded.trim().is_empty() {
            return None;
        }
        let commonness = |byte: u8| RAREST_FIRST.iter().position(|known| *known == byte).unwrap_or(0);
        let rarest = folded.bytes().enumerate().min_by_key(|(_, byte)| commonness(*byte)).filter(|_| folded.is_ascii());
        let rare = rarest.map(|(at, byte)| (at, byte, byte.to_ascii_uppercase()));
        Some(Needle { folded, rare })
    }

    /// Whether the text is in this line.
    pub(crate) fn is_in(&self, line: &str) -> bool {
        folded(line).contains(&self.folded)
    }

    /// Whether the text is in the file's name of this page; a text with a `/`, in its whole path.
    pub(crate) fn is_in_name_of(&self, page: &str) -> bool {
        let name = if self.folded.contains('/') { page } else { page.rsplit('/').next().unwrap_or(page) };
        self.may_be_in(name.as_bytes()) && self.is_in(name)
    }

    /// Returns `false` only if the text is certainly not in these bytes.
    pub(crate) fn may_be_in(&self, bytes: &[u8]) -> bool {
        let is_ascii = bytes.is_ascii();
        match self.rare {
            Some(rare) => {
                self.is_in_ascii(bytes, rare)
                    || (!is_ascii && FOLD_TO_ASCII.iter().any(|letter| memchr::memmem::find(bytes, letter.as_bytes()).is_some()))
            }
            None => !is_ascii && std::str::from_utf8(bytes).is_ok_and(|text| self.is_in(text)),
        }
    }

    fn is_in_ascii(&self, bytes: &[u8], (at, lower, upper): (usize, u8, u8)) -> bool {
        let needle = self.folded.as_bytes();
        memchr::memchr2_iter(lower, upper, bytes).any(|found| {
            let start = found.checked_sub(at);
            let here = start.and_then(|start| bytes.get(start..start + needle.len()));
            here.is_some_and(|here| here.eq_ignore_ascii_case(needle))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_that_fold_to_ascii_are_found() {
        for (text, wanted) in [("300 \u{212a}", "300 k"), ("\u{130}STANBUL", "i"), ("Quartz", "QUARTZ"), ("ΟΔΟΣ", "οδος")]
        {
            let needle = Needle::new(wanted).unwrap();
            assert!(needle.may_be_in(text.as_bytes()) && needle.is_in(text), "{text} {wanted}");
        }
        assert!(Needle::new(" \n").is_none());
        assert!(!Needle::new("quartz").unwrap().may_be_in(b"quart z"));
    }

    proptest! {
        #[test]
        fn a_text_that_is_there_may_be_there(text in "[aAkKiIzς Σ\u{212a}\u{130}é\n]{0,12}", wanted in "[aAkKiIz σ\u{212a}é]{1,3}") {
            if let Some(needle) = Needle::new(&wanted) {
                prop_assert!(needle.may_be_in(text.as_bytes()) || !needle.is_in(&text));
            }
        }

        #[test]
        fn only_two_letters_beyond_ascii_fold_to_ascii(letter in any::<char>()) {
            let is_known = letter.is_ascii() || FOLD_TO_ASCII.contains(&letter.to_string().as_str());
            prop_assert!(is_known || !folded(&letter.to_string()).contains(|c: char| c.is_ascii_alphanumeric()));
        }
    }
}
