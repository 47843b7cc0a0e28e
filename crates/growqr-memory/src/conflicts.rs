//! Pages that merges with the server have kept in two versions, found in the repository: the message of a merge commit names
//! them, and a conflict is open as long as both versions are there. So a kill after the merge loses nothing.

use crate::MemoryRepo;
use crate::error_context::Context;
use crate::git::Git;
use crate::merge_trees::{PageConflict, is_copy_name};
use crate::message;
use crate::path;
use crate::tree_entry::blob_at;
use git2::{Commit, Oid, Tree};
use growqr_core::memory::{ConflictPage, MemoryConflict, MemoryError};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The lines of a merge commit's message that name a page, and the page with the server's version.
const PAGE: &str = "Conflict: ";
const COPY: &str = "Server-Version: ";

/// The open conflicts of one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenConflicts {
    head: Option<Oid>,
    /// One for each merge with such pages, newest first.
    pub open: Vec<MemoryConflict>,
}

impl MemoryRepo {
    /// The conflicts of the newest commit. `last` is the result of an earlier call: nothing is read if nothing was committed
    /// since.
    ///
    /// # Errors
    /// [`MemoryError::Repository`].
    pub fn conflicts(&self, last: OpenConflicts) -> Result<OpenConflicts, MemoryError> {
        let git = self.git()?;
        let head = git.head()?;
        if head == last.head {
            return Ok(last);
        }
        let open = head.map(|head| git.open_conflicts(head)).transpose()?.unwrap_or_default();
        Ok(OpenConflicts { head, open })
    }
}

impl Git {
    fn open_conflicts(&self, head: Oid) -> Result<Vec<MemoryConflict>, MemoryError> {
        let Some(tree) = self.tree(Some(head))? else { return Ok(Vec::new()) };
        let mut copies = self.copies(head)?;
        let mut walk = self.repo.revwalk().context("walk the history")?;
        walk.push(head).context("walk the history")?;
        let mut found = Vec::new();
        // The newest merge that has made a copy counts: an older one of that name was deleted before.
        while !copies.is_empty()
            && let Some(oid) = walk.next()
        {
            let commit = oid.and_then(|oid| self.repo.find_commit(oid)).context("walk the history")?;
            let mut pages = named_pages(&commit);
            pages.retain(|page| copies.remove(&page.copy));
            if !pages.is_empty() {
                let merged = commit.tree().context("read a tree")?;
                pages.retain(|page| is_open(page, &merged, &tree));
            }
            if !pages.is_empty() {
                found.push(MemoryConflict { merge: commit.id().to_string(), pages });
            }
        }
        Ok(found)
    }

    /// The pages of a commit that may be versions of the server, by their names.
    fn copies(&self, head: Oid) -> Result<BTreeSet<String>, MemoryError> {
        let mut copies = BTreeSet::new();
        for (path, leaf) in self.leaves(Some(head))? {
            if let Ok(name) = std::str::from_utf8(&path)
                && is_copy_name(name)
                && self.is_page(&path, leaf)
            {
                copies.insert(name.to_owned());
            }
        }
        Ok(copies)
    }
}

/// Whether both versions of a page are still there and differ. A page that was deleted before the merge has one version only,
/// which waits until it is renamed or deleted.
fn is_open(ConflictPage { path, copy }: &ConflictPage, merged: &Tree<'_>, now: &Tree<'_>) -> bool {
    let is_same = blob_at(Some(now), path) == blob_at(Some(now), copy);
    let is_deleted = blob_at(Some(merged), path).is_some() && blob_at(Some(now), path).is_none();
    !is_same && !is_deleted
}

/// The message of a merge commit with these conflicts.
pub(crate) fn with_conflicts(mut message: String, conflicts: &[PageConflict]) -> String {
    let mut separator = "\n";
    for PageConflict { path, copy } in conflicts {
        if let (Some(copy), Ok(())) = (copy, path::check(path)) {
            let _ = write!(message, "{separator}{PAGE}{path}\n{COPY}{copy}\n");
            separator = "";
        }
    }
    message
}

/// The pages that the message of this commit names; none if this program has not made it.
fn named_pages(commit: &Commit<'_>) -> Vec<ConflictPage> {
    if commit.parent_count() != 2 || !message::is_by_program(commit) {
        return Vec::new();
    }
    let message = String::from_utf8_lossy(commit.message_bytes());
    let lines: Vec<&str> = message.lines().collect();
    let pages = lines.windows(2).filter_map(|pair| {
        let (path, copy) = (pair[0].strip_prefix(PAGE)?, pair[1].strip_prefix(COPY)?);
        path::check(path).and(path::check(copy)).ok()?;
        Some(ConflictPage { path: path.to_owned(), copy: copy.to_owned() })
    });
    pages.collect()
}
