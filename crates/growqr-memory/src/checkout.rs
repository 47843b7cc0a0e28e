//! Making a written commit visible: stage the new files unless they were written with it, move the ref, put the files in
//! place.
//!
//! A file named `<commit>.<n>` among the staged ones says that the n-th file of that commit has not reached the work
//! tree. It is durable before the ref moves and is itself renamed into place, so the file's absence proves that the
//! checkout is done: after a crash an unfinished checkout of ours is told from a hand edit without guessing. The same file
//! waits there while another program holds the page open; only that page cannot be changed meanwhile.

use crate::disk;
use crate::failure::{Doing, Step};
use crate::objects::{FileChange, Git, Plan, blob_at};
use crate::place::{self, OnDisk};
use git2::{ErrorCode, Oid};
use growqr_core::memory::MemoryError;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a committed version is not in its file.
const HELD: &str = "another program holds the page's file open, or it is read-only, so its last change is not in it yet";

/// Whether the plan's new files are already in the work tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// They must be put there.
    Ours,
    /// The person put them there.
    ByHand,
}

impl Git {
    /// Carries a plan out; finishes it if it was begun.
    ///
    /// # Errors
    /// [`MemoryError::HeadMoved`] if another commit or a hand edit of the same file came first, or if objects are missing.
    pub(crate) fn carry_out(&self, plan: &Plan, files: Files) -> Result<(), MemoryError> {
        // On its base, a commit cannot be in the history yet; anywhere else it must be.
        let is_next = self.head()? == plan.base;
        if is_next || !self.is_in_history(plan.commit)? {
            self.refuse_unfinished_merge()?;
            let is_staged = self.kept(plan.commit)?;
            if !is_next || !self.is_whole(plan)? {
                return Err(MemoryError::HeadMoved);
            }
            self.probe.reached(Step::ObjectsWritten)?;
            if files == Files::Ours {
                for file in &plan.files {
                    let now = place::look(&self.folder, &file.path);
                    if !now.version().is_ok_and(|now| now == file.old || now == file.new) {
                        return Err(MemoryError::HeadMoved);
                    }
                }
                let is_there = |number| self.staged_file(plan.commit, number).exists();
                if !is_staged || !(0..plan.files.len()).all(is_there) {
                    stage(&self.staged, &self.to_stage(plan, &[])?)?;
                }
                self.probe.reached(Step::FilesStaged)?;
            } else {
                File::create(self.begun(plan.commit)).doing("record a hand edit")?;
            }
            self.move_ref(plan)?;
            disk::flush(&self.staged).doing("move the branch")?;
            self.probe.reached(Step::RefMoved)?;
        }
        self.finish(plan.commit, &plan.files)
    }

    /// Finishes what a crash or a failing disk left of earlier changes. Cheap when there is nothing.
    pub(crate) fn finish_earlier(&self) -> Result<(), MemoryError> {
        self.finish_checkouts()?;
        self.tidy()
    }

