//! The form of text that searches compare.

/// The text in lower case, for all of Unicode and independent of any locale. The two forms of the small sigma become one: in
/// lower case, the neighbouring letters decide which of them replaces a capital. A search finds `query` in `text` if
/// `folded(text)` contains `folded(query)`.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_alphabets_are_folded() {
        assert_eq!(folded("ÄRGER mit Ελλάδα"), "ärger mit ελλάδα");
        assert_eq!(folded("日本語 ЖЁЛТЫЙ"), "日本語 жёлтый");
        assert_eq!(folded("100% A_B"), "100% a_b");
    }

    #[test]
    fn a_capital_sigma_is_found_at_the_end_of_a_word_and_within_one() {
        assert_eq!(folded("ΟΔΟΣ"), folded("οδος"));
        assert!(folded("ΟΔΟΣΗΜΟΣ").contains(&folded("οδός".replace('ό', "ο").as_str())));
    }

    /// Database migrations compute folded text from text in lower case.
    #[test]
    fn folded_text_is_lower_case_with_one_sigma() {
        for text in ["ΟΔΟΣ ΣΑΣ", "İstanbul", "STRASSE ẞ", "Ǆ ǅ", "ﬃ Å K"] {
            assert_eq!(folded(text), text.to_lowercase().replace('ς', "σ"));
        }
    }
}
