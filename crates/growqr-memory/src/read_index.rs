//! What git's index says: as libgit2 reads it, or as the user's git lists it.

use crate::git_program;
use git2::{Index, IndexEntryExtendedFlag, IndexEntryFlag, Oid};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;

/// Extended flag of an entry: git does not expect the file in the folder.
pub(crate) const SKIP_WORKTREE: u16 = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
/// Flag of an entry: the user has promised not to change the file, so git does not look for it.
pub(crate) const ASSUME_UNCHANGED: u16 = IndexEntryFlag::VALID.bits();

/// The flags of an entry that number the sides of a conflict.
const STAGE: u16 = 0x3000;

/// The mode of a folder in a sparse index.
const FOLDER: u32 = 0o040_000;

const CHECKSUM: usize = 20;

/// git's index.
pub(crate) enum ReadIndex {
    Readable(Index),
    /// The user's git has listed it.
    Listed(HashMap<Vec<u8>, Entry>),
}

/// What an entry says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: Oid,
    pub(crate) mode: u32,
    pub(crate) is_skip_worktree: bool,
    pub(crate) is_assumed_unchanged: bool,
    /// Only the name is staged, without a content (`git add -N`).
    pub(crate) is_intent_to_add: bool,
    /// The entry has no file times: git must read the file to see whether it was changed.
    pub(crate) is_without_stat: bool,
}

impl ReadIndex {
    /// The entry of a file that is not in conflict.
    pub(crate) fn get(&self, path: &[u8]) -> Option<Entry> {
        match self {
            ReadIndex::Readable(index) => find(index, path),
            ReadIndex::Listed(entries) => entries.get(path).copied(),
        }
    }

    /// All entries that are not in conflict, by their paths. Unlike the index, they can go from thread to thread.
    pub(crate) fn into_entries(self) -> BTreeMap<Vec<u8>, Entry> {
        match self {
            ReadIndex::Readable(index) => {
                let entries = index.iter().filter(|entry| entry.flags & STAGE == 0);
                entries
                    .map(|entry| {
                        let read = entry_of(&entry);
                        (entry.path, read)
                    })
                    .collect()
            }
            ReadIndex::Listed(entries) => entries.into_iter().collect(),
        }
    }
}

/// Reads an index of the repository in `folder`: with libgit2, or through the user's git if it is of a kind that libgit2 does not
/// know (sparse, split, or without a checksum). It is empty if there is no such file. `own` is a folder of this program inside
/// `.git`.
///
/// # Errors
/// If it is damaged, or if libgit2 cannot read it and git is not installed.
pub(crate) fn read(folder: &Path, own: &Path, file: &Path) -> Result<ReadIndex, git2::Error> {
    match open(file) {
        Ok(index) => Ok(ReadIndex::Readable(index)),
        Err(error) if is_damaged(file) => Err(error),
        Err(error) => {
            let listed = list(folder, own, file).map_err(|failed| git2::Error::from_str(&format!("{error}; {failed}")))?;
            Ok(ReadIndex::Listed(parse_list(&listed)))
        }
    }
}

/// Lets the user's git list an index, for [`parse_list`].
pub(crate) fn list(folder: &Path, own: &Path, file: &Path) -> io::Result<Vec<u8>> {
    git_program::run(folder, own, file, &["ls-files", "-s", "-v", "-z"], &[])
}

/// Whether the file is not an index of git: then nothing of it is worth keeping.
pub(crate) fn is_damaged(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| !is_intact(&bytes))
}

/// Opens an index with libgit2. Fails for a sparse one.
pub(crate) fn open(file: &Path) -> Result<Index, git2::Error> {
    let index = Index::open(file)?;
    let is_sparse = index.iter().any(|entry| entry.mode == FOLDER);
    if is_sparse { Err(git2::Error::from_str("it is a sparse index")) } else { Ok(index) }
}

/// The entry of a file that is not in conflict.
pub(crate) fn find(index: &Index, path: &[u8]) -> Option<Entry> {
    index.get_path(Path::new(&*String::from_utf8_lossy(path)), 0).map(|entry| entry_of(&entry))
}

fn entry_of(entry: &git2::IndexEntry) -> Entry {
    Entry {
        id: entry.id,
        mode: entry.mode,
        is_skip_worktree: entry.flags_extended & SKIP_WORKTREE != 0,
        is_assumed_unchanged: entry.flags & ASSUME_UNCHANGED != 0,
        is_intent_to_add: entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0,
        is_without_stat: entry.mtime.seconds() == 0,
    }
}

/// Whether these bytes are an index of git, whatever extensions it has.
fn is_intact(bytes: &[u8]) -> bool {
    let Some((content, checksum)) = bytes.len().checked_sub(CHECKSUM).and_then(|end| bytes.split_at_checked(end)) else {
        return false;
    };
    // git writes no checksum with the setting index.skipHash.
    let is_checksum = checksum.iter().all(|byte| *byte == 0) || Sha1::digest(content).as_slice() == checksum;
    content.starts_with(b"DIRC") && content.len() >= 12 && is_checksum
}

/// The paths in conflict in such lines as [`parse_list`] reads.
pub(crate) fn parse_conflicts(listed: &[u8]) -> BTreeSet<String> {
    let parse = |line: &[u8]| {
        let (head, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
        (!head.ends_with(" 0")).then(|| path.to_owned())
    };
    listed.split(|byte| *byte == 0).filter_map(parse).collect()
}

/// Parses lines such as `S 100644 <id> 0\t<path>`. A small letter means assume-unchanged, an `S` skip-worktree. Entries in conflict,
/// which have another number than 0, are left out.
pub(crate) fn parse_list(listed: &[u8]) -> HashMap<Vec<u8>, Entry> {
    let parse = |line: &[u8]| {
        let end = line.iter().position(|byte| *byte == b'\t')?;
        let mut parts = std::str::from_utf8(&line[..end]).ok()?.split(' ');
        let (tag, mode, id, stage) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let entry = Entry {
            id: Oid::from_str(id).ok()?,
            mode: u32::from_str_radix(mode, 8).ok()?,
            is_skip_worktree: tag.eq_ignore_ascii_case("S"),
            is_assumed_unchanged: tag.chars().all(|c| c.is_ascii_lowercase()),
            is_intent_to_add: false,
            is_without_stat: false,
        };
        (stage == "0").then(|| (line[end + 1..].to_vec(), entry))
    };
    listed.split(|byte| *byte == 0).filter_map(parse).collect()
}
