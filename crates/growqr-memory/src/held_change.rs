//! Held changes: commits on branches of their own, which wait for the person's approval. Nothing of them is in the folder.

use crate::MemoryRepo;
use crate::disk;
use crate::error_context::Context;
use crate::git::Git;
use crate::message;
use crate::pack;
use crate::plan::{FileChange, Plan};
use crate::text;
use git2::{BranchType, ErrorCode, Oid};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{MemoryError, Proposal};
use std::fs;

/// The folder of their branches.
pub(crate) const BRANCHES: &str = "refs/heads/growqr-requests";

impl Git {
    /// See [`growqr_core::memory::Memory::hold`].
    pub(crate) fn hold(&self, plan: &Plan) -> Result<(), MemoryError> {
        self.wait_until_written(plan.commit)?;
        if !self.has_all_objects(plan)? {
            return Err(MemoryError::HeadMoved);
        }
        // Its files are not to be checked out.
        for number in 0..plan.files.len() {
            let staged = self.staged_file(plan.commit, number);
            if staged.exists() {
                disk::retry_while_in_use(|| fs::remove_file(&staged)).context("clear a staged file")?;
            }
        }
        match self.repo.reference(&branch(plan.commit), plan.commit, false, "memory: hold a change") {
            Ok(_) => {}
            // An earlier run has made it. It may have commits of the person by now.
            Err(error) if error.code() == ErrorCode::Exists => {}
            Err(error) => return Err(error).context("make a branch"),
        }
        disk::flush_drive_cache(&self.staged).context("make a branch")?;
        pack::release(&self.objects_folder(), pack::COMMIT);
        Ok(())
    }

    /// See [`growqr_core::memory::Memory::proposal`].
    pub(crate) fn proposal(&self, held: &Plan) -> Result<Proposal, MemoryError> {
        let lost = || MemoryError::UnknownChange { rev: held.commit.to_string() };
        let commit = self.repo.find_commit(held.commit).map_err(|_| lost())?;
        let message = message::author_text(&message::read(&commit).0).to_owned();
        let Some(FileChange { path, new: Some(new), .. }) = held.files.first() else {
            return Ok(Proposal { text: None, message });
        };
        let bytes = self.blob(*new)?.ok_or_else(lost)?;
        let text = Some(text::decode(path, &bytes)?.into_owned());
        Ok(Proposal { text, message })
    }

    /// See [`growqr_core::memory::Memory::release`].
    pub(crate) fn release(&self, held: &Plan) -> Result<(), MemoryError> {
        let name = branch(held.commit);
        let mut found = match self.repo.find_branch(short(&name), BranchType::Local) {
            Ok(found) => found,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(()),
            Err(error) => return Err(error).context("find a branch"),
        };
        if found.get().target() != Some(held.commit) {
            let cause = format!("{name} has commits that are not GrowQR's; merge or delete it yourself");
            return Err(MemoryError::Repository { doing: "remove the branch of a change", cause });
        }
        // Refuses a branch that is checked out, here or in a linked work tree.
        found.delete().context("remove the branch of a change")
    }
}

impl MemoryRepo {
    /// Removes the branches of held changes that were proposed before this time, except those of these commits, and says how many
    /// it has removed. A branch with other commits stays, and so does one that is checked out.
    ///
    /// # Errors
    /// [`MemoryError::Repository`].
    pub fn release_unnamed(&self, named: &[String], before: Timestamp) -> Result<usize, MemoryError> {
        let git = self.git()?;
        let mut removed = 0;
        for found in git.repo.branches(Some(BranchType::Local)).context("list the branches")? {
            let (mut found, _) = found.context("list the branches")?;
            let (Some(commit), Ok(name)) = (found.get().target(), found.get().name()) else { continue };
            let is_ours = name == branch(commit) && !named.contains(&commit.to_string());
            let is_old = || git.repo.find_commit(commit).is_ok_and(|commit| commit.time().seconds() < before.seconds());
            if is_ours && is_old() && found.delete().is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// The name of a branch without `refs/heads/`.
pub(crate) fn short(branch: &str) -> &str {
    branch.trim_start_matches("refs/heads/")
}

/// The branch of a held change.
pub(crate) fn branch(commit: Oid) -> String {
    let id = commit.to_string();
    format!("{BRANCHES}/{}", &id[..id.len().min(12)])
}
