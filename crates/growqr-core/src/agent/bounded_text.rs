//! Texts from outside, cut to the sizes that events record.

/// The first bytes of a text, cut at a character.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The text in one line, without characters that move the text around them.
pub(super) fn one_line(text: &str, bytes: usize) -> String {
    let is_shown = |c: &char| !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let space = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = text.chars().filter(is_shown).map(space).collect();
    beginning(line.trim(), bytes).to_owned()
}

/// The beginning of a long text, with a note that something is left out.
pub(super) fn with_note(text: &str, bytes: usize) -> String {
    let shown = beginning(text, bytes);
    let cut = text.len() - shown.len();
    if cut > 0 { format!("{shown}\n[cut: {cut} more bytes]") } else { shown.to_owned() }
}
