//! A pattern of an ignore or attribute file, matched with a path as git does it.

use crate::glob::{Glob, Slashes};

/// The pattern of a line.
#[derive(Clone, Debug)]
pub(crate) struct PathPattern {
    /// It ends with a slash.
    is_for_folders: bool,
    /// It has no slash, so it is matched with the last part of the path only.
    is_name: bool,
    /// What stands before the first wildcard. git compares it first and then takes the rest as a pattern of its own: `a**/b`
    /// matches `ab`.
    literal: Vec<u8>,
    /// `None`: it can match nothing.
    rest: Option<Glob>,
    folds_case: bool,
}

impl PathPattern {
    /// Reads a pattern, without the `!` of an ignore file.
    pub(crate) fn new(pattern: &[u8], folds_case: bool) -> PathPattern {
        let is_for_folders = pattern.ends_with(b"/");
        let pattern = pattern.strip_suffix(b"/").unwrap_or(pattern);
        let is_name = !pattern.contains(&b'/');
        let pattern = pattern.strip_prefix(b"/").unwrap_or(pattern);
        let wildcard = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
        let end = pattern.iter().position(wildcard).unwrap_or(pattern.len());
        let slashes = if is_name { Slashes::Ordinary } else { Slashes::Separate };
        let rest = Glob::new(&pattern[end..], slashes, folds_case);
        PathPattern { is_for_folders, is_name, literal: pattern[..end].to_vec(), rest, folds_case }
    }

    /// Whether the pattern matches; `path` is relative to the folder of the pattern's file.
    pub(crate) fn matches(&self, path: &[u8], is_folder: bool) -> bool {
        let Some(rest) = &self.rest else { return false };
        if self.is_for_folders && !is_folder {
            return false;
        }
        let text = if self.is_name { path.rsplit(|byte| *byte == b'/').next().unwrap_or(path) } else { path };
        let Some((start, end)) = text.split_at_checked(self.literal.len()) else { return false };
        let is_same = if self.folds_case { start.eq_ignore_ascii_case(&self.literal) } else { start == self.literal };
        is_same && rest.matches(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    const PATTERN_PARTS: &[&str] = &[
        "a",
        "b",
        "A",
        "B",
        "é",
        "c.md",
        "/",
        "/",
        "*",
        "*",
        "**",
        "***",
        "**/",
        "/**",
        "/**/",
        "?",
        "[",
        "]",
        "!",
        "^",
        "-",
        "\\",
        "\\a",
        "\\A",
        "\\*",
        "\\/",
        "[a-b]",
        "[b-a]",
        "[A-b]",
        "[Z-_]",
        "[A]",
        "[!A]",
        "[!a]",
        "[^b]",
        "[]a]",
        "[]-a]",
        "[a-]",
        "[--b]",
        "[/]",
        "[é]",
        "[\\]]",
        "[a\\-b]",
        "[\\",
        "[[:alpha:]]",
        "[[:upper:]]",
        "[[:lower:]]",
        "[[:x:]]",
        "[[:digit:]-a]",
        "[[:a]",
        "[[:alpha]]",
        "[[a]",
        ":]",
    ];
    const PATH_PARTS: &[&str] = &["a", "b", "A", "B", "c.md", "é", "/", "/", "*", "[", "]", "-", "\\", ":", "!", "_"];

    fn pattern() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(PATTERN_PARTS), 1..6).prop_map(|parts| parts.concat())
    }

    /// A path that no file system and no git refuses.
    fn path() -> impl Strategy<Value = String> {
        let text = prop::collection::vec(prop::sample::select(PATH_PARTS), 1..6).prop_map(|parts| parts.concat());
        text.prop_filter_map("a path", |text| {
            let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
            (!parts.is_empty()).then(|| parts.join("/"))
        })
    }

    /// The pairs of path and number of the pattern that git finds to match.
    fn matched_by_git(folder: &Path, patterns: &[String], paths: &[String], folds_case: bool) -> BTreeSet<(String, usize)> {
        let quoted = |pattern: &String| pattern.bytes().map(|byte| format!("\\{byte:03o}")).collect::<String>();
        let lines = patterns.iter().enumerate().map(|(number, pattern)| format!("\"{}\" p{number}\n", quoted(pattern)));
        fs::write(folder.join(".gitattributes"), lines.collect::<String>()).unwrap();
        let mut git = Command::new("git")
            .current_dir(folder)
            .args(["-c", &format!("core.ignoreCase={folds_case}"), "check-attr", "--stdin", "-z", "--all"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Dropped before git's output is read: git answers when it has all paths.
        git.stdin.take().unwrap().write_all(paths.iter().map(|path| format!("{path}\0")).collect::<String>().as_bytes()).unwrap();
        let output = String::from_utf8(git.wait_with_output().unwrap().stdout).unwrap();
        let fields: Vec<&str> = output.split_terminator('\0').collect();
        fields.chunks(3).map(|fields| (fields[0].to_owned(), fields[1][1..].parse().unwrap())).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn patterns_match_what_git_says_they_match(
            patterns in prop::collection::vec(pattern(), 64),
            paths in prop::collection::vec(path(), 64),
            folds_case in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            git2::Repository::init(folder.path()).unwrap();
            // In an attribute file, a pattern with `!` has no effect.
            let patterns: Vec<String> = patterns.into_iter().map(|pattern| pattern.trim_start_matches('!').to_owned()).collect();
            let by_git = matched_by_git(folder.path(), &patterns, &paths, folds_case);
            for (number, pattern) in patterns.iter().enumerate() {
                let compiled = PathPattern::new(pattern.as_bytes(), folds_case);
                for path in &paths {
                    let is_match = compiled.matches(path.as_bytes(), false);
                    prop_assert_eq!(is_match, by_git.contains(&(path.clone(), number)), "{:?} {:?} {}", pattern, path, folds_case);
                }
            }
        }
    }
}
