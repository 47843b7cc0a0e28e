//! Makes a written commit visible: stages the new files unless they already are, moves the ref, and moves the files into
//! the working tree.
//!
//! A staged file `<commit>.<n>` means that the n-th file of that commit has not reached the working tree. It is durable
//! before the ref moves, and checkout renames this very file into place. So after a crash, a missing staged file proves
//! that the checkout of that file is done, and an unfinished checkout cannot be confused with a hand edit.

use crate::error_context::Context;
use crate::git::Git;
use crate::object_writer;
use crate::objects::blob_at;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use crate::probe::Step;
use crate::work_tree::{self, OnDisk};
use git2::{ErrorCode, Oid};
use growqr_core::memory::MemoryError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

impl Git {
    /// Applies a plan, or finishes a plan that was partly applied.
    ///
    /// # Errors
    /// [`MemoryError::HeadMoved`] if another commit or a hand edit of the same file came first, or if objects are missing.
    pub(crate) fn apply(&self, plan: &Plan, files: WorkTreeFiles) -> Result<(), MemoryError> {
        // While HEAD is the plan's base, the commit is not in the history yet, so the history need not be searched.
        let is_next = self.head()? == plan.base;
        if is_next || !self.is_in_history(plan.commit)? {
            self.refuse_unfinished_merge()?;
            let is_staged = self.wait_until_written(plan.commit)?;
            if !is_next || !self.has_all_objects(plan)? {
                return Err(MemoryError::HeadMoved);
            }
            self.probe.reached(Step::ObjectsWritten)?;
            if files == WorkTreeFiles::ToReplace {
                for file in &plan.files {
                    let now = work_tree::inspect(&self.folder, &file.path);
                    if !now.version().is_ok_and(|now| now == file.old || now == file.new) {
                        return Err(MemoryError::HeadMoved);
                    }
                }
                let is_there = |number| self.staged_file(plan.commit, number).exists();
                if !is_staged || !(0..plan.files.len()).all(is_there) {
                    object_writer::stage(&self.staged, &self.staged_files(plan, &[])?)?;
                }
                self.probe.reached(Step::FilesStaged)?;
            } else {
                File::create(self.ref_marker(plan.commit)).context("record a hand edit")?;
            }
            self.move_ref(plan)?;
            self.probe.reached(Step::RefMoved)?;
        }
        self.finish_checkout(plan.commit, &plan.files)
    }

    /// Finishes earlier changes that a crash or a disk error interrupted. Cheap if there are none.
    pub(crate) fn finish_interrupted(&self) -> Result<(), MemoryError> {
        self.finish_interrupted_checkouts()?;
        self.update_index()
    }

    pub(crate) fn finish_interrupted_checkouts(&self) -> Result<(), MemoryError> {
        let entries = match fs::read_dir(&self.staged) {
            Ok(entries) => entries,
            Err(_) => return Ok(()),
        };
        for entry in entries {
            let entry = entry.context("read the staged files")?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Finishing another file of the same commit may have removed it.
            if !entry.path().exists() {
                continue;
            }
            let commit = name.split('.').next().and_then(|hex| Oid::from_str(hex).ok());
            if commit.is_some_and(|commit| self.writer.borrow().is_writing_or_has_written(commit)) {
                continue;
            }
            let commit = commit.filter(|oid| self.is_in_history(*oid).unwrap_or(false));
            match commit.and_then(|oid| self.repo.find_commit(oid).ok()) {
                Some(commit) => self.finish_checkout(commit.id(), &self.changes_of(&commit)?)?,
                // The ref never moved. If the change is repeated, its files are staged again.
                None => {
                    self.remove_own_ref_lock(name.split('.').next().unwrap_or_default())?;
                    fs::remove_file(entry.path()).context("clear a staged file")?;
                }
            }
        }
        Ok(())
    }

    /// The marker file for a commit of a hand edit whose ref is about to move. Such a commit has no staged files.
    fn ref_marker(&self, commit: Oid) -> PathBuf {
        self.staged.join(format!("{commit}.ref"))
    }

    /// Removes the branch's lock file if this program was killed while it held the lock. Then the file is empty or contains
    /// only the beginning of our commit's id.
    fn remove_own_ref_lock(&self, commit: &str) -> Result<(), MemoryError> {
        let lock = self.repo.commondir().join(format!("{}.lock", self.branch()?));
        match fs::read_to_string(&lock) {
            Ok(left) if commit.starts_with(left.trim_end()) => fs::remove_file(&lock).context("clear the branch's lock"),
            _ => Ok(()),
        }
    }

    /// The ref that HEAD points to; HEAD itself if it is detached.
    fn branch(&self) -> Result<String, MemoryError> {
        let head = self.repo.find_reference("HEAD").context("read HEAD")?;
        Ok(head.symbolic_target().ok().flatten().unwrap_or("HEAD").to_owned())
    }

    fn move_ref(&self, plan: &Plan) -> Result<(), MemoryError> {
        let name = self.branch()?;
        let moved = match plan.base {
            Some(base) => self.repo.reference_matching(&name, plan.commit, true, base, "memory: commit"),
            None => self.repo.reference(&name, plan.commit, false, "memory: first commit"),
        };
        match moved {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::Exists) => Err(MemoryError::HeadMoved),
            Err(error) => Err(error).context("move the branch"),
        }
    }

    fn finish_checkout(&self, commit: Oid, files: &[FileChange]) -> Result<(), MemoryError> {
        let head = self.head_tree()?;
        self.mark_unindexed(files);
        for (number, file) in files.iter().enumerate() {
            let staged = self.staged_file(commit, number);
            if !staged.exists() {
                continue;
            }
            let now = work_tree::inspect(&self.folder, &file.path);
            // If the file is not the old version, it is either checked out already or edited by the user, and stays.
            // If HEAD has another version of the page, the later commit has its own checkout.
            let is_current = blob_at(head.as_ref(), &file.path) == file.new;
            if is_current && now.version().is_ok_and(|now| now == file.old && now != file.new) {
                self.replace_file(&staged, file, &now)?;
            }
            if staged.exists() {
                fs::remove_file(&staged).context("clear a staged file")?;
            }
            self.probe.reached(Step::FileReplaced)?;
        }
        let marker = self.ref_marker(commit);
        if marker.exists() { fs::remove_file(marker).context("clear a staged file") } else { Ok(()) }
    }

    fn replace_file(&self, staged: &Path, file: &FileChange, now: &OnDisk) -> Result<(), MemoryError> {
        let target = work_tree::file_of(&self.folder, &file.path);
        let parent = target.parent().unwrap_or(&self.folder);
        if file.new.is_none() {
            fs::remove_file(&target).context("remove the page")?;
            let remaining = self.remove_empty_folders(parent);
            return work_tree::sync_folder(remaining).context("remove the page");
        }
        if matches!(now, OnDisk::File(..)) {
            let permissions = fs::symlink_metadata(&target).context("write the page")?.permissions();
            fs::set_permissions(staged, permissions).context("write the page")?;
        }
        fs::create_dir_all(parent).context("make the page's folder")?;
        // No fsync of the folder: if a power cut undoes the rename, the staged file is back and is renamed again.
        fs::rename(staged, &target).context("write the page")
    }

    /// Removes folders that became empty, as git does. Returns the first folder that stays.
    fn remove_empty_folders<'a>(&'a self, from: &'a Path) -> &'a Path {
        from.ancestors()
            .take_while(|folder| *folder != self.folder)
            .find(|folder| fs::remove_dir(folder).is_err())
            .unwrap_or(&self.folder)
    }
}
