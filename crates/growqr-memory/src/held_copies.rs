//! The branches of held changes on the person's server. A branch there is only made, and only removed while nobody has changed it:
//! commits that were added to it there stay.

use crate::MemoryRepo;
use crate::error_context::Context;
use crate::git::Git;
use crate::held_change::{BRANCHES, branch, short};
use crate::remote::{Push, Remote, Session};
use crate::sync_error::SyncError;
use crate::text;
use crate::tree_entry::blob_at;
use git2::{BranchType, Oid};
use growqr_core::memory::{CommitPlan, MemoryError};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A page in a commit of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedPage {
    /// The id of its blob; `None` if the commit has no such page.
    pub version: Option<String>,
    /// Its text; `None` if the commit has no such page, or not as text.
    pub text: Option<String>,
}

impl MergedPage {
    /// The text, if it is another one than that of the held change. `tip` is the newest commit that was merged: without commits
    /// besides the held one, only the merge itself can have changed the page.
    #[must_use]
    pub fn edited(self, held: &CommitPlan, tip: &str) -> Option<String> {
        let is_edited = tip != held.commit && held.new_blob.is_some() && self.version != held.new_blob;
        self.text.filter(|_| is_edited)
    }
}

impl MemoryRepo {
    /// The name of the branch of a held change, here and on the server, without `refs/heads/`.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`] if this is not the id of a commit.
    pub fn held_branch(commit: &str) -> Result<String, MemoryError> {
        Ok(short(&branch(parsed(commit)?)).to_owned())
    }

    /// How the id of the commit begins whose branch has this name; `None` if it is not the branch of a held change.
    #[must_use]
    pub fn held_commit_beginning(name: &str) -> Option<&str> {
        name.strip_prefix(short(BRANCHES))?.strip_prefix('/')
    }

    /// The name of the branch that is synced, without `refs/heads/`.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if no branch is checked out.
    pub fn synced_branch(&self) -> Result<String, MemoryError> {
        Ok(short(&self.git()?.branch_to_sync()?).to_owned())
    }

    /// The branches of held changes in this repository, without `refs/heads/`.
    ///
    /// # Errors
    /// [`MemoryError::Repository`].
    pub fn held_branches(&self) -> Result<Vec<String>, MemoryError> {
        let git = self.git()?;
        let mut names = Vec::new();
        for found in git.repo.branches(Some(BranchType::Local)).context("list the branches")? {
            let (found, _) = found.context("list the branches")?;
            let name = found.name().ok().flatten().filter(|name| name.starts_with(&format!("{}/", short(BRANCHES))));
            names.extend(name.map(str::to_owned));
        }
        Ok(names)
    }

    /// The branches of held changes on the server, without `refs/heads/`, each with its newest commit. Blocks on the network for a
    /// limited time.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn held_branches_there(&self, remote: &Remote) -> Result<BTreeMap<String, String>, SyncError> {
        let session = Session::new(self.folder(), remote, String::new());
        let found = session.branches_in(BRANCHES)?.into_iter();
        Ok(found.map(|(name, tip)| (short(&name).to_owned(), tip.to_string())).collect())
    }

    /// Sends the branch of a held change to the server, unless there is one already. Returns whether the server's branch is at this
    /// commit.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn send_held_branch(&self, remote: &Remote, commit: &str) -> Result<bool, SyncError> {
        let commit = parsed(commit)?;
        let session = Session::new(self.folder(), remote, branch(commit));
        match session.look()? {
            Some(tip) => Ok(tip == commit),
            None => Ok(session.push(commit, None)? == Push::Accepted),
        }
    }

    /// Removes the branch of a held change from the server, if its newest commit is still this one. Returns whether it is gone.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn remove_held_branch_there(&self, remote: &Remote, name: &str, tip: &str) -> Result<bool, SyncError> {
        let tip = parsed(tip)?;
        let session = Session::new(self.folder(), remote, format!("refs/heads/{name}"));
        match session.look()? {
            None => Ok(true),
            Some(found) if found == tip => Ok(session.remove(tip)? == Push::Accepted),
            Some(_) => Ok(false),
        }
    }

    /// The page in a commit that is in memory; `None` if memory does not contain the commit (yet).
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn merged_page(&self, commit: &str, path: &str) -> Result<Option<MergedPage>, MemoryError> {
        let (git, commit) = (self.git()?, parsed(commit)?);
        match git.head()? {
            Some(head) if git.contains(head, commit) => git.page_in(commit, path).map(Some),
            _ => Ok(None),
        }
    }
}

impl Git {
    fn page_in(&self, commit: Oid, path: &str) -> Result<MergedPage, MemoryError> {
        let tree = self.tree(Some(commit))?;
        let version = blob_at(tree.as_ref(), path);
        let bytes = match version {
            Some(oid) => self.blob(oid)?,
            None => None,
        };
        let text = bytes.and_then(|bytes| text::decode(path, &bytes).ok().map(Cow::into_owned));
        Ok(MergedPage { version: version.map(|oid| oid.to_string()), text })
    }
}

fn parsed(hex: &str) -> Result<Oid, MemoryError> {
    Oid::from_str(hex).map_err(|_| MemoryError::UnknownChange { rev: hex.to_owned() })
}
