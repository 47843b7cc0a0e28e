//! What is on disk at a page's path, as it would be committed.

use crate::conversion::Conversion;
use crate::error_context::Context;
use crate::git::Git;
use crate::line_ends::LineEnds;
use crate::text;
use crate::work_tree::{self, Bytes};
use git2::{ObjectType, Oid};
use growqr_core::memory::MemoryError;
use std::borrow::Cow;
use std::path::Path;

/// What is on disk at a page's path.
pub(crate) enum OnDisk {
    /// Nothing.
    Absent,
    /// Nothing, because git does not expect the page in the folder: its version in the last commit.
    Outside(Oid),
    /// A file: what would be committed of it, and the id of that blob.
    File(Vec<u8>, Oid),
    /// Something that cannot be a page, or that is left to git, and why.
    NotAPage(MemoryError),
}

impl OnDisk {
    /// The blob id of the page (`None`: no page); an error if it cannot be a page.
    pub(crate) fn version(&self) -> Result<Option<Oid>, &MemoryError> {
        match self {
            OnDisk::Absent => Ok(None),
            OnDisk::File(_, oid) | OnDisk::Outside(oid) => Ok(Some(*oid)),
            OnDisk::NotAPage(reason) => Err(reason),
        }
    }
}

impl Git {
    /// Inspects a page's path on disk without following links. The path must have passed [`crate::path::check`].
    pub(crate) fn inspect(&self, page: &str) -> OnDisk {
        self.or_outside(page, inspect(&self.folder, self.conversion(), page))
    }

    /// Like [`Git::inspect`], as if `committed` were the version of the page in the last commit.
    pub(crate) fn inspect_as_of(&self, page: &str, committed: Option<Oid>) -> OnDisk {
        let committed = || committed.and_then(|oid| self.blob(oid).ok().flatten());
        self.or_outside(page, inspect_after(&self.folder, self.conversion(), page, committed))
    }

    fn or_outside(&self, page: &str, found: OnDisk) -> OnDisk {
        match found {
            OnDisk::Absent => self.version_outside(page).map_or(OnDisk::Absent, OnDisk::Outside),
            found => found,
        }
    }

    /// The bytes to write to the folder for a committed version of a page. An existing file keeps its line ends; a new one gets
    /// those that git would give it. git takes the result for exactly this version.
    pub(crate) fn to_folder(&self, page: &str, committed: Vec<u8>) -> Result<Vec<u8>, MemoryError> {
        let line_ends = self.conversion().line_ends(page)?;
        if line_ends == LineEnds::AsTheyAre {
            return Ok(committed);
        }
        let existing = match work_tree::read_bytes(&self.folder, page) {
            Bytes::File(existing) => Some(existing),
            Bytes::Absent | Bytes::NotAPage(_) => None,
        };
        let kept = match (existing, text::decode(page, &committed)) {
            (Some(existing), Ok(text)) => Some(text::encode(&existing, &text)?),
            _ => None,
        };
        let checked_out = line_ends.to_folder(&committed).into_owned();
        let is_same = |bytes: &Vec<u8>| *line_ends.to_commit(bytes, || Some(committed.clone())) == *committed;
        Ok(kept.into_iter().chain([checked_out]).find(is_same).unwrap_or(committed))
    }
}

/// Like [`Git::inspect`], for threads. A page that is not on this computer counts as absent.
pub(crate) fn inspect(folder: &Path, conversion: &Conversion, page: &str) -> OnDisk {
    inspect_after(folder, conversion, page, || conversion.committed(page))
}

fn inspect_after(folder: &Path, conversion: &Conversion, page: &str, committed: impl FnOnce() -> Option<Vec<u8>>) -> OnDisk {
    let line_ends = match conversion.line_ends(page) {
        Ok(line_ends) => line_ends,
        Err(reason) => return OnDisk::NotAPage(reason),
    };
    let bytes = match work_tree::read_bytes(folder, page) {
        Bytes::Absent => return OnDisk::Absent,
        Bytes::NotAPage(reason) => return OnDisk::NotAPage(reason),
        Bytes::File(bytes) => bytes,
    };
    let converted = match line_ends.to_commit(&bytes, committed) {
        Cow::Borrowed(_) => None,
        Cow::Owned(converted) => Some(converted),
    };
    let bytes = converted.unwrap_or(bytes);
    match Oid::hash_object(ObjectType::Blob, &bytes).context("hash a page") {
        Ok(oid) => OnDisk::File(bytes, oid),
        Err(reason) => OnDisk::NotAPage(reason),
    }
}
