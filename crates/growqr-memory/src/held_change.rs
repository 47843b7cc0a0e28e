//! Held changes: commits on branches of their own, which wait for the person's approval. Nothing of them is in the folder.

use crate::disk;
use crate::error_context::Context;
use crate::git::Git;
use crate::pack;
use crate::plan::Plan;
use crate::text;
use git2::{BranchType, ErrorCode, Oid};
use growqr_core::memory::MemoryError;
use std::fs;

/// The folder of their branches.
const BRANCHES: &str = "refs/heads/growqr-requests";

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

    /// See [`growqr_core::memory::Memory::held_text`].
    pub(crate) fn held_text(&self, held: &Plan) -> Result<Option<String>, MemoryError> {
        let Some(file) = held.files.first() else { return Ok(None) };
        let Some(new) = file.new else { return Ok(None) };
        let bytes = self.blob(new)?.ok_or_else(|| MemoryError::UnknownChange { rev: held.commit.to_string() })?;
        text::decode(&file.path, &bytes).map(|text| Some(text.into_owned()))
    }

    /// See [`growqr_core::memory::Memory::release`].
    pub(crate) fn release(&self, held: &Plan) -> Result<(), MemoryError> {
        let name = branch(held.commit);
        let mut found = match self.repo.find_branch(name.trim_start_matches("refs/heads/"), BranchType::Local) {
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

/// The branch of a held change.
fn branch(commit: Oid) -> String {
    let id = commit.to_string();
    format!("{BRANCHES}/{}", &id[..id.len().min(12)])
}
