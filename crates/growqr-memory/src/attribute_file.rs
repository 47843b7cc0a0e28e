//! One file of git's attributes: patterns, and what is set on the paths that they match.

use crate::path_pattern::PathPattern;

/// The longest line that git reads.
const MAX_LINE: usize = 2048;

/// The value of an attribute on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    True,
    False,
    /// No value, whatever other files say.
    Unset,
    Value(String),
}

/// The lines of an attribute file, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttributeFile {
    pub(crate) lines: Vec<Line>,
}

/// A line, with its attributes in order.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) subject: Subject,
    pub(crate) states: Vec<(String, State)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Paths(PathPattern),
    /// The line defines an attribute that stands for several.
    Macro(String),
}

impl AttributeFile {
    /// Reads the text of a file. Skips lines that git would not accept. `has_macros`: lines that begin with `[attr]` count.
    pub(crate) fn parse(text: &[u8], has_macros: bool, folds_case: bool) -> AttributeFile {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let lines = text.split(|byte| *byte == b'\n');
        AttributeFile { lines: lines.filter_map(|line| parse_line(line, has_macros, folds_case)).collect() }
    }
}

fn parse_line(line: &[u8], has_macros: bool, folds_case: bool) -> Option<Line> {
    let line = line.trim_ascii_start();
    if line.is_empty() || line.starts_with(b"#") || line.len() >= MAX_LINE {
        return None;
    }
    let (name, rest) = match unquoted(line) {
        Some(parts) => parts,
        None => {
            let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
            (line[..end].to_vec(), &line[end..])
        }
    };
    let (subject, rest) = match name.strip_prefix(b"[attr]") {
        Some(_) if !has_macros && name.len() > 6 => return None,
        Some(after) if has_macros => {
            // git also accepts spaces between `[attr]` and the name.
            let rest = rest.trim_ascii_start();
            let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            let (name, rest) = if after.is_empty() { (&rest[..end], &rest[end..]) } else { (after, rest) };
            (Subject::Macro(attribute_name(name)?), rest)
        }
        // It has no effect in attribute files.
        _ if name.starts_with(b"!") => return None,
        _ => (Subject::Paths(PathPattern::new(&name, folds_case)), rest),
    };
    let words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let states: Option<Vec<(String, State)>> = words.map(parse_state).collect();
    Some(Line { subject, states: states? })
}

fn parse_state(word: &[u8]) -> Option<(String, State)> {
    let (name, value) = match word.iter().position(|byte| *byte == b'=') {
        Some(end) => (&word[..end], Some(&word[end + 1..])),
        None => (word, None),
    };
    let (name, state) = match (name.first(), value) {
        (Some(b'-'), _) => (&name[1..], State::False),
        (Some(b'!'), _) => (&name[1..], State::Unset),
        (_, Some(value)) => (name, State::Value(String::from_utf8_lossy(value).into_owned())),
        (_, None) => (name, State::True),
    };
    Some((attribute_name(name)?, state))
}

fn attribute_name(name: &[u8]) -> Option<String> {
    let is_valid = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_name = !name.is_empty() && name[0] != b'-' && name.iter().all(is_valid) && !name.starts_with(b"builtin_");
    is_name.then(|| String::from_utf8_lossy(name).into_owned())
}

/// The text between quotes at the beginning of a line, and what follows it.
fn unquoted(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = line.strip_prefix(b"\"")?;
    let mut text = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((text, rest)),
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                rest = after;
                text.push(match escaped {
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    b'\\' | b'"' => escaped,
                    b'0'..=b'3' => {
                        let (digits, after) = rest.split_at_checked(2)?;
                        rest = after;
                        u8::from_str_radix(std::str::from_utf8(&[escaped, digits[0], digits[1]]).ok()?, 8).ok()?
                    }
                    _ => return None,
                });
            }
            byte => text.push(byte),
        }
    }
}
