//! The text of a page, as tools and people see it, and its bytes. A byte order mark, CRLF line ends and control characters stay
//! in the file: the text has none of them, and a line that nobody has changed keeps its bytes.

use crate::error_context::Context;
use git2::{DiffOptions, MergeFileInput, Patch};
use growqr_core::memory::MemoryError;
use std::borrow::Cow;

/// The largest page, in bytes.
pub const MAX_PAGE_BYTES: u64 = 256 * 1024;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Stands for a control character without a picture of its own.
const UNKNOWN: char = '\u{fffd}';

/// The text of a page's bytes: without a byte order mark, with LF line ends, and with a picture for each other control
/// character (`␛` for an escape).
///
/// # Errors
/// [`MemoryError::NotText`] or [`MemoryError::TooLarge`].
pub(crate) fn decode<'a>(page: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, MemoryError> {
    check_size(bytes.len())?;
    let text = std::str::from_utf8(bytes).map_err(|error| not_text(page, bytes, error.valid_up_to()))?;
    if let Some(nul) = bytes.iter().position(|byte| *byte == 0) {
        return Err(not_text(page, bytes, nul));
    }
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if !text.contains(is_invisible) {
        return Ok(Cow::Borrowed(text));
    }
    let text = text.replace("\r\n", "\n");
    Ok(Cow::Owned(text.chars().map(|c| if is_invisible(c) { picture(c) } else { c }).collect()))
}

/// Checks the text that somebody wants to write.
///
/// # Errors
/// As [`decode`], and [`MemoryError::NotText`] for a control character.
pub(crate) fn check_new(page: &str, text: &str) -> Result<(), MemoryError> {
    check_size(text.len())?;
    match text.char_indices().find(|(_, c)| *c == '\0' || (is_invisible(*c) && *c != '\r')) {
        None => Ok(()),
        Some((at, c)) => {
            let reason = format!("line {} has the control character {:?}; leave it out", line_at(text.as_bytes(), at), c);
            Err(MemoryError::NotText { path: page.to_owned(), reason })
        }
    }
}

/// The bytes of `text` as the next version of a page that has the bytes `old`. Its byte order mark stays, and so do the bytes of
/// each line whose text is the same. Other lines get the line ends that most lines have.
pub(crate) fn encode(old: &[u8], text: &str) -> Result<Vec<u8>, MemoryError> {
    let (Ok(raw), Ok(before)) = (std::str::from_utf8(old), decode("", old)) else { return Ok(text.as_bytes().to_vec()) };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if old.is_empty() {
        return Ok(text.as_bytes().to_vec());
    }
    let text = text.replace("\r\n", "\n");
    if matches!(before, Cow::Borrowed(before) if before.len() == old.len()) {
        return Ok(text.into_bytes());
    }
    let (mark, raw) = raw.strip_prefix(BYTE_ORDER_MARK).map_or(("", raw), |raw| (BYTE_ORDER_MARK, raw));
    let style = Style::of(raw);
    let kept: Vec<&str> = raw.split_inclusive('\n').collect();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut encoded = mark.to_owned();
    for (number, same) in same_lines(before.as_bytes(), text.as_bytes(), lines.len())?.into_iter().enumerate() {
        match same.and_then(|old| kept.get(old)) {
            Some(line) => encoded.push_str(line),
            None => style.push(&mut encoded, lines[number]),
        }
    }
    Ok(encoded.into_bytes())
}

/// Three-way merge by lines, of the texts if all three are text: then only what people see can conflict. The result has the
/// bytes of `ours` where nothing changed. `None` if there is a conflict.
pub(crate) fn merge(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, MemoryError> {
    let (Ok(a), Ok(o), Ok(t)) = (decode("", ancestor), decode("", ours), decode("", theirs)) else {
        return merge_lines(ancestor, ours, theirs);
    };
    match merge_texts(&a, &o, &t)? {
        Some(merged) => encode(ours, &merged).map(Some),
        None => Ok(None),
    }
}

/// Three-way merge of texts by lines. `None` if there is a conflict.
pub(crate) fn merge_texts(ancestor: &str, ours: &str, theirs: &str) -> Result<Option<String>, MemoryError> {
    let merged = merge_lines(ancestor.as_bytes(), ours.as_bytes(), theirs.as_bytes())?;
    merged.map(|merged| String::from_utf8(merged).context("merge")).transpose()
}

fn merge_lines(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, MemoryError> {
    let (mut base, mut one, mut other) = (MergeFileInput::new(), MergeFileInput::new(), MergeFileInput::new());
    base.content(ancestor);
    one.content(ours);
    other.content(theirs);
    let result = git2::merge_file(&base, &one, &other, None).context("merge")?;
    Ok(result.is_automergeable().then(|| result.content().to_vec()))
}

/// How the lines of a page are written.
struct Style {
    is_crlf: bool,
    /// The control characters of the page whose pictures it does not contain.
    controls: Vec<char>,
}

impl Style {
    fn of(raw: &str) -> Style {
        let crlf = raw.matches("\r\n").count();
        let has_own_picture = |c: &char| picture(*c) != UNKNOWN && !raw.contains(picture(*c));
        let mut controls: Vec<char> = raw.chars().filter(|c| is_invisible(*c) && *c != '\r').filter(has_own_picture).collect();
        controls.sort_unstable();
        controls.dedup();
        Style { is_crlf: crlf * 2 > raw.matches('\n').count(), controls }
    }

    fn push(&self, encoded: &mut String, line: &str) {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) if self.is_crlf => (line, "\r\n"),
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        encoded.extend(line.chars().map(|c| self.controls.iter().copied().find(|control| picture(*control) == c).unwrap_or(c)));
        encoded.push_str(end);
    }
}

/// For each of the `count` lines of `new`, the number of the same line in `old`, if it was not changed.
fn same_lines(old: &[u8], new: &[u8], count: usize) -> Result<Vec<Option<usize>>, MemoryError> {
    let mut options = DiffOptions::new();
    options.context_lines(0).interhunk_lines(0).force_text(true);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options)).context("compare versions")?;
    let mut same = Vec::with_capacity(count);
    let mut next_old = 0;
    for hunk in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(hunk).context("compare versions")?;
        let begin = |start: u32, lines: u32| usize::try_from(start).unwrap_or_default() - usize::from(lines > 0);
        let until = begin(hunk.new_start(), hunk.new_lines());
        while same.len() < until {
            same.push(Some(next_old));
            next_old += 1;
        }
        same.extend((0..hunk.new_lines()).map(|_| None));
        next_old = begin(hunk.old_start(), hunk.old_lines()) + usize::try_from(hunk.old_lines()).unwrap_or_default();
    }
    while same.len() < count {
        same.push(Some(next_old));
        next_old += 1;
    }
    Ok(same)
}

