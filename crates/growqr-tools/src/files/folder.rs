//! A folder that the person has chosen, and its name.

use std::path::PathBuf;

/// A folder that the person has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The first part of every path that agents see.
    pub name: String,
    /// Where it is. Agents are never told.
    pub path: PathBuf,
    /// Whether agents may change files in it.
    pub can_write: bool,
}

/// The most characters of a name.
const MAX_NAME: usize = 40;

impl Folder {
    /// Whether a folder can have this name: letters, digits, `-`, `_` and dots between them, so that it is one part of a path on every
    /// system and in every rule.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let is_usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let dots_at_ends = name.starts_with('.') || name.ends_with('.');
        (1..=MAX_NAME).contains(&name.chars().count()) && name.chars().all(is_usable) && !dots_at_ends
    }

    /// The name for a folder at this path: its last part, with `-` for what a name cannot have.
    #[must_use]
    pub fn name_for(path: &std::path::Path) -> String {
        let last = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let usable = last.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' });
        let name: String = usable.take(MAX_NAME).collect();
        let name = name.trim_matches(['-', '.']);
        if name.is_empty() { "folder".to_owned() } else { name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_name_is_made_from_the_last_part_of_the_path() {
        for (path, name) in [
            ("/home/you/My notes (old)", "My-notes--old"),
            ("/home/you/.config", "config"),
            ("/home/you/Žlutý.d", "Žlutý.d"),
            ("/", "folder"),
            ("/a/…", "folder"),
        ] {
            assert_eq!(Folder::name_for(Path::new(path)), name, "{path}");
            assert!(Folder::is_name(name), "{name}");
        }
        for name in ["", ".a", "a.", "a/b", "a b", "a\\b", "a:b", &"a".repeat(41)] {
            assert!(!Folder::is_name(name), "{name}");
        }
    }
}
