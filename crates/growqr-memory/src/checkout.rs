//! Makes a written commit visible: stages the new files unless they already are, moves the ref, and moves the files into
//! the working tree.
//!
//! A staged file `<commit>.<n>` means that the n-th file of that commit has not reached the working tree. It is durable
//! before the ref moves, and checkout renames this very file into place. So after a crash, a missing staged file proves
//! that the checkout of that file is done, and an unfinished checkout cannot be confused with a hand edit. While another
//! program holds a page's file open, its staged file stays there too; only that page cannot be changed meanwhile.

use crate::disk;
use crate::error_context::Context;
use crate::git::Git;
use crate::object_writer;
use crate::on_disk::OnDisk;
use crate::pack;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use crate::probe::Step;
use crate::tree_entry::blob_at;
use crate::work_tree;
use git2::{ErrorCode, Oid};
use growqr_core::memory::MemoryError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Why the committed version of a page is not yet in the working tree; part of messages for the user.
const BEHIND: &str = "another program holds the page's file open, or it is read-only, so its last change is not in it yet";

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
                    let now = self.inspect(&file.path);
                    let is_expected = now.version().is_ok_and(|now| now == file.old || now == file.new);
                    // A private file stays as it is, and the page of its name stays outside the folder.
                    if !is_expected && !self.is_private(&file.path) {
                        return Err(MemoryError::HeadMoved);
                    }
                }
                let has_staged_file = |number| self.staged_file(plan.commit, number).exists();
                self.mark_base(plan)?;
                if !is_staged || !(0..plan.files.len()).all(has_staged_file) {
                    object_writer::stage(&self.staged, &self.staged_files(plan, &[])?)?;
                }
                self.probe.reached(Step::FilesStaged)?;
            } else {
                File::create(self.ref_marker(plan.commit)).context("record a hand edit")?;
            }
            self.record_unindexed(&plan.files)?;
            let before = self.point_last_at(plan.commit);
            self.probe.reached(Step::KeptInReach)?;
            self.move_ref(plan).inspect_err(|_| self.restore_last(before))?;
            disk::flush_drive_cache(&self.staged).context("move the branch")?;
            pack::release(&self.objects_folder(), pack::COMMIT);
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
            // An earlier round of this loop may have removed this file, because it finishes all files of a commit.
            if !entry.path().exists() {
                continue;
            }
            let commit = name.split('.').next().and_then(|hex| Oid::from_str(hex).ok());
            if commit.is_some_and(|commit| self.writer.borrow().is_writing_or_has_written(commit)) {
                continue;
            }
            let commit = commit.filter(|oid| self.is_in_history(*oid).unwrap_or(false));
            match commit.and_then(|oid| self.repo.find_commit(oid).ok()) {
                Some(commit) => {
                    let base = self.base_of(commit.id());
                    self.finish_checkout(commit.id(), &self.page_changes(base, commit.id())?)?;
                }
                // The ref never moved. If the change is repeated, its files are staged again.
                None => {
                    self.remove_own_ref_lock(name.split('.').next().unwrap_or_default())?;
                    disk::retry_while_in_use(|| fs::remove_file(entry.path())).context("clear a staged file")?;
                }
            }
        }
        Ok(())
    }

    /// The marker file for a commit of a hand edit whose ref is about to move. Such a commit has no staged files.
    fn ref_marker(&self, commit: Oid) -> PathBuf {
        self.staged.join(format!("{commit}.ref"))
    }

    /// The file that names the commit from which the branch moves to `commit`, if that is not its first parent.
    fn base_marker(&self, commit: Oid) -> PathBuf {
        self.staged.join(format!("{commit}.base"))
    }

    /// Writes the base marker if the plan needs one. It must be durable before the branch moves: without it, the staged files
    /// could not be matched to pages after a crash.
    fn mark_base(&self, plan: &Plan) -> Result<(), MemoryError> {
        let commit = self.repo.find_commit(plan.commit).context("read a commit")?;
        let Some(base) = plan.base.filter(|base| commit.parent_id(0).ok() != Some(*base)) else { return Ok(()) };
        object_writer::stage(&self.staged, &[(self.base_marker(plan.commit), base.to_string().into_bytes())])
    }

    /// The commit from which the branch moves to `commit`.
    pub(crate) fn base_of(&self, commit: Oid) -> Option<Oid> {
        let marked = fs::read_to_string(self.base_marker(commit)).ok().and_then(|hex| Oid::from_str(&hex).ok());
        marked.or_else(|| self.repo.find_commit(commit).ok()?.parent_id(0).ok())
    }

    /// Whether there are staged files or markers of a commit.
    pub(crate) fn has_staged_files_or_marks(&self, commit: Oid) -> bool {
        let start = format!("{commit}.");
        let mut entries = fs::read_dir(&self.staged).into_iter().flatten().flatten();
        entries.any(|entry| entry.file_name().to_string_lossy().starts_with(&start))
    }

    /// Removes the branch's lock file if an earlier run of this program was killed while it held the lock. Such a file
    /// contains nothing, or a beginning of the id of `commit`.
    fn remove_own_ref_lock(&self, commit: &str) -> Result<(), MemoryError> {
        let lock = self.repo.commondir().join(format!("{}.lock", self.branch()?));
        match fs::read_to_string(&lock) {
            Ok(left) if commit.starts_with(left.trim_end()) => fs::remove_file(&lock).context("clear the branch's lock"),
            _ => Ok(()),
        }
    }

    /// The ref that HEAD points to; HEAD itself if it is detached.
    pub(crate) fn branch(&self) -> Result<String, MemoryError> {
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
            Err(error) if error.code() == ErrorCode::Locked => {
                Err(self.refuse_locked_branch().err().unwrap_or(MemoryError::HeadMoved))
            }
            Err(error) => Err(error).context("move the branch"),
        }
    }

    /// Returns an error if a lock file keeps the branch from being moved.
    pub(crate) fn refuse_locked_branch(&self) -> Result<(), MemoryError> {
        let lock = self.repo.commondir().join(format!("{}.lock", self.branch()?));
        if !lock.exists() {
            return Ok(());
        }
        let cause = format!(
            "the lock {} exists: a git command runs, or was killed. If no git command runs, delete that file",
            lock.display()
        );
        Err(MemoryError::Repository { doing: "move the branch", cause })
    }

    fn finish_checkout(&self, commit: Oid, files: &[FileChange]) -> Result<(), MemoryError> {
        let head = self.head_tree()?;
        // After a commit of many hand edits, no file is staged; looking for each takes long.
        let is_any_staged = self.is_any_staged(commit);
        for (number, file) in files.iter().enumerate().filter(|_| is_any_staged) {
            let staged = self.staged_file(commit, number);
            if !staged.exists() {
                continue;
            }
            // If HEAD has another version of the page, the later commit has its own checkout.
            let is_current = blob_at(head.as_ref(), &file.path) == file.new;
            let is_behind = is_current && !self.check_out_file(&staged, file);
            self.mark_behind(&file.path, is_behind);
            if is_behind {
                continue;
            }
            if staged.exists() {
                disk::retry_while_in_use(|| fs::remove_file(&staged)).context("clear a staged file")?;
            }
            self.probe.reached(Step::FileReplaced)?;
        }
        // A page that is behind still needs the base marker to be matched to its staged file.
        let is_done = !is_any_staged || !(0..files.len()).any(|number| self.staged_file(commit, number).exists());
        let base_marker = is_done.then(|| self.base_marker(commit));
        for marker in [Some(self.ref_marker(commit)), base_marker].into_iter().flatten() {
            if marker.exists() {
                fs::remove_file(marker).context("clear a staged file")?;
            }
        }
        Ok(())
    }

    /// Whether any file of a commit is staged, or this cannot be told.
    fn is_any_staged(&self, commit: Oid) -> bool {
        let Ok(entries) = fs::read_dir(&self.staged) else { return true };
        let start = format!("{commit}.");
        let is_number = |name: &str| name.strip_prefix(&start).is_some_and(|end| end.parse::<usize>().is_ok());
        entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_number))
    }

    /// Moves the committed version of a page into the working tree. If the file is not the old version, it is either checked
    /// out already or edited by the user, and stays. Returns `false` if another program holds the file, so that the checkout
    /// must be tried again later.
    fn check_out_file(&self, staged: &Path, file: &FileChange) -> bool {
        let now = self.inspect_as_of(&file.path, file.old);
        match now.version() {
            Ok(version) if version == file.old && version != file.new => {
                self.is_private(&file.path) || self.replace_file(staged, file, &now)
            }
            // The file cannot be read, so its version is unknown.
            Err(MemoryError::Repository { .. }) => false,
            Ok(_) | Err(_) => true,
        }
    }

    /// Replaces or removes the page's file. Returns `false` if that is not possible now: the change is committed all the same.
    fn replace_file(&self, staged: &Path, file: &FileChange, now: &OnDisk) -> bool {
        let target = work_tree::file_of(&self.folder, &file.path);
        let parent = target.parent().unwrap_or(&self.folder);
        let replace = || {
            self.probe.replacing(&file.path)?;
            if file.new.is_none() {
                return fs::remove_file(&target);
            }
            // The only permission on Windows is read-only, and a read-only file cannot be replaced.
            if cfg!(unix) && matches!(now, OnDisk::File(..)) {
                fs::set_permissions(staged, fs::symlink_metadata(&target)?.permissions())?;
            }
            fs::create_dir_all(parent)?;
            // No fsync of the folder: if a power cut undoes the rename, the staged file is back and is renamed again.
            match fs::rename(staged, &target) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_over(staged, parent, &target),
                done => done,
            }
        };
        if let Err(error) = disk::retry_while_in_use(replace) {
            tracing::debug!(%error, page = file.path, "the page's file is not replaced yet");
            return false;
        }
        if file.new.is_none()
            && let Err(error) = disk::sync_folder(self.remove_empty_folders(parent))
        {
            tracing::debug!(%error, page = file.path, "the removal of the page's file may not be durable");
        }
        true
    }

    /// Updates the set of pages that are behind. Logs when a page becomes one.
    fn mark_behind(&self, page: &str, is_behind: bool) {
        let mut behind = self.behind.borrow_mut();
        if !is_behind {
            behind.remove(page);
        } else if behind.insert(page.to_owned()) {
            tracing::warn!(page, "{BEHIND}; it is written there as soon as possible");
        }
    }

    /// Returns an error if the page's file does not have its committed version yet: it would be taken for a hand edit.
    pub(crate) fn refuse_behind(&self, page: &str) -> Result<(), MemoryError> {
        if !self.behind.borrow().contains(page) {
            return Ok(());
        }
        Err(behind_reason(page))
    }

    /// Removes folders that became empty, as git does. Returns the first folder that stays.
    fn remove_empty_folders<'a>(&'a self, from: &'a Path) -> &'a Path {
        from.ancestors()
            .take_while(|folder| *folder != self.folder)
            .find(|folder| fs::remove_dir(folder).is_err())
            .unwrap_or(&self.folder)
    }
}

/// The error for a page whose file does not have its committed version yet.
pub(crate) fn behind_reason(page: &str) -> MemoryError {
    let cause = format!("{BEHIND} ({page}). Close that program, or make the file writable, and try again");
    MemoryError::Repository { doing: "change the page", cause }
}

/// Moves a staged file to another file system: the git folder may lie on one of its own.
fn copy_over(staged: &Path, parent: &Path, target: &Path) -> io::Result<()> {
    // A file whose name begins with a dot is no page.
    let beside = parent.join(format!(".growqr-{}", staged.file_name().unwrap_or_default().to_string_lossy()));
    fs::copy(staged, &beside)?;
    disk::sync_file(&File::options().write(true).open(&beside)?)?;
    fs::rename(&beside, target)?;
    fs::remove_file(staged)
}
