//! Changes of pages in the person's name.

use crate::MemoryRepo;
use crate::error_context::Context;
use crate::git::Git;
use crate::plan::{Plan, WorkTreeFiles};
use crate::prepare::PageChange;
use crate::work_tree;
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, Edit, MemoryError, Page};

impl MemoryRepo {
    /// Undoes the change `rev` with a new commit in the user's name. Later changes to other lines stay.
    ///
    /// # Errors
    /// [`MemoryError::Conflict`] if the same lines were changed since, [`MemoryError::Missing`] if the page was deleted since,
    /// [`MemoryError::Unchanged`] if the change is already undone. On an error nothing is changed.
    pub fn restore(&self, rev: &str, at: Timestamp) -> Result<CommitInfo, MemoryError> {
        let git = self.git()?;
        git.finish_interrupted()?;
        let plan = git.undo(rev, at)?;
        apply_and_index(&git, &plan)
    }

    /// Writes a page in the user's name. `base` as in [`Edit::Write`].
    ///
    /// # Errors
    /// As [`growqr_core::memory::Memory::prepare`].
    pub fn write_as_person(
        &self,
        path: &str,
        content: &str,
        base: Option<&str>,
        message: &str,
        at: Timestamp,
    ) -> Result<CommitInfo, MemoryError> {
        let edit = Edit::Write { content: content.to_owned(), base: base.map(str::to_owned) };
        self.change_as_person(path, &edit, None, message, at)
    }

    /// Deletes a page in the user's name; if `base` is given, only if it is the version in the working tree.
    ///
    /// # Errors
    /// [`MemoryError::Missing`]; [`MemoryError::Conflict`] if the version of the page is not `base`.
    pub fn delete_as_person(
        &self,
        path: &str,
        base: Option<&str>,
        message: &str,
        at: Timestamp,
    ) -> Result<CommitInfo, MemoryError> {
        self.change_as_person(path, &Edit::Delete, base, message, at)
    }

    fn change_as_person(
        &self,
        page: &str,
        edit: &Edit,
        expected: Option<&str>,
        message: &str,
        at: Timestamp,
    ) -> Result<CommitInfo, MemoryError> {
        self.adopt_rename(page, at)?;
        let git = self.git()?;
        git.finish_interrupted()?;
        let page = &*git.address(page)?;
        if let Some(expected) = expected {
            let Page { path, content, version } = work_tree::read(&self.folder, git.conversion(), page)?;
            if version != expected {
                return Err(MemoryError::Conflict { path, version, content });
            }
        }
        let (plan, _) = git.prepare_commit(&PageChange { path: page, edit, author: git.person(), message, at })?;
        apply_and_index(&git, &plan)
    }
}

/// Makes a prepared change, and has git's index know it.
pub(crate) fn apply_and_index(git: &Git, plan: &Plan) -> Result<CommitInfo, MemoryError> {
    git.apply(plan, WorkTreeFiles::ToReplace)?;
    git.update_index()?;
    let commit = git.repo.find_commit(plan.commit).context("read a commit")?;
    git.committed(&commit)
}
