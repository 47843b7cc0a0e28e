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
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;

/// The last commit of this program; after HEAD has left it, the commit that HEAD went to.
const LAST: &str = "refs/growqr/last";

/// The folder of the refs that keep commits which HEAD has left.
const KEPT: &str = "refs/growqr/left";

/// The largest number of kept commits. The oldest ones beyond it are let go.
pub(crate) const MAX_KEPT: usize = 50;

/// How many commits on each side are compared to find out whether they are merged.
const MAX_COMPARED: usize = 1_000;

/// Commits of this program that are in no branch any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreachableCommits {
    /// The newest of them, which contains the others.
    pub commit: String,
    /// The ref that keeps them; they are let go when it is deleted.
    pub kept_by_ref: String,
    /// The git command that brings them back, to be followed by the commit.
    pub command: &'static str,
    /// Their number.
    pub commits: usize,
    /// The first line of the newest one's message.
    pub title: String,
}

impl MemoryRepo {
    /// Commits of this program that are in no branch any more, the newest first. They were made on a detached HEAD, or the person
    /// has moved the branch back, as by `git reset --hard`. Changes nothing, and is empty if the repository cannot be read.
    #[must_use]
    pub fn unreachable_commits(&self) -> Vec<UnreachableCommits> {
        // A handle of its own: memory that is withheld or cannot be changed is no reason not to tell this.
        let git = open::open_read_only(self.folder()).ok().flatten();
        git.and_then(|git| git.unreachable_commits().ok()).unwrap_or_default()
    }
}

impl Git {
    /// Makes `commit`, to which the branch is about to move, the last one. This comes before the branch moves, so that a kill
    /// between the two loses nothing. Returns the one before. A failure is only logged: it must not keep a change from being made.
    pub(crate) fn point_last_at(&self, commit: Oid) -> Option<Oid> {
        let before = self.repo.refname_to_id(LAST).ok();
        // Without the ref of an earlier commit, the last one would be its only ref.
        let moved = self.head().and_then(|head| self.keep_last(head)).and_then(|()| self.set_ref(LAST, commit));
        if let Err(error) = moved {
            tracing::warn!(%error, "the ref that keeps the last commit in reach could not be moved");
        }
        before
    }

    /// Takes back [`Git::point_last_at`], because the branch could not be moved.
    pub(crate) fn restore_last(&self, before: Option<Oid>) {
        if let Err(error) = self.set_last(before) {
            tracing::warn!(%error, "the ref that keeps the last commit in reach could not be moved");
        }
    }

    /// Keeps the last commit of this program if HEAD no longer contains it, and lets go of kept commits that are merged. Does
    /// nothing if neither HEAD nor the kept commits have changed since the last call.
    pub(crate) fn keep_unreachable(&self) -> Result<(), MemoryError> {
        let head = self.head()?;
        self.keep_last(head)?;
        let Some(head) = head else { return Ok(()) };
        let mut kept = self.kept()?;
        if self.judged.borrow().as_ref().is_some_and(|(known, commits)| *known == head && *commits == kept) {
            return Ok(());
        }
        kept.retain(|(name, commit)| !self.let_go_if_merged(head, name, *commit));
        let all = kept.clone();
        let is_in_another = |commit: Oid| all.iter().any(|(_, other)| *other != commit && self.contains(*other, commit));
        kept.retain(|(name, commit)| !is_in_another(*commit) || self.delete_ref(name).is_err());
        self.let_go_of_the_oldest(kept)?;
        *self.judged.borrow_mut() = Some((head, self.kept()?));
        Ok(())
    }

    /// Keeps the last commit of this program if HEAD no longer contains it. Afterwards HEAD's commit is the last one.
    fn keep_last(&self, head: Option<Oid>) -> Result<(), MemoryError> {
        let last = self.repo.refname_to_id(LAST).ok();
        if head.zip(last).is_some_and(|(head, last)| self.contains(head, last)) {
            return Ok(());
        }
        if let Some(last) = last.filter(|last| head.is_none_or(|head| !self.is_merged(head, *last))) {
            self.set_ref(&ref_of(last), last)?;
        }
        self.set_last(head)
    }

    /// Deletes the ref of a kept commit if it is merged. HEAD's commit is the last one then: if the person undoes the merge, that one
    /// is kept, and with it this one.
    fn let_go_if_merged(&self, head: Oid, name: &str, commit: Oid) -> bool {
        let is_merged = self.contains(head, commit) || self.is_merged(head, commit);
        is_merged && self.set_ref(LAST, head).and_then(|()| self.delete_ref(name)).is_ok()
    }

