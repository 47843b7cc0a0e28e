//! Writes a change to disk in the background: its git objects and its staged files.
//!
//! git fsyncs twice for each object, and each staged file needs one more fsync. No ref points to them yet, so their order
//! does not matter: threads write them concurrently, while the caller records the plan in the journal. After a crash some
//! may be missing; `checkout` checks that all are there before it moves the ref. This module moves no ref.

use crate::checkout::{self, WorkTreeFiles};
use crate::disk;
use crate::draft::{Draft, RawObject};
use crate::error_context::Context;
use crate::objects::{FileChange, Git, Plan};
use git2::{Oid, Repository};
use growqr_core::memory::MemoryError;
use std::collections::HashSet;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

const CONTEXT: &str = "write a change";

/// How many objects are written concurrently. A change of one page in one folder has this many objects.
const WRITERS: usize = 4;

/// The background writer and its finished commits.
#[derive(Default)]
pub(crate) struct ObjectWriter {
    /// Several handles to the same repository, one for each thread. Opened with the first change.
    writers: Vec<Repository>,
    running: Option<RunningJob>,
    /// Commits that this process has written completely, with their staged files, and that were not yet applied.
    written: HashSet<Oid>,
}

/// The thread that writes one commit.
struct RunningJob {
    commit: Oid,
    thread: JoinHandle<(Vec<Repository>, Result<(), MemoryError>)>,
}

/// What to write for one commit.
struct Job {
    objects: Vec<RawObject>,
    /// The folder of the staged files.
    folder: PathBuf,
    /// Path and content of each staged file.
    staged: Vec<(PathBuf, Vec<u8>)>,
}

impl ObjectWriter {
    /// Waits until the running job ends. Returns its error if it wrote `wanted`. The error of another commit is only logged:
    /// applying that commit will find the missing objects.
    fn wait(&mut self, wanted: Option<Oid>) -> Result<(), MemoryError> {
        let Some(RunningJob { commit, thread }) = self.running.take() else { return Ok(()) };
        let (writers, written) = thread.join().unwrap_or_else(|_| (Vec::new(), Err(thread_panicked())));
        self.writers = writers;
        match written {
            Ok(()) => {
                self.written.insert(commit);
            }
            Err(error) if wanted == Some(commit) => return Err(error),
            Err(error) => tracing::warn!(%error, %commit, "a change could not be written"),
        }
        Ok(())
    }

    /// Whether the commit is being written, or is written and not yet applied.
    pub(crate) fn is_writing_or_has_written(&self, commit: Oid) -> bool {
        self.written.contains(&commit) || self.running.as_ref().is_some_and(|work| work.commit == commit)
    }
}

impl Drop for ObjectWriter {
    /// Waits, so that nothing is written to the folder after the memory is closed.
    fn drop(&mut self) {
        let _ = self.wait(None);
    }
}

impl Git {
    /// Starts writing the objects of a draft, and the staged files of its commit if the working tree needs them.
    /// [`Git::wait_until_written`] waits for the end.
    pub(crate) fn start_writing(&self, draft: &Draft, plan: &Plan) -> Result<(), MemoryError> {
        let objects = draft.objects().context(CONTEXT)?;
        let staged = match draft.files {
            WorkTreeFiles::ToReplace => self.staged_files(plan, &objects)?,
            WorkTreeFiles::UpToDate => Vec::new(),
        };
        let mut writer = self.writer.borrow_mut();
        writer.wait(None)?;
        while writer.writers.len() < WRITERS.min(objects.len()) {
            writer.writers.push(self.reopen_repository()?);
        }
        let mut writers = mem::take(&mut writer.writers);
        let job = Job { objects, staged, folder: self.staged.clone() };
        let work = move || {
            let written = write(&mut writers, &job);
            (writers, written)
        };
        writer.running = Some(RunningJob { commit: plan.commit, thread: thread::Builder::new().spawn(work).context(CONTEXT)? });
        Ok(())
    }

    /// Waits until this process has written the commit. Returns `true` if it has written all of it since the last call. If
    /// `false`, an earlier process may have written it only in part.
    pub(crate) fn wait_until_written(&self, commit: Oid) -> Result<bool, MemoryError> {
        let mut writer = self.writer.borrow_mut();
        writer.wait(Some(commit))?;
        Ok(writer.written.remove(&commit))
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
}

/// Writes all objects and staged files. Each writer thread takes the next object until none is left. Each thread has its own
/// repository handle, because libgit2 writes only one object at a time through one handle.
fn write(writers: &mut [Repository], job: &Job) -> Result<(), MemoryError> {
    let next = AtomicUsize::new(0);
    let work = |writer: &mut Repository| {
        let odb = writer.odb()?;
        while let Some(RawObject { kind, bytes, .. }) = job.objects.get(next.fetch_add(1, Ordering::Relaxed)) {
            odb.write(*kind, bytes)?;
        }
        Ok::<(), git2::Error>(())
    };
    thread::scope(|scope| -> Result<(), MemoryError> {
        let writers: Vec<_> = writers.iter_mut().map(|writer| scope.spawn(|| work(writer).context(CONTEXT))).collect();
        let staged = checkout::stage(&job.folder, &job.staged);
        writers.into_iter().try_for_each(|writer| writer.join().unwrap_or_else(|_| Err(thread_panicked())))?;
        staged
    })?;
    disk::flush_drive_cache(&job.folder).context(CONTEXT)
}

fn thread_panicked() -> MemoryError {
    MemoryError::Repository { doing: CONTEXT, cause: "a writer thread panicked".to_owned() }
}
