//! Compares two trees without building objects of libgit2: folders with the same id are not read. Reading one tree is a
//! comparison with nothing.

use crate::error_context::Context;
use crate::hidden::Leaf;
use git2::{ErrorCode, ObjectType, Odb, Oid};
use growqr_core::memory::MemoryError;
use std::cmp::Ordering;

const FOLDER: i32 = 0o040_000;

/// A file that differs between two trees. `None`: it is not there.
pub(crate) struct Difference<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) old: Option<Leaf>,
    pub(crate) new: Option<Leaf>,
}

/// An entry of a tree.
struct Entry<'a> {
    name: &'a [u8],
    leaf: Leaf,
}

impl Entry<'_> {
    fn is_folder(&self) -> bool {
        self.leaf.mode == FOLDER
    }

    /// The order of entries in a tree: a folder is sorted as if its name ended with a slash.
    fn order(&self, other: &Entry<'_>) -> Ordering {
        let key = |entry: &Entry<'_>| entry.is_folder().then_some(b'/');
        self.name.iter().copied().chain(key(self)).cmp(other.name.iter().copied().chain(key(other)))
    }
}

/// Calls `visit` for every file that differs between two trees, in the order of their paths.
///
/// # Errors
/// [`not_here`] if a tree is not in the repository.
pub(crate) fn compare(
    odb: &Odb<'_>,
    old: Option<Oid>,
    new: Option<Oid>,
    visit: &mut dyn FnMut(Difference<'_>),
) -> Result<(), MemoryError> {
    if old == new { Ok(()) } else { compare_folder(odb, old, new, &mut Vec::new(), visit) }
}

fn compare_folder(
    odb: &Odb<'_>,
    old: Option<Oid>,
    new: Option<Oid>,
    path: &mut Vec<u8>,
    visit: &mut dyn FnMut(Difference<'_>),
) -> Result<(), MemoryError> {
    let (old, new) = (old.map(|oid| read_tree(odb, oid)).transpose()?, new.map(|oid| read_tree(odb, oid)).transpose()?);
    let (old, new) = (parse(old.as_ref().map(|tree| tree.data()))?, parse(new.as_ref().map(|tree| tree.data()))?);
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(before), Some(after)) => before.order(after),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let Some(either) = before.as_ref().or(after.as_ref()) else { continue };
        let (before, after) = (before.as_ref().map(|entry| entry.leaf), after.as_ref().map(|entry| entry.leaf));
        if before == after {
            continue;
        }
        let length = path.len();
        path.extend_from_slice(either.name);
        if either.is_folder() {
            path.push(b'/');
            compare_folder(odb, before.map(|leaf| leaf.oid), after.map(|leaf| leaf.oid), path, visit)?;
        } else {
            visit(Difference { path, old: before, new: after });
        }
        path.truncate(length);
    }
}

/// The entry of a file at a path.
///
/// # Errors
/// [`not_here`] if a tree on the way is not in the repository.
pub(crate) fn entry_at(odb: &Odb<'_>, tree: Oid, path: &str) -> Result<Option<Leaf>, MemoryError> {
    let (folder, name) = match path.rsplit_once('/') {
        Some((folders, name)) => (folder_at(odb, tree, folders)?, name),
        None => (Some(tree), path),
    };
    let Some(folder) = folder else { return Ok(None) };
    Ok(entry_in(odb, folder, name)?.filter(|(_, is_folder)| !is_folder).map(|(leaf, _)| leaf))
}

/// The tree of a folder at a path; `None` if there is none.
///
/// # Errors
/// As [`entry_at`].
pub(crate) fn folder_at(odb: &Odb<'_>, tree: Oid, path: &str) -> Result<Option<Oid>, MemoryError> {
    let mut tree = tree;
    for part in path.split('/') {
        match entry_in(odb, tree, part)? {
            Some((leaf, true)) => tree = leaf.oid,
            _ => return Ok(None),
        }
    }
    Ok(Some(tree))
}

/// The entry of this name in a tree, and whether it is a folder.
fn entry_in(odb: &Odb<'_>, tree: Oid, name: &str) -> Result<Option<(Leaf, bool)>, MemoryError> {
    let object = read_tree(odb, tree)?;
    let found = Entries(object.data()).find(|entry| entry.as_ref().is_ok_and(|entry| entry.name == name.as_bytes()));
    Ok(found.transpose()?.map(|entry| (entry.leaf, entry.is_folder())))
}

fn read_tree<'a>(odb: &'a Odb<'_>, oid: Oid) -> Result<git2::OdbObject<'a>, MemoryError> {
    match odb.read(oid) {
        Ok(object) if object.kind() == ObjectType::Tree => Ok(object),
        Ok(_) => Err(damaged()),
        Err(error) if error.code() == ErrorCode::NotFound => Err(not_here()),
        Err(error) => Err(error).context("read a version"),
    }
}

fn parse(tree: Option<&[u8]>) -> Result<Vec<Entry<'_>>, MemoryError> {
    tree.map(|bytes| Entries(bytes).collect()).transpose().map(Option::unwrap_or_default)
}

/// The entries in the bytes of a tree: mode, space, name, zero, object id.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, MemoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = self.parse_one();
        if entry.is_none() {
            self.0 = &[];
        }
        Some(entry.ok_or_else(damaged))
    }
}

impl<'a> Entries<'a> {
    fn parse_one(&mut self) -> Option<Entry<'a>> {
        let space = self.0.iter().position(|byte| *byte == b' ')?;
        let mode = i32::from_str_radix(std::str::from_utf8(&self.0[..space]).ok()?, 8).ok()?;
        let rest = &self.0[space + 1..];
        let end = rest.iter().position(|byte| *byte == 0)?;
        let oid = Oid::from_bytes(rest.get(end + 1..end + 21)?).ok()?;
        self.0 = &rest[end + 21..];
        Some(Entry { name: &rest[..end], leaf: Leaf { oid, mode } })
    }
}

/// The error for an object that the repository names but does not hold: a partial clone gets such objects later.
pub(crate) fn not_here() -> MemoryError {
    let cause = "that version is not on this computer. If the repository is a partial or shallow clone, get the rest with: \
                 git fetch --unshallow, or git fetch --refetch --no-filter";
    MemoryError::Repository { doing: "read a version", cause: cause.to_owned() }
}

fn damaged() -> MemoryError {
    MemoryError::Repository { doing: "read a version", cause: "a tree is damaged; see what with git fsck".to_owned() }
}
