//! Cuts texts of servers, which may be of any length.

/// The most bytes of a name, reason or cause that people are shown.
pub(crate) const SHOWN_BYTES: usize = 300;

/// The text, cut to this many bytes with `…` after it.
pub(crate) fn cut(text: &str, max_bytes: usize) -> String {
    let end = text.floor_char_boundary(max_bytes);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("üüü", 3), "ü…");
    }
}