    fn let_go_of_the_oldest(&self, mut kept: Vec<(String, Oid)>) -> Result<(), MemoryError> {
        let Some(excess) = kept.len().checked_sub(MAX_KEPT).filter(|excess| *excess > 0) else { return Ok(()) };
        let time = |commit: Oid| self.repo.find_commit(commit).map_or(0, |commit| commit.time().seconds());
        kept.sort_by_key(|(_, commit)| (!self.is_in_a_branch(*commit), time(*commit)));
        for (name, commit) in kept.into_iter().take(excess) {
            tracing::warn!(%commit, "more than {MAX_KEPT} commits are in no branch; the oldest is no longer kept");
            self.delete_ref(&name)?;
        }
        Ok(())
    }

    /// The commits that are in no branch, newest first. The last commit is among them if HEAD has left it since the last scan.
    fn unreachable_commits(&self) -> Result<Vec<UnreachableCommits>, MemoryError> {
        let head = self.head()?;
        let mut kept = self.kept()?;
        let last = self.repo.refname_to_id(LAST).ok();
        if let Some(last) = last.and_then(|last| if self.never_was_head(last) { self.base_of(last) } else { Some(last) })
            && !kept.iter().any(|(_, commit)| self.contains(*commit, last))
        {
            kept.push((LAST.to_owned(), last));
        }
        let is_in_head = |commit: Oid| head.is_some_and(|head| self.contains(head, commit) || self.is_merged(head, commit));
        kept.retain(|(_, commit)| !self.is_in_a_branch(*commit) && !is_in_head(*commit));
        let mut unreachable = Vec::new();
        for (kept_by_ref, commit) in kept {
            let commits = self.commits_besides(commit, head)?.len();
            let command = self.command_to_bring_back(head, commit)?;
            let commit = self.repo.find_commit(commit).context("read a commit")?;
            let info = objects::commit_info(&commit);
            let title = info.message.lines().next().unwrap_or_default().to_owned();
            unreachable.push((info.at, UnreachableCommits { commit: info.commit, kept_by_ref, command, commits, title }));
        }
        unreachable.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Ok(unreachable.into_iter().map(|(_, commits)| commits).collect())
    }

