//! Text as the views keep it and as a search compares it.

/// Text for a view. Postgres cannot hold NUL in text; the journal keeps the bytes as they were.
pub(crate) fn shown(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A `like` pattern for anything that contains `text`; `\` is the escape.
pub(crate) fn containing(text: &str) -> String {
    let escaped = shown(text).to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_ordinary_letters() {
        assert_eq!(containing(r"50% Of_a\b"), r"%50\% of\_a\\b%");
    }
}
