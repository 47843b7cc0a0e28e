//! Finds the page that a path means. A name typed on a Mac may hold é as two characters, while models and keyboards write one; an
//! emoji may or may not carry its selector. And many file systems find a file by other spellings of its name: other letter case,
//! or a short name such as `PRIVAT~1`. The name that the folder lists is the page's: ignore patterns, attributes and commits are
//! asked about no other.

use crate::git::Git;
use crate::path;
use crate::work_tree;
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::Path;

/// Why a path is refused whose file is there, but under no name that the folder lists.
const NOT_LISTED: &str = "the file system knows a file by this name that is listed under another one; use that one";

/// The path of the page on disk that `page` means; `page` itself if there is none.
///
/// # Errors
/// [`MemoryError::BadPath`] if the file system finds a file, and which of the listed ones it is cannot be found out.
pub(crate) fn on_disk(folder: &Path, page: &str) -> Result<String, MemoryError> {
    resolve(page, &Disk { folder })
}

/// Whether each part of the path is the name of a file or folder as it is listed.
pub(crate) fn is_listed(folder: &Path, path: &str) -> bool {
    Disk { folder }.find("", path).is_some() && on_disk(folder, path).is_ok_and(|listed| listed == path)
}

impl Git {
    /// Checks a path and finds the page that it means, on disk or, if it is not there, in the last commit.
    pub(crate) fn address(&self, page: &str) -> Result<String, MemoryError> {
        path::check(page)?;
        let found = on_disk(&self.folder, page)?;
        if page.is_ascii() || found != page {
            return Ok(found);
        }
        let head = self.head_tree()?;
        let names = |above: &str| {
            let Some(head) = &head else { return Vec::new() };
            let inside = match above {
                "" => Ok(head.clone()),
                _ => head.get_path(Path::new(above)).and_then(|entry| self.repo.find_tree(entry.id())),
            };
            inside.iter().flat_map(|tree| tree.iter()).filter_map(|entry| entry.name().ok().map(str::to_owned)).collect()
        };
        resolve(page, &names)
    }
}

/// The names in a tree of files. A folder is named by its path, which is empty or has no `/` at its end.
trait Names {
    /// The names in a folder.
    fn list(&self, above: &str) -> Vec<String>;

    /// Whether the folder knows the name under other spellings than the listed one. May be true by mistake.
    fn has_spellings(&self, above: &str, name: &str) -> bool;

    /// Whether the folder finds a file or folder by this name, listed or not.
    fn finds(&self, above: &str, name: &str) -> bool;

    /// Whether both names are of one file or folder.
    fn is_same(&self, above: &str, one: &str, other: &str) -> bool;
}

/// Names that have one spelling each.
impl<F: Fn(&str) -> Vec<String>> Names for F {
    fn list(&self, above: &str) -> Vec<String> {
        self(above)
    }

    fn has_spellings(&self, _: &str, _: &str) -> bool {
        false
    }

    fn finds(&self, _: &str, _: &str) -> bool {
        false
    }

    fn is_same(&self, _: &str, _: &str, _: &str) -> bool {
        false
    }
}

/// The memory folder.
struct Disk<'a> {
    folder: &'a Path,
}

impl Disk<'_> {
    fn find(&self, above: &str, name: &str) -> Option<FileIdentity> {
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        identity(&work_tree::file_of(self.folder, &path))
    }
}

impl Names for Disk<'_> {
    fn list(&self, above: &str) -> Vec<String> {
        let folder = if above.is_empty() { self.folder.to_owned() } else { work_tree::file_of(self.folder, above) };
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    fn has_spellings(&self, above: &str, name: &str) -> bool {
        if is_short_name(name) {
            return true;
        }
        let swap = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        let swapped: String = name.chars().map(swap).collect();
        let found = self.find(above, name);
        swapped != name && found.is_some() && self.find(above, &swapped) == found
    }

    fn finds(&self, above: &str, name: &str) -> bool {
        self.find(above, name).is_some()
    }

    fn is_same(&self, above: &str, one: &str, other: &str) -> bool {
        self.find(above, one) == self.find(above, other)
    }
}

/// What tells a file from every other one. `None` stands for no file.
#[cfg(unix)]
type FileIdentity = (u64, u64);
#[cfg(not(unix))]
type FileIdentity = std::path::PathBuf;

#[cfg(unix)]
fn identity(file: &Path) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(file).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// The path with the names as they are listed.
#[cfg(not(unix))]
fn identity(file: &Path) -> Option<FileIdentity> {
    fs::canonicalize(file).ok()
}

