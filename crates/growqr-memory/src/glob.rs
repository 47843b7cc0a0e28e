//! Wildcards of git's ignore and attribute files and of its conditional settings, matched as git matches them. A pattern is a
//! small automaton, so the time to match grows with the length of pattern and path only, whatever the pattern.

/// A compiled pattern with `*`, `?`, `[...]` and `\`.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
    /// The bytes that a text must end with: those after the last wildcard. Most texts are told apart by them.
    end: Vec<u8>,
    folds_case: bool,
}

#[derive(Clone, Debug)]
enum Token {
    Byte(u8),
    /// One byte of this set.
    Set(Box<[bool; 256]>),
    /// Any bytes; those of one folder only if `false`.
    Star {
        crosses_folders: bool,
    },
    /// `**/`: nothing, or any bytes that end with a slash. Always followed by [`Token::InsideFolders`].
    Folders,
    /// The bytes of `**/` before the last slash.
    InsideFolders,
}

/// What a wildcard does at a slash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slashes {
    /// `*` and `?` do not match it; `**` does.
    Separate,
    /// It is a byte like others.
    Ordinary,
}

impl Glob {
    /// Compiles a pattern. `None` if it can match nothing, because a `[` is never closed or the pattern ends with `\`.
    pub(crate) fn new(pattern: &[u8], slashes: Slashes, folds_case: bool) -> Option<Glob> {
        let separate = slashes == Slashes::Separate;
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(&byte) = pattern.get(at) {
            match byte {
                b'\\' => {
                    // git does not fold it, so without regard to case `\A` matches nothing.
                    tokens.push(Token::Byte(*pattern.get(at + 1)?));
                    at += 2;
                }
                b'?' => {
                    let mut set = Box::new([true; 256]);
                    set[usize::from(b'/')] = !separate;
                    tokens.push(Token::Set(set));
                    at += 1;
                }
                b'[' => {
                    let (mut set, after) = set(pattern, at + 1, folds_case)?;
                    if separate {
                        set[usize::from(b'/')] = false;
                    }
                    tokens.push(Token::Set(set));
                    at = after;
                }
                b'*' => {
                    let end = at + pattern[at..].iter().take_while(|byte| **byte == b'*').count();
                    let begins_part = at == 0 || pattern[at - 1] == b'/';
                    let rest = &pattern[end..];
                    let is_double = separate && end - at >= 2 && begins_part;
                    at = end;
                    if is_double && rest.first() == Some(&b'/') {
                        tokens.extend([Token::Folders, Token::InsideFolders]);
                        at += 1;
                    } else {
                        let crosses_folders = !separate || (is_double && (rest.is_empty() || rest.starts_with(b"\\/")));
                        tokens.push(Token::Star { crosses_folders });
                    }
                }
                byte => {
                    tokens.push(Token::Byte(fold(byte, folds_case)));
                    at += 1;
                }
            }
        }
        let byte = |token: &Token| if let Token::Byte(byte) = token { Some(*byte) } else { None };
        let mut end: Vec<u8> = tokens.iter().rev().map_while(byte).collect();
        end.reverse();
        Some(Glob { tokens, end, folds_case })
    }

    /// Whether the pattern matches the whole text.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let Some(start) = text.len().checked_sub(self.end.len()) else { return false };
        if !text[start..].iter().zip(&self.end).all(|(byte, wanted)| fold(*byte, self.folds_case) == *wanted) {
            return false;
        }
        if self.end.len() == self.tokens.len() {
            return start == 0;
        }
        let mut states = vec![false; self.tokens.len() + 1];
        let mut next = states.clone();
        self.enter(&mut states, 0);
        for byte in text {
            next.fill(false);
            for (state, token) in self.tokens.iter().enumerate().filter(|(state, _)| states[*state]) {
                match token {
                    Token::Byte(wanted) if *wanted == fold(*byte, self.folds_case) => self.enter(&mut next, state + 1),
                    Token::Set(set) if set[usize::from(*byte)] => self.enter(&mut next, state + 1),
                    Token::Star { crosses_folders } if *crosses_folders || *byte != b'/' => self.enter(&mut next, state),
                    Token::InsideFolders => {
                        next[state] = true;
                        if *byte == b'/' {
                            self.enter(&mut next, state + 1);
                        }
                    }
                    Token::Byte(_) | Token::Set(_) | Token::Star { .. } | Token::Folders => {}
                }
            }
            std::mem::swap(&mut states, &mut next);
        }
        states[self.tokens.len()]
    }

    /// Adds a state, and those that are reached from it without a byte.
    fn enter(&self, states: &mut [bool], state: usize) {
        states[state] = true;
        match self.tokens.get(state) {
            Some(Token::Star { .. }) => self.enter(states, state + 1),
            Some(Token::Folders) => {
                states[state + 1] = true;
                self.enter(states, state + 2);
            }
            _ => {}
        }
    }
}

