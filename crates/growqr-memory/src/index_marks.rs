//! What git's index says of the entries that are no ordinary files in the folder: links to other repositories, and files that
//! git does not expect there. Reads the index without libgit2 and without its checksum, because every listing needs this;
//! [`crate::read_index`] reads all of it.

use crate::git_folder;
use crate::read_index;
use git2::Oid;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const GITLINK: u32 = 0o160_000;
const FOLDER: u32 = 0o040_000;

/// The length of an entry before its extended flags or its path.
const FIXED: usize = 62;
const CHECKSUM: usize = 20;
const ASSUME_UNCHANGED: u16 = 0x8000;
const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;
const NAME_LENGTH: u16 = 0x0fff;
const SKIP_WORKTREE: u16 = 0x4000;

/// The entries that are no ordinary files, or in conflict. Empty if there is no index, or none that can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexMarks {
    /// Folders that are links to other repositories.
    pub(crate) links: BTreeSet<String>,
    /// Files with the flag skip-worktree, and their blobs.
    pub(crate) skip_worktree: BTreeMap<String, Oid>,
    /// Files with the flag assume-unchanged.
    pub(crate) assumed_unchanged: BTreeSet<String>,
    /// Files with an unsolved conflict.
    pub(crate) conflicted: BTreeSet<String>,
    /// Folders of a sparse index, each with a `/` at its end, and their trees. All files in them are skipped.
    pub(crate) sparse_folders: BTreeMap<String, Oid>,
    /// There is no index that can be read, so nothing is known.
    pub(crate) is_unreadable: bool,
}

impl IndexMarks {
    /// Reads the index of the working tree in `folder`.
    pub(crate) fn read(folder: &Path) -> IndexMarks {
        let git = git_folder::own(folder);
        match fs::read(git.join("index")) {
            // An index of another kind, such as a split one.
            Ok(bytes) => parse(&bytes).unwrap_or_else(|| listed_by_git(folder, &git)),
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::debug!(%error, "git's index cannot be read");
                }
                IndexMarks { is_unreadable: true, ..IndexMarks::default() }
            }
        }
    }

    /// Whether git does not expect some file of the index in the folder.
    pub(crate) fn has_files_outside(&self) -> bool {
        !self.skip_worktree.is_empty() || !self.assumed_unchanged.is_empty() || !self.sparse_folders.is_empty()
    }

    /// Whether the file has the flag skip-worktree.
    pub(crate) fn is_skip_worktree(&self, path: &str) -> bool {
        self.skip_worktree.contains_key(path) || self.sparse_folders.keys().any(|folder| path.starts_with(folder))
    }

    fn add(&mut self, path: &[u8], mode: u32, id: &[u8], (is_skip_worktree, is_assumed_unchanged): (bool, bool)) -> Option<()> {
        // Only paths in Unicode can be pages.
        let Ok(path) = std::str::from_utf8(path) else { return Some(()) };
        let id = Oid::from_bytes(id).ok()?;
        match mode {
            GITLINK => drop(self.links.insert(path.to_owned())),
            FOLDER => drop(self.sparse_folders.insert(path.to_owned(), id)),
            _ if is_skip_worktree => drop(self.skip_worktree.insert(path.to_owned(), id)),
            _ if is_assumed_unchanged => drop(self.assumed_unchanged.insert(path.to_owned())),
            _ => {}
        }
        Some(())
    }
}

fn listed_by_git(folder: &Path, git: &Path) -> IndexMarks {
    let mut marks = IndexMarks::default();
    let Ok(listed) = read_index::list(folder, &git.join("growqr"), &git.join("index")) else {
        return IndexMarks { is_unreadable: true, ..marks };
    };
    for (path, entry) in read_index::parse_list(&listed) {
        marks.add(&path, entry.mode, entry.id.as_bytes(), (entry.is_skip_worktree, entry.is_assumed_unchanged));
    }
    marks.conflicted = read_index::parse_conflicts(&listed);
    marks
}

