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
        let object_folder = self.repo.commondir().join("objects");
        let job = Job { objects, object_folder, staged, folder: self.staged.clone() };
        self.writer.borrow_mut().start(plan.commit, job, || self.reopen_repository())
    }

    /// Waits until this process has written the commit. Returns `true` if it has written all of it since the last call. If
    /// `false`, an earlier process may have written it only in part.
    pub(crate) fn wait_until_written(&self, commit: Oid) -> Result<bool, MemoryError> {
        self.writer.borrow_mut().wait_until_written(commit)
    }

    /// Path and content of each staged file of a commit.
    pub(crate) fn staged_files(&self, plan: &Plan, objects: &[RawObject]) -> Result<Vec<(PathBuf, Vec<u8>)>, MemoryError> {
        let file = |(number, file): (usize, &FileChange)| {
            let bytes = match file.new.and_then(|new| objects.iter().find(|raw| raw.oid == new)) {
                Some(raw) => raw.bytes.clone(),
                None => self.staged_content(file)?,
            };
            Ok((self.staged_file(plan.commit, number), bytes))
        };
        plan.files.iter().enumerate().map(file).collect()
    }

    pub(crate) fn staged_file(&self, commit: Oid, number: usize) -> PathBuf {
        self.staged.join(format!("{commit}.{number}"))
    }

    /// The content of the staged file of a change. It is empty if the page is deleted.
    fn staged_content(&self, file: &FileChange) -> Result<Vec<u8>, MemoryError> {
        match file.new {
            Some(oid) => self.blob(oid)?.ok_or(MemoryError::HeadMoved),
            None => Ok(Vec::new()),
        }
    }
}
