//! Sync with the person's own server: fetch, merge page by page, push. Never forces and never overwrites.
//!
//! The server's commits are downloaded first, without the lock on the memory. Under the lock, hand edits are committed and the
//! server's changes are merged into a commit with two parents (or, if nothing happened here, the branch moves to the server's
//! commit). That commit goes through the same crash-safe steps as any other change. Then it is pushed, again without the lock.
//! A kill between any two steps leaves a state from which the next sync continues.

use crate::MemoryRepo;
use crate::conflicts::with_conflicts;
use crate::error_context::Context;
use crate::git::Git;
use crate::hidden::HiddenFile;
use crate::merge_trees::{MergedTree, PageConflict};
use crate::message::{self, Author};
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use crate::remote::{Push, Remote, Session};
use crate::sync_error::SyncError;
use crate::tree_entry::blob_at;
use crate::work_tree;
use git2::{ErrorCode, Oid};
use growqr_core::clock::Timestamp;
use growqr_core::memory::MemoryError;

/// How often to merge and push if the server's branch keeps moving.
const ATTEMPTS: usize = 5;

/// The result of a sync: the server and the memory have the same newest commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// The newest commit of both. Remember it, and pass it to the next sync.
    pub head: String,
    /// Number of the server's commits that were merged in.
    pub pulled: usize,
    /// Number of commits that were pushed.
    pub pushed: usize,
    /// Pages that both sides have changed in the same lines.
    pub conflicts: Vec<PageConflict>,
    /// New files of the server that cannot be pages here (binary, too large, a bad name, ignored by git). They stay in the
    /// repository, but not in the folder.
    pub not_pages: Vec<String>,
}

/// What a merge has done.
struct Merged {
    head: Oid,
    pulled: usize,
    conflicts: Vec<PageConflict>,
    not_pages: Vec<String>,
}

impl MemoryRepo {
    /// Merges the server's changes into this memory and pushes this memory's commits. `expected` is [`Synced::head`] of the
    /// last sync with this server; with `None`, an empty or older branch on the server is not suspicious. `at` is the time of
    /// the commits that this makes. Blocks on the network for a limited time; other calls go on meanwhile.
    ///
    /// # Errors
    /// [`SyncError`]. Everything but [`SyncError::Memory`] is recognised before the server's branch is changed.
    pub fn sync(&self, remote: &Remote, expected: Option<&str>, at: Timestamp) -> Result<Synced, SyncError> {
        let parse = |hex: &str| Oid::from_str(hex).map_err(|_| MemoryError::UnknownChange { rev: hex.to_owned() });
        let expected = expected.map(parse).transpose()?;
        let branch = self.git()?.branch_to_sync()?;
        let session = Session::new(self.folder(), remote, branch);
        let mut synced = Synced::default();
        for _ in 0..ATTEMPTS {
            let seen = session.look()?;
            if let Some(head) = seen
                && !session.download(head)?
            {
                continue;
            }
            // Before the lock. A page that is edited between this and the merge is not replaced either.
            if seen.is_some() {
                self.adopt_hand_edits(at)?;
            }
            let merged = match self.git()?.merge_server(seen, expected, at) {
                // Somebody has changed a page since the merge began.
                Err(SyncError::Memory(MemoryError::HeadMoved)) => continue,
                merged => merged?,
            };
            synced.pulled += merged.pulled;
            synced.conflicts.extend(merged.conflicts);
            synced.not_pages.extend(merged.not_pages);
            synced.head = merged.head.to_string();
            if Some(merged.head) == seen {
                return Ok(synced);
            }
            let waiting = self.git()?.count_commits(merged.head, seen)?;
            if session.push(merged.head, seen)? == Push::Accepted {
                synced.pushed = waiting;
                // Keeps the server's commit; it is in the history of the branch, so a failure costs nothing.
                let _ = session.download(merged.head);
                return Ok(synced);
            }
        }
        Err(SyncError::Raced)
    }

    /// Number of commits that the server lacks, if its newest commit is `server_head` ([`Synced::head`]; `None`: it has none).
    /// Does not ask the server.
    ///
    /// # Errors
    /// [`MemoryError::Repository`]; [`MemoryError::UnknownChange`] if this is not the id of a commit.
    pub fn unpushed(&self, server_head: Option<&str>) -> Result<usize, MemoryError> {
        let parse = |hex: &str| Oid::from_str(hex).map_err(|_| MemoryError::UnknownChange { rev: hex.to_owned() });
        let server_head = server_head.map(parse).transpose()?;
        let git = self.git()?;
        match git.head()? {
            Some(head) => git.count_commits(head, server_head),
            None => Ok(0),
        }
    }
}

impl Git {
    /// The branch to sync. Both sides use the same name.
    pub(crate) fn branch_to_sync(&self) -> Result<String, MemoryError> {
        let branch = self.branch()?;
        if branch != "HEAD" {
            return Ok(branch);
        }
        let cause = "no branch is checked out in the memory folder; check out main with git".to_owned();
        Err(MemoryError::Repository { doing: "sync", cause })
    }

    /// Number of commits in the history of `head` that are not in the history of `without`.
    fn count_commits(&self, head: Oid, without: Option<Oid>) -> Result<usize, MemoryError> {
        let mut walk = self.repo.revwalk().context("walk the history")?;
        walk.push(head).context("walk the history")?;
        if let Some(without) = without.filter(|oid| self.repo.find_commit(*oid).is_ok()) {
            walk.hide(without).context("walk the history")?;
        }
        Ok(walk.count())
    }

