//! Cuts texts, which may be of any length.

/// The most bytes of a name, reason or cause that people are shown.
pub(crate) const SHOWN_BYTES: usize = 300;

/// The text, cut to this many bytes with `…` after it.
pub(crate) fn cut(text: &str, max_bytes: usize) -> String {
    let end = text.floor_char_boundary(max_bytes);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

/// The most bytes of a text in one result for a model.
const PART_BYTES: usize = 48_000;

/// The text from this byte on, and after it how to read on if there is more; `None` if the text ends before.
pub(crate) fn part(text: &str, from: u64) -> Option<String> {
    let start = usize::try_from(from).ok().filter(|from| *from <= text.len())?;
    let start = text.floor_char_boundary(start);
    let end = text.floor_char_boundary(start.saturating_add(PART_BYTES));
    let left = text.len() - end;
    let more = if left > 0 { format!("\n[{left} more bytes; read on with from={end}]") } else { String::new() };
    Some(format!("{}{more}", &text[start..end]))
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