    fn command_to_bring_back(&self, head: Option<Oid>, commit: Oid) -> Result<&'static str, MemoryError> {
        Ok(match head {
            None => "reset --soft",
            Some(head) if self.merge_base(head, commit)?.is_none() => "merge --allow-unrelated-histories",
            Some(_) => "merge",
        })
    }

    /// Whether all that `commit` has and `head` has not is in `head` all the same: each page that it changed has the same text there
    /// and no other text is lost, or each of its commits was made again, as by a rebase or cherry-pick.
    fn is_merged(&self, head: Oid, commit: Oid) -> bool {
        self.has_same_pages(head, commit).unwrap_or(false) || self.has_copies(head, commit).unwrap_or(false)
    }

    fn has_same_pages(&self, head: Oid, commit: Oid) -> Result<bool, MemoryError> {
        let Some(base) = self.merge_base(head, commit)? else { return Ok(false) };
        let tree = self.tree(Some(head))?;
        let files = self.page_changes(Some(base), commit)?;
        if files.iter().any(|file| blob_at(tree.as_ref(), &file.path) != file.new) {
            return Ok(false);
        }
        // Of a page that lives on, the person has kept the last text on purpose, as by a squash.
        let lives_on: HashSet<&str> = files.iter().filter(|file| file.new.is_some()).map(|file| file.path.as_str()).collect();
        let before = self.tree(Some(base))?;
        let mut others = BTreeSet::new();
        let commits = self.commits_besides(commit, Some(head))?;
        for oid in &commits {
            for file in self.changes_of(&self.find_present_commit(*oid)?)? {
                let is_other = !lives_on.contains(file.path.as_str()) && blob_at(before.as_ref(), &file.path) != file.new;
                others.extend(file.new.filter(|_| is_other));
            }
        }
        if others.is_empty() || commits.len() >= MAX_COMPARED {
            return Ok(others.is_empty() && commits.len() < MAX_COMPARED);
        }
        for oid in self.commits_besides(head, Some(commit))? {
            for file in self.changes_of(&self.find_present_commit(oid)?)? {
                others.retain(|text| file.new != Some(*text));
            }
        }
        Ok(others.is_empty())
    }

    fn has_copies(&self, head: Oid, commit: Oid) -> Result<bool, MemoryError> {
        let left = self.commits_besides(commit, Some(head))?;
        if left.len() >= MAX_COMPARED {
            return Ok(false);
        }
        let mut here: HashMap<_, Vec<Oid>> = HashMap::new();
        for oid in self.commits_besides(head, Some(commit))? {
            here.entry(self.authored(oid)?).or_default().push(oid);
        }
        for oid in left {
            let copies = here.get(&self.authored(oid)?).map(Vec::as_slice).unwrap_or_default();
            let patch = self.patch(oid)?;
            // An amended commit keeps the rest, and may have another text.
            if !copies.iter().any(|copy| self.patch(*copy).is_ok_and(|copy| copy == patch)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a commit changes, wherever the lines are.
    fn patch(&self, commit: Oid) -> Result<Oid, MemoryError> {
        let commit = self.repo.find_commit(commit).context("read a commit")?;
        let before = commit.parent(0).ok().map(|parent| parent.tree()).transpose().context("read a commit")?;
        let after = commit.tree().context("read a commit")?;
        let diff = self.repo.diff_tree_to_tree(before.as_ref(), Some(&after), None).context("compare versions")?;
        diff.patchid(None).context("compare versions")
    }

    /// Author, time and message of a commit: a rebase or cherry-pick keeps them.
    fn authored(&self, commit: Oid) -> Result<(Vec<u8>, i64, Vec<u8>), MemoryError> {
        let commit = self.repo.find_commit(commit).context("read a commit")?;
        let author = commit.author();
        Ok((author.email_bytes().to_vec(), author.when().seconds(), commit.message_bytes().trim_ascii().to_vec()))
    }

    /// The newest commits in the history of `commit` that are not in the one of `without`.
    fn commits_besides(&self, commit: Oid, without: Option<Oid>) -> Result<Vec<Oid>, MemoryError> {
        let mut walk = self.repo.revwalk().context("walk the history")?;
        let begun = walk.set_sorting(Sort::TIME).and_then(|()| walk.push(commit));
        begun.and_then(|()| without.map_or(Ok(()), |without| walk.hide(without))).context("walk the history")?;
        walk.take(MAX_COMPARED).collect::<Result<_, _>>().context("walk the history")
    }

    /// Whether a branch, a tag or a branch of a server contains the commit.
    fn is_in_a_branch(&self, commit: Oid) -> bool {
        let Ok(refs) = self.repo.references() else { return false };
        let is_the_persons = |found: &Reference<'_>| found.is_branch() || found.is_remote() || found.is_tag();
        refs.flatten().filter(is_the_persons).any(|found| found.peel_to_commit().is_ok_and(|tip| self.contains(tip.id(), commit)))
    }

    /// The refs of kept commits.
    fn kept(&self) -> Result<Vec<(String, Oid)>, MemoryError> {
        let refs = self.repo.references_glob(&format!("{KEPT}/*")).context("list refs")?;
        Ok(refs.flatten().filter_map(|kept| Some((kept.name().ok()?.to_owned(), kept.target()?))).collect())
    }

    fn set_last(&self, commit: Option<Oid>) -> Result<(), MemoryError> {
        commit.map_or_else(|| self.delete_ref(LAST), |commit| self.set_ref(LAST, commit))
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

    /// Removes the locks of an earlier run that was killed while it moved one of these refs. Nobody else moves them.
    pub(crate) fn remove_own_ref_locks(&self) {
        let folder = self.repo.commondir();
        let kept = fs::read_dir(folder.join(KEPT)).into_iter().flatten().flatten().map(|entry| entry.path());
        let locks = kept.filter(|file| file.extension().is_some_and(|end| end == "lock"));
        for lock in locks.chain([folder.join(format!("{LAST}.lock"))]) {
            let _ = fs::remove_file(lock);
        }
    }

    /// If an earlier run was killed between [`Git::point_last_at`] and the move of the branch, the commit from which the branch was
    /// about to move is the last one again. Called before the staged files of that run are removed.
    pub(crate) fn forget_last_if_never_head(&self) -> Result<(), MemoryError> {
        match self.repo.refname_to_id(LAST) {
            Ok(last) if self.never_was_head(last) => self.set_last(self.base_of(last)),
            _ => Ok(()),
        }
    }

    /// Whether the commit was about to be made and HEAD never was there. Its files are still staged then. HEAD may have been there
    /// and the person's git has moved it on, but that is in git's log of HEAD.
    fn never_was_head(&self, commit: Oid) -> bool {
        let Ok(head) = self.head() else { return false };
        if head.is_some_and(|head| self.contains(head, commit)) || !self.has_staged_files_or_marks(commit) {
            return false;
        }
        let log = fs::read(self.repo.path().join("logs/HEAD")).unwrap_or_default();
        let is_named = memchr::memmem::find(&log, commit.to_string().as_bytes()).is_some();
        // A log that is not kept, or was emptied, says nothing.
        !is_named && (!log.is_empty() || head == self.base_of(commit))
    }
}

/// The ref that keeps a commit.
fn ref_of(commit: Oid) -> String {
    let id = commit.to_string();
    format!("{KEPT}/{}", &id[..id.len().min(12)])
}
