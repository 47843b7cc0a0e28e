//! Text as the views store it and as a search compares it.

use growqr_core::fold::folded;

/// The number of characters of an entry in the index.
pub(crate) const TRIGRAM: usize = 3;
/// The most trigrams of a long text to look up in the index; the text itself is compared afterwards.
const MAX_LOOKED_UP: usize = 64;

/// Text for a view. PostgreSQL cannot store NUL in text; the journal stores the original bytes.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The form of a search text: converted as for a view, then folded.
pub(crate) fn search_form(text: &str) -> String {
    folded(&without_nul(text))
}

/// A `like` pattern for anything that contains `text`; `\` is the escape.
pub(crate) fn like_pattern(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

/// The text that SQLite indexes for a message, with two extra characters at the end, so that every character begins a trigram.
pub(crate) fn index_form(text: &str) -> String {
    folded(text) + "\u{1}\u{1}"
}

/// An FTS5 query for messages that contain all trigrams of a text of three characters or more.
pub(crate) fn with_all_trigrams(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut trigrams: Vec<String> = Vec::new();
    for trigram in letters.windows(TRIGRAM) {
        let trigram = quoted(&String::from_iter(trigram));
        if !trigrams.contains(&trigram) {
            trigrams.push(trigram);
        }
        if trigrams.len() == MAX_LOOKED_UP {
            break;
        }
    }
    trigrams.join(" ")
}

/// An FTS5 query for messages that contain at least one of these trigrams.
pub(crate) fn with_one_of(trigrams: &[String]) -> String {
    trigrams.iter().map(|trigram| quoted(trigram)).collect::<Vec<_>>().join(" OR ")
}

/// A quoted string in FTS5's query language: it contains no operators.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_ordinary_letters() {
        assert_eq!(like_pattern(&search_form(r"50% Of_a\b")), r"%50\% of\_a\\b%");
    }

    #[test]
    fn a_query_names_each_trigram_once_and_quotes_it() {
        assert_eq!(with_all_trigrams("a\"bab"), r#""a""b" """ba" "bab""#);
        assert_eq!(with_all_trigrams("aaaaa"), r#""aaa""#);
        assert_eq!(with_all_trigrams(&"0123456789".repeat(9)).matches(' ').count(), 9);
    }
}
