//! Keeps what this program has committed in reach. A commit on a detached HEAD is in no branch after the next checkout, and
//! neither is one before `git reset --hard`. So one ref points to the last commit of this program. When HEAD no longer contains
//! that commit, another ref keeps it until it is merged or the person deletes the ref. These refs are never pushed.

use crate::MemoryRepo;
use crate::error_context::Context;
use crate::git::Git;
use crate::objects;
use crate::open;
use crate::tree_entry::blob_at;
use git2::{ErrorCode, Oid, Reference, Sort};
use growqr_core::memory::MemoryError;
use std::collections::HashSet;
use std::fs;

/// The last commit of this program; after HEAD has left it, the commit that HEAD went to.
const LAST: &str = "refs/growqr/last";

/// The folder of the refs that keep commits which HEAD has left.
const LEFT: &str = "refs/growqr/left";

/// The largest number of kept commits. The oldest ones beyond it are let go.
const MAX_LEFT: usize = 50;

/// How many commits on each side are compared to find out whether they were rebased or cherry-picked.
const MAX_COMPARED: usize = 1_000;

/// Commits of this program that are in no branch any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// The newest of them, which contains the others.
    pub commit: String,
    /// The ref that keeps them; they are let go when it is deleted.
    pub kept_by: String,
    /// Their number.
    pub commits: usize,
    /// The first line of the newest one's message.
    pub title: String,
}

impl MemoryRepo {
    /// Commits of this program that are in no branch any more, the newest first. They were made on a detached HEAD, or the person
    /// has moved the branch back, as by `git reset --hard`. Changes nothing, and is empty if the repository cannot be read.
    #[must_use]
    pub fn left_behind(&self) -> Vec<LeftBehind> {
        // A handle of its own: memory that is withheld or cannot be changed is no reason not to tell this.
        let git = open::open_read_only(self.folder()).ok().flatten();
        git.and_then(|git| git.left_behind().ok()).unwrap_or_default()
    }
}

impl Git {
    /// Makes `commit`, to which the branch is about to move, the last one. This comes before the branch moves, so that a kill
    /// between the two loses nothing. Returns the one before. A failure is only logged: it must not keep a change from being made.
    pub(crate) fn keep_as_last(&self, commit: Oid) -> Option<Oid> {
        let before = self.repo.refname_to_id(LAST).ok();
        // Without the ref of an earlier commit, the last one would be its only ref.
        if let Err(error) = self.keep_left_behind().and_then(|()| self.set_ref(LAST, commit)) {
            tracing::warn!(%error, "the ref that keeps the last commit in reach could not be moved");
        }
        before
    }

    /// Takes back [`Git::keep_as_last`], because the branch could not be moved.
    pub(crate) fn keep_again(&self, before: Option<Oid>) {
        let restored = match before {
            Some(before) => self.set_ref(LAST, before),
            None => self.delete_ref(LAST),
        };
        if let Err(error) = restored {
            tracing::warn!(%error, "the ref that keeps the last commit in reach could not be moved");
        }
    }

    /// Keeps the last commit of this program if HEAD no longer contains it, and lets go of kept commits that are merged.
    pub(crate) fn keep_left_behind(&self) -> Result<(), MemoryError> {
        let Some(head) = self.head()? else { return Ok(()) };
        let last = self.repo.refname_to_id(LAST).ok();
        if last.is_none_or(|last| !self.contains(head, last)) {
            if let Some(last) = last.filter(|last| !self.is_merged(head, *last)) {
                self.set_ref(&kept_by(last), last)?;
            }
            self.set_ref(LAST, head)?;
        }
        let mut left = self.left()?;
        left.retain(|(name, commit)| !self.let_go_if_merged(head, name, *commit));
        let all = left.clone();
        let is_in_another = |commit: Oid| all.iter().any(|(_, other)| *other != commit && self.contains(*other, commit));
        left.retain(|(name, commit)| !is_in_another(*commit) || self.delete_ref(name).is_err());
        self.let_go_of_the_oldest(left)
    }

    /// Deletes the ref of a kept commit if it is merged. If HEAD contains the commit, it is the last one again, unless a newer one is.
    fn let_go_if_merged(&self, head: Oid, name: &str, commit: Oid) -> bool {
        let is_contained = self.contains(head, commit);
        let last = self.repo.refname_to_id(LAST).ok();
        if is_contained && last.is_some_and(|last| last != commit && self.contains(commit, last)) {
            // If this fails, only the kept commit is not the last one.
            let _ = self.set_ref(LAST, commit);
        }
        (is_contained || self.is_merged(head, commit)) && self.delete_ref(name).is_ok()
    }

    fn let_go_of_the_oldest(&self, mut left: Vec<(String, Oid)>) -> Result<(), MemoryError> {
        let Some(excess) = left.len().checked_sub(MAX_LEFT).filter(|excess| *excess > 0) else { return Ok(()) };
        let time = |commit: Oid| self.repo.find_commit(commit).map_or(0, |commit| commit.time().seconds());
        left.sort_by_key(|(_, commit)| (!self.is_in_a_branch(*commit), time(*commit)));
        for (name, commit) in left.into_iter().take(excess) {
            tracing::warn!(%commit, "more than {MAX_LEFT} commits were left behind; the oldest is no longer kept");
            self.delete_ref(&name)?;
        }
        Ok(())
    }