    /// Merges the server's branch into ours. Nothing is changed if the server's branch is not a continuation of the one that
    /// was expected.
    fn merge_server(&self, seen: Option<Oid>, expected: Option<Oid>, at: Timestamp) -> Result<Merged, SyncError> {
        let Some(theirs) = seen else {
            return match (expected, self.head()?) {
                (Some(expected), _) => Err(SyncError::Wiped { expected: expected.to_string() }),
                (None, Some(head)) => Ok(nothing_pulled(head)),
                (None, None) => Err(SyncError::Memory(MemoryError::HeadMoved)),
            };
        };
        self.recognise(theirs, expected)?;
        if self.is_in_history(theirs)? {
            return Ok(nothing_pulled(self.head()?.unwrap_or(theirs)));
        }
        let Some(ours) = self.head()? else { return Err(SyncError::Memory(MemoryError::HeadMoved)) };
        let base = self.merge_base(ours, theirs)?;
        self.heed_attributes_of(theirs);
        let merged = self.merge_trees(base, ours, theirs)?;
        let is_forward = base == Some(ours) && self.tree(Some(theirs))?.map(|tree| tree.id()) == Some(merged.tree);
        let commit = if is_forward { theirs } else { self.write_merge(&merged, (ours, theirs), at)? };
        let pulled = self.count_commits(theirs, Some(ours))?;
        let files = self.page_changes(Some(ours), commit)?;
        let private: Vec<String> =
            files.iter().filter(|file| self.is_private_addition(file)).map(|file| file.path.clone()).collect();
        self.record_unindexed(&self.left_in_folder(ours, &merged.hidden)?)?;
        self.apply(&Plan { base: Some(ours), commit, files }, WorkTreeFiles::ToReplace)?;
        self.update_index()?;
        self.hide_in_index(&merged.hidden);
        let not_pages = merged.hidden.iter().filter(|file| file.leaf.is_some());
        let not_pages = not_pages.map(|file| String::from_utf8_lossy(&file.path).into_owned()).chain(private).collect();
        Ok(Merged { head: commit, pulled, conflicts: merged.conflicts, not_pages })
    }

    /// Whether the server has added a page that git ignores here. It stays in the repository and outside the folder.
    fn is_private_addition(&self, file: &FileChange) -> bool {
        file.old.is_none() && file.new.is_some() && self.is_private(&file.path)
    }

    /// The files among these whose older version stays in the folder, because git filters them: git's index gets the new version,
    /// so that `git status` shows them as modified, and never the new version as a staged removal.
    fn left_in_folder(&self, ours: Oid, hidden: &[HiddenFile]) -> Result<Vec<FileChange>, MemoryError> {
        let tree = self.tree(Some(ours))?;
        let change = |HiddenFile { path, leaf }: &HiddenFile| {
            let path = String::from_utf8(path.clone()).ok()?;
            let is_plain = leaf.is_none_or(|leaf| leaf.mode & 0o170_000 == 0o100_000);
            let is_there = work_tree::file_of(&self.folder, &path).is_file();
            let old = blob_at(tree.as_ref(), &path);
            (is_plain && is_there).then(|| FileChange { path, old, new: leaf.map(|leaf| leaf.oid) })
        };
        Ok(hidden.iter().filter_map(change).collect())
    }

    /// Returns an error if the server's branch is of another memory, or lacks the commit that it had.
    fn recognise(&self, theirs: Oid, expected: Option<Oid>) -> Result<(), SyncError> {
        let found = theirs.to_string();
        if let Some(ours) = self.head()?
            && self.merge_base(ours, theirs)?.is_none()
        {
            return Err(SyncError::Foreign { found });
        }
        match expected {
            Some(expected) if !self.contains(theirs, expected) => {
                Err(SyncError::Rewound { expected: expected.to_string(), found })
            }
            _ => Ok(()),
        }
    }

    /// Whether `commit` is `head` or in its history. An unknown commit is not.
    pub(crate) fn contains(&self, head: Oid, commit: Oid) -> bool {
        head == commit || self.repo.graph_descendant_of(head, commit).unwrap_or(false)
    }

    pub(crate) fn merge_base(&self, ours: Oid, theirs: Oid) -> Result<Option<Oid>, MemoryError> {
        match self.repo.merge_base(ours, theirs) {
            Ok(base) => Ok(Some(base)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).context("walk the history"),
        }
    }

    fn write_merge(&self, merged: &MergedTree, (ours, theirs): (Oid, Oid), at: Timestamp) -> Result<Oid, MemoryError> {
        let tree = self.repo.find_tree(merged.tree).context("read a tree")?;
        let find = |oid| self.repo.find_commit(oid).context("read a commit");
        let (ours, theirs) = (find(ours)?, find(theirs)?);
        let signature = Author::Program.signature(at).context("name the author")?;
        let text = message::compose("Merge changes from the server", "", &Author::Program);
        let text = with_conflicts(text, &merged.conflicts);
        self.repo.commit(None, &signature, &signature, &text, &tree, &[&ours, &theirs]).context("write the commit")
    }
}

fn nothing_pulled(head: Oid) -> Merged {
    Merged { head, pulled: 0, conflicts: Vec::new(), not_pages: Vec::new() }
}