    pub(crate) fn finish_checkouts(&self) -> Result<(), MemoryError> {
        let entries = match fs::read_dir(&self.staged) {
            Ok(entries) => entries,
            Err(_) => return Ok(()),
        };
        for entry in entries {
            let entry = entry.doing("read the staged files")?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // The file may have gone with an earlier one of the same commit.
            if !entry.path().exists() {
                continue;
            }
            let commit = name.split('.').next().and_then(|hex| Oid::from_str(hex).ok());
            if commit.is_some_and(|commit| self.writer.borrow().has(commit)) {
                continue;
            }
            let commit = commit.filter(|oid| self.is_in_history(*oid).unwrap_or(false));
            match commit.and_then(|oid| self.repo.find_commit(oid).ok()) {
                Some(commit) => self.finish(commit.id(), &self.changes_of(&commit)?)?,
                // The ref never moved: whoever wants the change will stage it again.
                None => {
                    self.clear_own_ref_lock(name.split('.').next().unwrap_or_default())?;
                    disk::patiently(|| fs::remove_file(entry.path())).doing("clear a staged file")?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn staged_file(&self, commit: Oid, number: usize) -> PathBuf {
        self.staged.join(format!("{commit}.{number}"))
    }

    /// Says that a commit of a hand edit was begun; its files are in place already.
    fn begun(&self, commit: Oid) -> PathBuf {
        self.staged.join(format!("{commit}.ref"))
    }

    /// Removes the branch's lock if we were stopped while we held it: it then has no more than our commit's id in it.
    fn clear_own_ref_lock(&self, commit: &str) -> Result<(), MemoryError> {
        let lock = self.repo.commondir().join(format!("{}.lock", self.branch()?));
        match fs::read_to_string(&lock) {
            Ok(left) if commit.starts_with(left.trim_end()) => fs::remove_file(&lock).doing("clear the branch's lock"),
            _ => Ok(()),
        }
    }

    /// The ref that HEAD stands for; HEAD itself if it is detached.
    fn branch(&self) -> Result<String, MemoryError> {
        let head = self.repo.find_reference("HEAD").doing("read HEAD")?;
        Ok(head.symbolic_target().ok().flatten().unwrap_or("HEAD").to_owned())
    }

    /// What is in the staged file of a change: nothing, if the page goes.
    pub(crate) fn staged_bytes(&self, file: &FileChange) -> Result<Vec<u8>, MemoryError> {
        match file.new {
            Some(oid) => self.blob(oid)?.ok_or(MemoryError::HeadMoved),
            None => Ok(Vec::new()),
        }
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
            Err(error) => Err(error).doing("move the branch"),
        }
    }

    fn finish(&self, commit: Oid, files: &[FileChange]) -> Result<(), MemoryError> {
        let head = self.head_tree()?;
        self.index_later(files);
        for (number, file) in files.iter().enumerate() {
            let staged = self.staged_file(commit, number);
            if !staged.exists() {
                continue;
            }
            // A later commit of the same page has its own checkout.
            let is_current = blob_at(head.as_ref(), &file.path) == file.new;
            let is_held = is_current && !self.put(&staged, file)?;
            self.note_held(&file.path, is_held);
            if is_held {
                continue;
            }
            if staged.exists() {
                disk::patiently(|| fs::remove_file(&staged)).doing("clear a staged file")?;
            }
            self.probe.reached(Step::FileReplaced)?;
        }
        let begun = self.begun(commit);
        if begun.exists() { fs::remove_file(begun).doing("clear a staged file") } else { Ok(()) }
    }

    /// Puts a page's committed version in its file, unless that is done already or the person has changed the file.
    /// `false` if that must wait because another program holds the file.
    fn put(&self, staged: &Path, file: &FileChange) -> Result<bool, MemoryError> {
        let now = place::look(&self.folder, &file.path);
        match now.version() {
            Ok(version) if version == file.old && version != file.new => self.replace(staged, file, &now),
            // It cannot even be read, so nobody knows which version it is.
            Err(MemoryError::Repository { .. }) => Ok(false),
            Ok(_) | Err(_) => Ok(true),
        }
    }

    fn replace(&self, staged: &Path, file: &FileChange, now: &OnDisk) -> Result<bool, MemoryError> {
        let target = place::file_of(&self.folder, &file.path);
        let parent = target.parent().unwrap_or(&self.folder);
        let unless_held = |work: &dyn Fn() -> io::Result<()>| {
            let done = disk::patiently(|| self.probe.replacing(&file.path).and_then(|()| work()));
            if done.as_ref().is_err_and(disk::is_held) { Ok(false) } else { done.map(|()| true) }
        };
        if file.new.is_none() {
            let is_done = unless_held(&|| fs::remove_file(&target)).doing("remove the page")?;
            if is_done {
                let kept = self.remove_empty_folders(parent);
                disk::sync_folder(kept).doing("remove the page")?;
            }
            return Ok(is_done);
        }
        // Windows has one permission, read-only, and a file that has it cannot be replaced anyway.
        if cfg!(unix) && matches!(now, OnDisk::File(..)) {
            let permissions = fs::symlink_metadata(&target).doing("write the page")?.permissions();
            fs::set_permissions(staged, permissions).doing("write the page")?;
        }
        fs::create_dir_all(parent).doing("make the page's folder")?;
        // Not made durable here: if a power cut undoes the rename, the staged file is back, too, and is put in place again.
        unless_held(&|| fs::rename(staged, &target)).doing("write the page")
    }

    fn note_held(&self, page: &str, is_held: bool) {
        let mut held = self.held.borrow_mut();
        if !is_held {
            held.remove(page);
        } else if held.insert(page.to_owned()) {
            tracing::warn!(page, "{HELD}; it is put there as soon as it can be");
        }
    }

    /// Refuses a page whose file does not have its committed version yet: the file would be taken for a hand edit.
    pub(crate) fn refuse_held(&self, page: &str) -> Result<(), MemoryError> {
        if !self.held.borrow().contains(page) {
            return Ok(());
        }
        let cause = format!("{HELD} ({page}). Close that program, or make the file writable, and try again");
        Err(MemoryError::Repository { doing: "change the page", cause })
    }

    /// Removes folders that became empty, as git does; returns the first that stays.
    fn remove_empty_folders<'a>(&'a self, from: &'a Path) -> &'a Path {
        from.ancestors()
            .take_while(|place| *place != self.folder)
            .find(|place| fs::remove_dir(place).is_err())
            .unwrap_or(&self.folder)
    }
}

/// Writes the files that wait to enter the work tree. They are on the disk once it returns.
pub(crate) fn stage(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), MemoryError> {
    for (place, bytes) in files {
        let mut staged = File::create(place).doing("write the page")?;
        staged.write_all(bytes).and_then(|()| disk::sync_file(&staged)).doing("write the page")?;
    }
    if files.is_empty() { Ok(()) } else { disk::sync_folder(folder).doing("write the page") }
}
