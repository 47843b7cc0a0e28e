//! Paths inside the container: which are sent, and how those that come back are read. They are Unix paths on every system.

use super::error::OpenCodeError;

/// Checks that a directory is absolute and plain. OpenCode would join a relative one to its own.
pub(super) fn check_directory(directory: &str) -> Result<&str, OpenCodeError> {
    let usable = directory.starts_with('/') && is_plain(directory);
    if usable { Ok(directory) } else { Err(OpenCodeError::InvalidPath(directory.to_owned())) }
}

/// Checks that a path stays in its directory. An empty path is the directory itself.
pub(super) fn check_relative(path: &str) -> Result<&str, OpenCodeError> {
    let usable = !path.starts_with('/') && is_plain(path);
    if usable { Ok(path) } else { Err(OpenCodeError::InvalidPath(path.to_owned())) }
}

fn is_plain(path: &str) -> bool {
    !path.contains('\0') && path.split('/').all(|part| part != "..")
}

/// A path relative to the directory; one outside it stays as it is.
pub(super) fn relative_to(directory: &str, path: &str) -> String {
    let inside = path.strip_prefix(directory.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    inside.unwrap_or(path).to_owned()
}

/// Reads a path as git writes it: one with special characters is quoted like a string in C.
pub(super) fn unquote(path: &str) -> String {
    let Some(inner) = path.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return path.to_owned() };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(first @ b'0'..=b'7') => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|digit| matches!(digit, b'0'..=b'7')) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                }
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
            }
            Some(letter) => bytes.push(match letter {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'a' => 7,
                b'b' => 8,
                b'f' => 12,
                b'v' => 11,
                other => other,
            }),
            None => bytes.push(b'\\'),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_directory() {
        for path in ["/etc/passwd", "../x", "a/../../x", "..", "a\0b"] {
            assert!(check_relative(path).is_err(), "{path:?}");
        }
        for path in ["", ".", "a/b.txt", "..a", "a ü #?%.txt", "C:\\x"] {
            assert!(check_relative(path).is_ok(), "{path:?}");
        }
        for directory in ["", "workspace", "/workspace/../etc"] {
            assert!(check_directory(directory).is_err(), "{directory:?}");
        }
    }

    #[test]
    fn quoted_paths_are_read_as_git_means_them() {
        let table = [
            ("plain.txt", "plain.txt"),
            (r#""sub/ü \"x\".txt""#, "sub/ü \"x\".txt"),
            (r#""tab\tline\nback\\slash""#, "tab\tline\nback\\slash"),
            (r#""gr\303\274n""#, "grün"),
            ("\"", "\""),
        ];
        for (quoted, expected) in table {
            assert_eq!(unquote(quoted), expected);
        }
    }

    #[test]
    fn paths_become_relative_only_below_the_directory() {
        assert_eq!(relative_to("/workspace/a", "/workspace/a/b/c"), "b/c");
        assert_eq!(relative_to("/workspace/a", "/workspace/ab/c"), "/workspace/ab/c");
        assert_eq!(relative_to("/workspace/a", "c"), "c");
    }
}