    /// The commits that are in no branch, newest first. The last commit is among them if HEAD has left it since the last scan.
    fn left_behind(&self) -> Result<Vec<LeftBehind>, MemoryError> {
        let Some(head) = self.head()? else { return Ok(Vec::new()) };
        let mut kept = self.left()?;
        if let Ok(last) = self.repo.refname_to_id(LAST)
            && !kept.iter().any(|(_, commit)| self.contains(*commit, last))
        {
            kept.push((LAST.to_owned(), last));
        }
        kept.retain(|(_, commit)| {
            !self.contains(head, *commit) && !self.is_in_a_branch(*commit) && !self.is_merged(head, *commit)
        });
        let mut left = Vec::new();
        for (kept_by, commit) in kept {
            let commits = self.commits_besides(commit, head)?.len();
            let commit = self.repo.find_commit(commit).context("read a commit")?;
            let info = objects::commit_info(&commit);
            let title = info.message.lines().next().unwrap_or_default().to_owned();
            left.push((info.at, LeftBehind { commit: info.commit, kept_by, commits, title }));
        }
        left.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Ok(left.into_iter().map(|(_, left)| left).collect())
    }

    /// Whether all that `commit` has and `head` has not is in `head` all the same: each page that it changed has the same text there,
    /// or each of its commits was made again, as by a rebase or cherry-pick.
    fn is_merged(&self, head: Oid, commit: Oid) -> bool {
        self.has_same_pages(head, commit).unwrap_or(false) || self.has_copies(head, commit).unwrap_or(false)
    }

    fn has_same_pages(&self, head: Oid, commit: Oid) -> Result<bool, MemoryError> {
        let base = self.merge_base(head, commit)?;
        let tree = self.tree(Some(head))?;
        let files = self.page_changes(base, commit)?;
        Ok(files.iter().all(|file| blob_at(tree.as_ref(), &file.path) == file.new))
    }

    fn has_copies(&self, head: Oid, commit: Oid) -> Result<bool, MemoryError> {
        let left = self.commits_besides(commit, head)?;
        if left.len() >= MAX_COMPARED {
            return Ok(false);
        }
        let here: HashSet<_> =
            self.commits_besides(head, commit)?.into_iter().map(|oid| self.authored(oid)).collect::<Result<_, _>>()?;
        left.into_iter().map(|oid| self.authored(oid)).try_fold(true, |all, authored| Ok(all && here.contains(&authored?)))
    }

    /// Author, time and message of a commit: a rebase or cherry-pick keeps them.
    fn authored(&self, commit: Oid) -> Result<(Vec<u8>, i64, Vec<u8>), MemoryError> {
        let commit = self.repo.find_commit(commit).context("read a commit")?;
        let author = commit.author();
        Ok((author.email_bytes().to_vec(), author.when().seconds(), commit.message_bytes().trim_ascii().to_vec()))
    }

    /// The newest commits in the history of `commit` that are not in the one of `without`.
    fn commits_besides(&self, commit: Oid, without: Oid) -> Result<Vec<Oid>, MemoryError> {
        let mut walk = self.repo.revwalk().context("walk the history")?;
        let begun = walk.set_sorting(Sort::TIME).and_then(|()| walk.push(commit)).and_then(|()| walk.hide(without));
        begun.context("walk the history")?;
        walk.take(MAX_COMPARED).collect::<Result<_, _>>().context("walk the history")
    }

    /// Whether a branch, a tag or a branch of a server contains the commit.
    fn is_in_a_branch(&self, commit: Oid) -> bool {
        let Ok(refs) = self.repo.references() else { return false };
        let is_the_persons = |found: &Reference<'_>| found.is_branch() || found.is_remote() || found.is_tag();
        refs.flatten().filter(is_the_persons).any(|found| found.peel_to_commit().is_ok_and(|tip| self.contains(tip.id(), commit)))
    }

    /// The refs of kept commits.
    fn left(&self) -> Result<Vec<(String, Oid)>, MemoryError> {
        let refs = self.repo.references_glob(&format!("{LEFT}/*")).context("list refs")?;
        Ok(refs.flatten().filter_map(|kept| Some((kept.name().ok()?.to_owned(), kept.target()?))).collect())
    }

    fn set_ref(&self, name: &str, commit: Oid) -> Result<(), MemoryError> {
        self.repo.reference(name, commit, true, "memory: keep a commit").map(drop).context("keep a commit")
    }

    fn delete_ref(&self, name: &str) -> Result<(), MemoryError> {
        match self.repo.find_reference(name).and_then(|mut found| found.delete()) {
            Err(error) if error.code() != ErrorCode::NotFound => Err(error).context("let go of a commit"),
            _ => Ok(()),
        }
    }

    /// Removes the lock of an earlier run that was killed while it moved the ref of the last commit. Nobody else moves it.
    pub(crate) fn remove_own_lock_of_last(&self) {
        let _ = fs::remove_file(self.repo.commondir().join(format!("{LAST}.lock")));
    }
}

/// The ref that keeps a commit.
fn kept_by(commit: Oid) -> String {
    let id = commit.to_string();
    format!("{LEFT}/{}", &id[..id.len().min(12)])
}
