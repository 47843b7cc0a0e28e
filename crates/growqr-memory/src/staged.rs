//! The staged files of a commit, which checkout renames into the working tree, and the start of writing them together with
//! the objects of the commit.

use crate::draft::{Draft, RawObject};
use crate::error_context::Context;
use crate::git::Git;
use crate::object_writer::Job;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use git2::Oid;
use growqr_core::memory::MemoryError;
use std::path::PathBuf;

impl Git {
    /// Starts writing the objects of a draft, and the staged files of its commit if the working tree needs them.
    /// [`Git::wait_until_written`] waits for the end.
    pub(crate) fn start_writing(&self, draft: &Draft, plan: &Plan) -> Result<(), MemoryError> {
        let objects = draft.objects().context("write a change")?;
        let staged = match draft.files {
            WorkTreeFiles::ToReplace => self.staged_files(plan, &objects)?,
            WorkTreeFiles::UpToDate => Vec::new(),
        };
        let job = Job { objects, object_folder: self.objects_folder(), staged, folder: self.staged.clone() };
        self.writer.borrow_mut().start(plan.commit, job, || self.reopen_repository())
    }

    /// Waits until this process has written the commit. Returns `true` if it has written all of it since the last call. If
    /// `false`, an earlier process may have written it only in part.
    pub(crate) fn wait_until_written(&self, commit: Oid) -> Result<bool, MemoryError> {
        self.writer.borrow_mut().wait_until_written(commit)
    }

    /// Path and content of each staged file of a commit. The content is what the folder gets, with the line ends of the page.
    pub(crate) fn staged_files(&self, plan: &Plan, objects: &[RawObject]) -> Result<Vec<(PathBuf, Vec<u8>)>, MemoryError> {
        let file = |(number, file): (usize, &FileChange)| {
            // The staged file of a deleted page is empty.
            let Some(new) = file.new else { return Ok((self.staged_file(plan.commit, number), Vec::new())) };
            let bytes = match objects.iter().find(|raw| raw.oid == new) {
                Some(raw) => raw.bytes.clone(),
                None => self.blob(new)?.ok_or(MemoryError::HeadMoved)?,
            };
            Ok((self.staged_file(plan.commit, number), self.to_folder(&file.path, bytes)?))
        };
        plan.files.iter().enumerate().map(file).collect()
    }

    pub(crate) fn staged_file(&self, commit: Oid, number: usize) -> PathBuf {
        self.staged.join(format!("{commit}.{number}"))
    }
}
