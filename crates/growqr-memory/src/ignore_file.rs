//! The lines of one ignore file, read as git reads them.

use crate::path_pattern::PathPattern;

/// The file with the ignore patterns of a folder.
pub(crate) const IGNORE_FILE: &str = ".gitignore";

/// A line with a pattern.
#[derive(Clone, Debug)]
pub(crate) struct IgnorePattern {
    pattern: PathPattern,
    /// What the pattern matches is not ignored.
    pub(crate) is_negated: bool,
}

impl IgnorePattern {
    /// Whether the pattern matches; `path` is relative to the folder of the ignore file.
    pub(crate) fn matches(&self, path: &str, is_folder: bool) -> bool {
        self.pattern.matches(path.as_bytes(), is_folder)
    }
}

/// Reads the patterns of a file, in order.
pub(crate) fn parse(text: &[u8], folds_case: bool) -> Vec<IgnorePattern> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|byte| *byte == b'\n').filter_map(|line| parse_line(line, folds_case)).collect()
}

fn parse_line(line: &[u8], folds_case: bool) -> Option<IgnorePattern> {
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // In git, a line is a string of C.
    let line = line.split(|byte| *byte == 0).next().unwrap_or(line);
    let line = without_spaces_at_end(line);
    let pattern = line.strip_prefix(b"!");
    let is_empty = |pattern: &[u8]| pattern.is_empty() || pattern == b"/";
    let is_negated = pattern.is_some();
    let pattern = pattern.unwrap_or(line);
    (!is_empty(pattern)).then(|| IgnorePattern { pattern: PathPattern::new(pattern, folds_case), is_negated })
}

/// The line without the spaces at its end, unless a `\` stands before them.
fn without_spaces_at_end(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        at += if *byte == b'\\' { 2 } else { 1 };
        if *byte != b' ' {
            end = at.min(line.len());
        }
    }
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_at_the_end_count_only_if_they_are_escaped() {
        for (line, expected) in [("a  ", "a"), ("a\\ ", "a\\ "), ("a\\  ", "a\\ "), (" a", " a"), ("a b ", "a b"), ("a\\", "a\\")]
        {
            assert_eq!(without_spaces_at_end(line.as_bytes()), expected.as_bytes(), "{line:?}");
        }
    }

    #[test]
    fn empty_lines_and_comments_are_no_patterns() {
        assert!(parse(b"\xef\xbb\xbf# comment\n\n!\n/\n   \n\r\n", false).is_empty());
        assert_eq!(parse(b"\\#a\n!b\r\n", false).iter().map(|pattern| pattern.is_negated).collect::<Vec<_>>(), [false, true]);
    }
}