/// `None` if it is no index, or one whose other part is in another file (a split index).
fn parse(bytes: &[u8]) -> Option<IndexMarks> {
    let version = number(bytes, 4)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut marks = IndexMarks::default();
    let mut at = 12;
    // In version 4, a path begins with a part of the path before it.
    let mut path = Vec::new();
    for _ in 0..number(bytes, 8)? {
        let flags = short(bytes, at + FIXED - 2)?;
        let is_extended = flags & EXTENDED != 0;
        let extended = if is_extended { short(bytes, at + FIXED)? } else { 0 };
        let start = at + FIXED + if is_extended { 2 } else { 0 };
        let (name, next) = if version == 4 {
            let (dropped, length) = variable_number(bytes.get(start..)?)?;
            let end = end_of_text(bytes, start + length)?;
            path.truncate(path.len().checked_sub(dropped)?);
            path.extend_from_slice(&bytes[start + length..end]);
            (path.as_slice(), end + 1)
        } else {
            let end = match flags & NAME_LENGTH {
                NAME_LENGTH => end_of_text(bytes, start)?,
                length => start + usize::from(length),
            };
            // Entries are filled up with zeros, at least one, to a multiple of eight.
            (bytes.get(start..end)?, at + (end - at + 8) / 8 * 8)
        };
        let flags_of_file = (extended & SKIP_WORKTREE != 0, flags & ASSUME_UNCHANGED != 0);
        let mode = number(bytes, at + 24)?;
        if flags & STAGE != 0 {
            marks.conflicted.extend(std::str::from_utf8(name).map(str::to_owned));
        } else if flags_of_file != (false, false) || matches!(mode, GITLINK | FOLDER) {
            marks.add(name, mode, bytes.get(at + 40..at + 60)?, flags_of_file)?;
        }
        at = next;
    }
    let is_split = extensions(bytes, at).any(|name| name == b"link");
    (!is_split).then_some(marks)
}

/// The names of the extensions from `at` on.
fn extensions(bytes: &[u8], mut at: usize) -> impl Iterator<Item = &[u8]> {
    let end = bytes.len().saturating_sub(CHECKSUM);
    std::iter::from_fn(move || {
        let name = bytes.get(at..at + 4).filter(|_| at + 8 <= end)?;
        at += 8 + usize::try_from(number(bytes, at + 4)?).ok()?;
        Some(name)
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    Some(start + memchr::memchr(0, bytes.get(start..)?)?)
}

/// A number of seven bits a byte, and how many bytes it has.
fn variable_number(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = usize::from(bytes.first()? & 0x7f);
    for length in 1..=4 {
        if bytes[length - 1] & 0x80 == 0 {
            return Some((value, length));
        }
        value = ((value + 1) << 7) + usize::from(bytes.get(length)? & 0x7f);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn git(folder: &Path, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(arguments);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    }

    #[test]
    fn the_flags_are_read_from_an_index_of_every_version() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("long/{}.md", "x".repeat(190));
        git(folder.path(), &["init", "-q"]);
        for file in ["a.md", "ab/c.md", "ab/d.md", "é.md", "z.md", &long] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x").unwrap();
        }
        git(folder.path(), &["add", "."]);
        let link = format!("160000,{},ab/sub", "1".repeat(40));
        git(folder.path(), &["update-index", "--add", "--cacheinfo", &link]);
        git(folder.path(), &["update-index", "--assume-unchanged", "ab/d.md"]);
        let read = |version: &str| {
            git(folder.path(), &["update-index", "--index-version", version]);
            let marks = IndexMarks::read(folder.path());
            assert_eq!(marks.links, BTreeSet::from(["ab/sub".to_owned()]), "{version}");
            assert_eq!(marks.assumed_unchanged, BTreeSet::from(["ab/d.md".to_owned()]), "{version}");
            marks
        };
        assert!(read("2").skip_worktree.is_empty());
        git(folder.path(), &["update-index", "--skip-worktree", "é.md", &long]);
        for version in ["3", "4"] {
            let marks = read(version);
            assert!(marks.skip_worktree.keys().eq([&long, "é.md"]), "{version}: {marks:?}");
            assert!(marks.is_skip_worktree("é.md") && !marks.is_skip_worktree("z.md"));
        }
        git(folder.path(), &["update-index", "--split-index"]);
        let marks = IndexMarks::read(folder.path());
        assert!(marks.links.contains("ab/sub") && marks.is_skip_worktree("é.md"), "{marks:?}");
    }

    proptest! {
        #[test]
        fn a_damaged_index_is_read_without_panic(version in 1_u8..6, rest in prop::collection::vec(any::<u8>(), 0..300)) {
            let bytes = [b"DIRC\0\0\0".as_slice(), &[version, 0, 0, 0], &rest].concat();
            let _ = parse(&bytes);
        }
    }
}