fn fold(byte: u8, folds_case: bool) -> u8 {
    if folds_case { byte.to_ascii_lowercase() } else { byte }
}

/// Parses the set that begins behind `[`. Returns it with the position behind `]`.
fn set(pattern: &[u8], from: usize, folds_case: bool) -> Option<(Box<[bool; 256]>, usize)> {
    let mut members = Box::new([false; 256]);
    let is_negated = matches!(pattern.get(from), Some(b'!' | b'^'));
    let mut at = from + usize::from(is_negated);
    let first = at;
    loop {
        let mut byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            break;
        }
        if byte == b'[' && pattern.get(at + 1) == Some(&b':') {
            let end = at + 2 + pattern[at + 2..].iter().position(|byte| *byte == b']')?;
            if let Some(name) = pattern[at + 2..end].strip_suffix(b":") {
                let is_member = class(name)?;
                (0..=u8::MAX).filter(is_member).for_each(|byte| members[usize::from(fold(byte, folds_case))] = true);
                at = end + 1;
                continue;
            }
        }
        if byte == b'\\' {
            at += 1;
            byte = *pattern.get(at)?;
        }
        at += 1;
        let mut last = byte;
        let is_range = pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|end| *end != b']');
        if is_range {
            at += 1;
            if pattern[at] == b'\\' {
                at += 1;
            }
            last = *pattern.get(at)?;
            at += 1;
        }
        // git takes the first byte of a range by itself, so `[b-a]` has the member `b`.
        members[usize::from(byte)] = true;
        for byte in byte..=last {
            members[usize::from(byte)] = true;
            if is_range {
                members[usize::from(fold(byte, folds_case))] = true;
            }
        }
    }
    if folds_case {
        // git compares with the small letter only, so `[A]` matches neither `a` nor `A`.
        for lower in b'a'..=b'z' {
            members[usize::from(lower.to_ascii_uppercase())] = members[usize::from(lower)];
        }
    }
    if is_negated {
        members.iter_mut().for_each(|member| *member = !*member);
    }
    Some((members, at + 1))
}

/// A named class of ASCII bytes. `None`: there is none of this name, and the pattern matches nothing.
fn class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern.as_bytes(), Slashes::Separate, false).is_some_and(|glob| glob.matches(text.as_bytes()))
    }

    #[test]
    fn patterns_match_as_in_git() {
        for (pattern, text) in [
            ("a/*.md", "a/b.md"),
            ("**/b", "b"),
            ("**/b", "x/y/b"),
            ("a/**", "a/b/c"),
            ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            ("[a-c]?", "bz"),
            ("[!a-c]", "d"),
            ("[]x]", "]"),
            ("\\*", "*"),
            ("[[:digit:]]*", "1a"),
            ("", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a/*", "a/b/c"),
            ("?", "/"),
            ("[/]", "/"),
            ("a**b", "a/b"),
            ("[a", "a"),
            ("**/b", "xb"),
            ("a/**", "a"),
            ("[!a]", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(Glob::new(b"*B", Slashes::Ordinary, true).is_some_and(|glob| glob.matches(b"a/b")));
    }

    #[test]
    fn a_pattern_of_many_stars_is_matched_quickly() {
        assert!(!matches(&"a*".repeat(200), &"a".repeat(199)));
    }
}