/// Whether the text shows another character in its place.
fn is_invisible(c: char) -> bool {
    c.is_control() && !matches!(c, '\0' | '\n' | '\t')
}

fn picture(c: char) -> char {
    match c {
        '\u{1}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(UNKNOWN),
        '\u{7f}' => '\u{2421}',
        _ => UNKNOWN,
    }
}

fn check_size(bytes: usize) -> Result<(), MemoryError> {
    let bytes = bytes as u64;
    if bytes > MAX_PAGE_BYTES { Err(MemoryError::TooLarge { bytes, limit: MAX_PAGE_BYTES }) } else { Ok(()) }
}

fn not_text(page: &str, bytes: &[u8], at: usize) -> MemoryError {
    let line = line_at(bytes, at);
    let reason = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        "it is stored as UTF-16; save it as UTF-8 with an editor".to_owned()
    } else if bytes.get(at) == Some(&0) {
        format!("line {line} contains a NUL character, as binary files do")
    } else {
        format!("line {line} is not UTF-8; if it is text, save it as UTF-8 with an editor")
    };
    MemoryError::NotText { path: page.to_owned(), reason }
}

/// The number of the line of this position.
fn line_at(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(bytes: &[u8]) -> String {
        decode("page.md", bytes).unwrap().into_owned()
    }

    #[test]
    fn a_mark_line_ends_and_controls_are_kept_when_another_line_changes() {
        let old = b"\xef\xbb\xbf# Plan\r\n\r\nred \x1b[31m\r\n- two\x0b\n";
        assert_eq!(shown(old), "# Plan\n\nred \u{241b}[31m\n- two\u{240b}\n");
        let new = encode(old, "# Plan\n\nred \u{241b}[31m\nnew\n- two\u{240b}\n").unwrap();
        assert_eq!(new, b"\xef\xbb\xbf# Plan\r\n\r\nred \x1b[31m\r\nnew\r\n- two\x0b\n");
        let changed = encode(old, "# Plan\n\nblue \u{241b}[34m\n- two\u{240b}\n").unwrap();
        assert_eq!(changed, b"\xef\xbb\xbf# Plan\r\n\r\nblue \x1b[34m\r\n- two\x0b\n");
    }

    #[test]
    fn what_is_not_text_is_named_with_its_line() {
        let reason = |bytes: &[u8]| match decode("page.md", bytes) {
            Err(MemoryError::NotText { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        assert!(reason(b"one\nt\0o\n").contains("line 2 contains a NUL"));
        assert!(reason(b"caf\xe9\n").contains("line 1 is not UTF-8"));
        assert!(reason(b"\xff\xfe#\0").contains("UTF-16"));
    }

    /// Bytes as editors and pasted text leave them.
    fn page() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            Just("a"),
            Just("b"),
            Just(""),
            Just("x\u{1b}y"),
            Just("\u{85}"),
            Just("\u{b}"),
            Just("c\rd"),
            Just("e\r")
        ];
        let end = prop_oneof![Just("\n"), Just("\r\n")];
        (any::<bool>(), prop::collection::vec((line, end), 0..12), prop_oneof![Just(""), Just("last")]).prop_map(
            |(has_mark, lines, last)| {
                let mark = if has_mark { BYTE_ORDER_MARK } else { "" };
                let lines: String = lines.into_iter().map(|(line, end)| format!("{line}{end}")).collect();
                format!("{mark}{lines}{last}").into_bytes()
            },
        )
    }

    proptest! {
        #[test]
        fn the_same_text_gives_the_same_bytes(old in page()) {
            prop_assert_eq!(encode(&old, &shown(&old)).unwrap(), old);
        }

        #[test]
        fn the_text_of_the_new_bytes_is_the_one_that_was_written(old in page(), new in page()) {
            prop_assert_eq!(shown(&encode(&old, &shown(&new)).unwrap()), shown(&new));
        }

        #[test]
        fn a_line_added_anywhere_leaves_all_other_bytes(old in page(), at in 0_usize..13) {
            let text = shown(&old);
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            lines.insert(at.min(lines.len().saturating_sub(1)), "an added line\n");
            let new = String::from_utf8(encode(&old, &lines.concat()).unwrap()).unwrap();
            let without = new.replace("an added line\r\n", "").replace("an added line\n", "");
            prop_assert_eq!(without.into_bytes(), old);
        }
    }
}
