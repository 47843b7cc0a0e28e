//! Rules for the paths of pages. Checks only the text of a path; `work_tree` checks what is on disk.

use crate::leftover;
use growqr_core::memory::MemoryError;
use growqr_core::names::{is_invisible, visible};
use unicode_normalization::UnicodeNormalization;

/// The longest component of a path, in bytes.
pub const MAX_PART: usize = 200;
/// The longest path, in bytes.
pub const MAX_PATH: usize = 400;
/// The most components of a path.
pub const MAX_DEPTH: usize = 12;

/// Accepts a relative path with `/` that names the same file on every operating system and is not inside `.git`.
///
/// # Errors
/// [`MemoryError::BadPath`] with the rule that the path breaks.
pub(crate) fn check(path: &str) -> Result<(), MemoryError> {
    match problem(path) {
        None => Ok(()),
        Some(reason) => Err(bad_path(path, reason)),
    }
}

/// Like [`check`], for the path of a file or folder in a folder that is known to be allowed.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_last(path: &str, is_folder: bool) -> Result<(), MemoryError> {
    let part = path.rsplit('/').next().unwrap_or(path);
    let is_leftover = if is_folder { leftover::is_leftover_folder(part) } else { leftover::is_leftover(part) };
    let problem = whole_problem(path).or_else(|| part_problem(part, is_leftover));
    problem.map_or(Ok(()), |reason| Err(bad_path(path, reason)))
}

/// Builds [`MemoryError::BadPath`].
pub(crate) fn bad_path(path: &str, reason: impl Into<String>) -> MemoryError {
    MemoryError::BadPath { path: path.to_owned(), reason: reason.into() }
}

fn problem(path: &str) -> Option<&'static str> {
    if let Some(problem) = whole_problem(path) {
        return Some(problem);
    }
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let is_leftover = if parts.peek().is_some() { leftover::is_leftover_folder(part) } else { leftover::is_leftover(part) };
        if let Some(problem) = part_problem(part, is_leftover) {
            return Some(problem);
        }
    }
    None
}

/// A problem of the path as a whole.
fn whole_problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("give a name such as notes/today.md");
    }
    if path.len() > MAX_PATH {
        return Some("it is too long; use at most 400 bytes");
    }
    if path.contains('\\') {
        return Some("use / between folders, never \\");
    }
    if path.starts_with('/') || has_drive(path) {
        return Some("give a path relative to the memory folder, such as notes/today.md");
    }
    if path.split('/').count() > MAX_DEPTH {
        return Some("it is too deep; use at most 12 parts");
    }
    None
}

/// Whether the path begins with a drive. `a:b.md` is taken for a name with a colon.
fn has_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes.get(2).is_none_or(|next| *next == b'/')
}

fn part_problem(part: &str, is_leftover: bool) -> Option<&'static str> {
    if part.is_empty() {
        return Some("leave out empty parts (// or a / at the end)");
    }
    if part.len() > MAX_PART {
        return Some("a part is too long; use at most 200 bytes for each");
    }
    if part.starts_with('.') {
        return Some("no part may begin with a dot; hidden files, .. and .git are not memory");
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Some("no part may end with a dot or begin or end with a space");
    }
    if is_leftover {
        return Some("editors and sync programs leave files with such names, which are not memory; choose another name");
    }
    if part.chars().any(char::is_control) {
        return Some("leave out control characters");
    }
    if has_stray_invisible(part) {
        return Some("leave out invisible characters");
    }
    if part.contains(['<', '>', ':', '"', '|', '?', '*']) {
        return Some("leave out < > : \" | ? *");
    }
    if is_git_short_name(part) {
        return Some("it is another spelling of .git; choose another name");
    }
    is_reserved(part).then_some("it is a device name on Windows; choose another name")
}

/// Whether an invisible character stands where no script and no emoji needs it. [`case_folded`] leaves all of them out, so
/// two names that differ only in such characters are never two pages.
fn has_stray_invisible(part: &str) -> bool {
    if part.is_ascii() {
        return false;
    }
    let mut before: Option<char> = None;
    for c in part.chars() {
        if is_invisible(c) && !before.is_some_and(|before| belongs_after(c, before)) {
            return true;
        }
        before = Some(c);
    }
    false
}

/// Whether the invisible character `c` has a meaning after `before`.
fn belongs_after(c: char, before: char) -> bool {
    let is_foreign = !before.is_ascii() && !before.is_whitespace() && !is_invisible(before);
    match c {
        // Emoji and text presentation, also of digits (keycaps), and variants of letters.
        '\u{fe00}'..='\u{fe0f}' => is_foreign || before.is_ascii_digit() || before == '#',
        // Joiners of emoji, which may follow a selector, and of Indic and Arabic scripts.
        '\u{200c}' | '\u{200d}' => is_foreign || matches!(before, '\u{fe0e}' | '\u{fe0f}'),
        // Flags of regions: a black flag and tags.
        '\u{e0020}'..='\u{e007f}' => matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'),
        // Variants of Chinese characters and of Mongolian letters.
        '\u{e0100}'..='\u{e01ef}' => is_foreign && before.is_alphanumeric(),
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1800}'..='\u{18af}'),
        // Direction marks in Hebrew and Arabic names.
        '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            matches!(before, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        }
        // Borders of words in scripts without spaces.
        '\u{200b}' => matches!(before, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'),
        _ => false,
    }
}

/// Whether it is a short name (8.3 form) that Windows may give `.git`, such as `git~1`.
fn is_git_short_name(part: &str) -> bool {
    let is_git = part.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("git~"));
    is_git && part[4..].starts_with(|c: char| c.is_ascii_digit())
}

fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end();
    // Most names are longer than every device name.
    if stem.len() > "CONOUT$".len() {
        return false;
    }
    let stem = stem.to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    numbered.is_some_and(|rest| {
        let mut digits = rest.chars();
        matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    })
}

/// Folds letter case and normalises Unicode. Two names with the same result may be the same name to some file system.
pub(crate) fn case_folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let upper: String = visible(name).flat_map(char::to_uppercase).collect();
    upper.chars().flat_map(char::to_lowercase).nfc().collect()
}

/// The form under which a name is looked up. Two names with the same result look the same to people: they differ only in
/// how Unicode composes letters and in invisible characters.
pub(crate) fn lookup_key(name: &str) -> String {
    visible(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_paths_are_accepted() {
        for path in [
            "a",
            "profile.md",
            "people/Zoë.md",
            "日本/日記.md",
            "a b/c d.txt",
            "git/notes.md",
            "console.md",
            "com10.md",
            "a~b",
            "x..y",
            "\u{2764}\u{fe0f} Health.md",
            "\u{1f469}\u{200d}\u{1f4bb} Work.md",
            "\u{1f469}\u{1f3fd}\u{200d}\u{2764}\u{fe0f}\u{200d}\u{1f468}.md",
            "1\u{fe0f}\u{20e3} First.md",
            "\u{1f1e9}\u{1f1ea} Trip.md",
            "\u{2699}\u{fe0f} Setup/\u{1f4dd} Notes.md",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}.md",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}.md",
            "\u{915}\u{94d}\u{200d}\u{937}.md",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}.md",
            "\u{845b}\u{e0100}.md",
        ] {
            assert_eq!(problem(path), None, "{path:?}");
        }
        assert_eq!(problem(&["a"; MAX_DEPTH].join("/")), None);
        assert_eq!(problem(&"a".repeat(MAX_PART)), None);
    }

    #[test]
    fn every_dangerous_path_is_refused() {
        let refused = [
            "",
            "/",
            "/etc/passwd",
            "notes~",
            "//server/share",
            "\\\\server\\share",
            "C:\\x",
            "c:/x",
            "C:x",
            "a\\b",
            "..",
            ".",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            ".git",
            ".GIT/config",
            ".git./x",
            ".git /x",
            "a/.git/hooks/x",
            "git~1",
            "GIT~1/config",
            "Git~2",
            ".g\u{200c}it/x",
            "\u{200c}.git/x",
            ".git::$INDEX_ALLOCATION/x",
            "x::$DATA",
            ".gitignore",
            ".hidden",
            "CON",
            "nul.md",
            "a/Com1.txt",
            "lpt9",
            "COM¹",
            "aux .md",
            "CONIN$",
            "prn",
            "a\0b",
            "a\nb",
            "a\u{7f}",
            "a\u{85}b",
            "a<b",
            "a>b",
            "a:b",
            "a\"b",
            "a|b",
            "a?b",
            "a*b",
            "dot.",
            "space ",
            " lead",
            "a./b",
            "bidi\u{202e}dm",
            "zero\u{200d}width",
            "pass\u{200b}word",
            "soft\u{ad}hyphen",
            "a\u{fe0f}",
            "\u{200d}\u{1f4bb}",
            "a\u{e0067}",
            "notes.swp",
            "~$letter.docx",
            "4913",
            "\u{feff}bom",
        ];
        for path in refused {
            assert!(matches!(check(path), Err(MemoryError::BadPath { .. })), "{path:?}");
        }
        assert!(problem(&["a"; MAX_DEPTH + 1].join("/")).is_some());
        assert!(problem(&"a".repeat(MAX_PART + 1)).is_some());
        assert!(problem(&["a".repeat(150), "b".repeat(150), "c".repeat(150)].join("/")).is_some());
    }

    #[test]
    fn a_folder_may_have_the_name_of_a_leftover_file() {
        assert_eq!(check_last("books/Vol 2.part", true), Ok(()));
        assert!(check_last("books/Vol 2.part", false).is_err());
        assert!(check_last(&["a"; MAX_DEPTH + 1].join("/"), false).is_err());
    }

    #[test]
    fn equivalent_spellings_fold_to_the_same_text() {
        for (one, other) in [
            ("README", "readme"),
            ("é", "e\u{301}"),
            ("É", "e\u{301}"),
            ("straße", "STRASSE"),
            ("ſ", "s"),
            ("K", "k"),
            ("\u{2764}\u{fe0f}", "\u{2764}"),
        ] {
            assert_eq!(case_folded(one), case_folded(other), "{one} {other}");
        }
        assert_ne!(case_folded("a"), case_folded("b"));
    }

    proptest! {
        #[test]
        fn an_accepted_path_never_leaves_the_folder(path in "[a-zA-Z0-9./\\\\ :~\u{200c}\u{301}é-]{0,24}") {
            if check(&path).is_ok() {
                prop_assert!(!path.contains('\\') && !path.contains(':'));
                for part in std::path::Path::new(&path).components() {
                    let std::path::Component::Normal(name) = part else { return Err(TestCaseError::fail("not a plain part")) };
                    let name = name.to_str().unwrap();
                    prop_assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']));
                    prop_assert!(!case_folded(name).starts_with("git~1"));
                }
            }
        }

        #[test]
        fn any_text_is_checked_without_panic(path in any::<String>()) {
            let _ = check(&path);
            prop_assert_eq!(case_folded(&case_folded(&path)), case_folded(&path));
        }
    }
}