/// Whether the name may be a short one (8.3 form) of Windows.
fn is_short_name(name: &str) -> bool {
    name.split('~').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Resolves a path part by part.
fn resolve(page: &str, names: &impl Names) -> Result<String, MemoryError> {
    let mut found = String::with_capacity(page.len());
    for part in page.split('/') {
        let name = if part.is_ascii() && !names.has_spellings(&found, part) {
            None
        } else {
            listed_name(part, &found, names).map_err(|reason| path::bad_path(page, reason))?
        };
        if !found.is_empty() {
            found.push('/');
        }
        found.push_str(name.as_deref().unwrap_or(part));
    }
    Ok(found)
}

/// The listed name that `part` means. `None`: it is listed itself, or it is a new name. Of several others that look the same,
/// the first in order.
fn listed_name(part: &str, above: &str, names: &impl Names) -> Result<Option<String>, &'static str> {
    let listed = names.list(above);
    if listed.iter().any(|name| name == part) {
        return Ok(None);
    }
    let first = |wanted: &dyn Fn(&String) -> bool| listed.iter().filter(|name| wanted(name)).min().cloned();
    let key = path::lookup_key(part);
    if let Some(name) = first(&|name| path::lookup_key(name) == key) {
        return Ok(Some(name));
    }
    if !names.finds(above, part) {
        return Ok(None);
    }
    let folded = path::case_folded(part);
    let is_same = |name: &String| names.is_same(above, name, part);
    // A file may have several names by links; the one that differs in case only comes first.
    let name = first(&|name| is_same(name) && path::case_folded(name) == folded).or_else(|| first(&is_same));
    name.map(Some).ok_or(NOT_LISTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// A file system that folds letter case, also beyond ASCII, and knows some short names.
    struct Folding {
        folders: HashMap<&'static str, Vec<&'static str>>,
        short: HashMap<&'static str, &'static str>,
    }

    impl Folding {
        fn listed(&self, above: &str, name: &str) -> Option<&'static str> {
            let long = *self.short.get(name).unwrap_or(&name);
            let listed = self.folders.get(above)?;
            listed.iter().find(|listed| path::case_folded(listed) == path::case_folded(long)).copied()
        }
    }

    impl Names for Folding {
        fn list(&self, above: &str) -> Vec<String> {
            self.folders.get(above).into_iter().flatten().map(|name| (*name).to_owned()).collect()
        }

        fn has_spellings(&self, _: &str, _: &str) -> bool {
            true
        }

        fn finds(&self, above: &str, name: &str) -> bool {
            self.listed(above, name).is_some()
        }

        fn is_same(&self, above: &str, one: &str, other: &str) -> bool {
            self.listed(above, one) == self.listed(above, other)
        }
    }

    #[test]
    fn a_path_finds_the_spelling_that_exists() {
        let names = |above: &str| match above {
            "" => vec!["Cafe\u{301}".to_owned(), "\u{2764}\u{fe0f} Health.md".to_owned()],
            "Cafe\u{301}" => vec!["Zoe\u{308}.md".to_owned(), "Zo\u{eb}.md".to_owned()],
            _ => Vec::new(),
        };
        let resolve = |page: &str| resolve(page, &names).unwrap();
        assert_eq!(resolve("Caf\u{e9}/x.md"), "Cafe\u{301}/x.md");
        assert_eq!(resolve("Caf\u{e9}/Zo\u{eb}.md"), "Cafe\u{301}/Zo\u{eb}.md");
        assert_eq!(resolve("\u{2764} Health.md"), "\u{2764}\u{fe0f} Health.md");
        assert_eq!(resolve("CAF\u{c9}/x.md"), "CAF\u{c9}/x.md");
        assert_eq!(resolve("new/\u{e9}.md"), "new/\u{e9}.md");
    }

    #[test]
    fn a_file_that_is_found_by_another_spelling_has_the_listed_name() {
        let folding = Folding {
            folders: HashMap::from([
                ("", vec!["priv\u{e9}", "private notes"]),
                ("priv\u{e9}", vec!["Diary.md", "stra\u{df}e.md"]),
            ]),
            short: HashMap::from([("PRIVAT~1", "private notes"), ("LOST~1", "gone")]),
        };
        for (typed, listed) in [
            ("PRIV\u{c9}/diary.md", "priv\u{e9}/Diary.md"),
            ("Priv\u{e9}/STRASSE.md", "priv\u{e9}/stra\u{df}e.md"),
            ("PRIVAT~1/x.md", "private notes/x.md"),
            ("priv\u{e9}/new.md", "priv\u{e9}/new.md"),
            ("LOST~1/x.md", "LOST~1/x.md"),
        ] {
            assert_eq!(resolve(typed, &folding).unwrap(), listed, "{typed}");
        }
    }

    #[test]
    fn a_file_that_is_listed_under_no_known_name_is_refused() {
        struct Blind;
        impl Names for Blind {
            fn list(&self, _: &str) -> Vec<String> {
                vec!["private notes".to_owned()]
            }
            fn has_spellings(&self, _: &str, _: &str) -> bool {
                true
            }
            fn finds(&self, _: &str, _: &str) -> bool {
                true
            }
            fn is_same(&self, _: &str, _: &str, _: &str) -> bool {
                false
            }
        }
        assert!(resolve("PRIVAT~1/x.md", &Blind).is_err());
        assert_eq!(resolve("private notes", &Blind).unwrap(), "private notes");
    }

    #[test]
    fn names_of_this_disk_are_found_as_they_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("Notes")).unwrap();
        fs::write(folder.path().join("Notes/a~1.md"), "x").unwrap();
        assert_eq!(on_disk(folder.path(), "Notes/a~1.md").unwrap(), "Notes/a~1.md");
        assert!(is_listed(folder.path(), "Notes") && is_listed(folder.path(), "Notes/a~1.md"));
        assert!(!is_listed(folder.path(), "notes") && !is_listed(folder.path(), "Notes/b.md"));
        // Where the disk does not fold names, another case is another page.
        let folds = folder.path().join("nOTES").exists();
        assert_eq!(on_disk(folder.path(), "nOTES/A~1.MD").unwrap() == "Notes/a~1.md", folds);
    }
}
