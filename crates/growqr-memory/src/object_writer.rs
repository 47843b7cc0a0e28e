//! Writes a change to disk in the background: its git objects and its staged files.
//!
//! git fsyncs twice for each object, and each staged file needs one more fsync; many objects go into one pack. Because no ref points to the objects yet, the
//! order does not matter: threads write concurrently, while the caller records the plan in the journal. After a crash some
//! objects or files may be missing; `checkout` checks that all exist before it moves the ref. This module moves no ref.

use crate::disk;
use crate::draft::RawObject;
use crate::error_context::Context;
use crate::pack::{self, PACK_FROM, PackedObject};
use git2::{Oid, Repository};
use growqr_core::memory::MemoryError;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::path::{Path, PathBuf};
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
pub(crate) struct Job {
    pub(crate) objects: Vec<RawObject>,
    /// The folder of the repository's objects.
    pub(crate) object_folder: PathBuf,
    /// The folder of the staged files.
    pub(crate) folder: PathBuf,
    /// Path and content of each staged file.
    pub(crate) staged: Vec<(PathBuf, Vec<u8>)>,
}

impl ObjectWriter {
    /// Starts to write a commit, after the running job has ended. `reopen` opens one more handle to the repository.
    pub(crate) fn start(
        &mut self,
        commit: Oid,
        job: Job,
        reopen: impl Fn() -> Result<Repository, MemoryError>,
    ) -> Result<(), MemoryError> {
        self.wait(None)?;
        let wanted = if job.objects.len() >= PACK_FROM { 0 } else { WRITERS.min(job.objects.len()) };
        while self.writers.len() < wanted {
            self.writers.push(reopen()?);
        }
        let mut writers = mem::take(&mut self.writers);
        let work = move || {
            let written = write(&mut writers, &job);
            (writers, written)
        };
        self.running = Some(RunningJob { commit, thread: thread::Builder::new().spawn(work).context(CONTEXT)? });
        Ok(())
    }

    /// Waits until the commit is written. Returns `true` if it was written completely since the last call.
    pub(crate) fn wait_until_written(&mut self, commit: Oid) -> Result<bool, MemoryError> {
        self.wait(Some(commit))?;
        Ok(self.written.remove(&commit))
    }

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

/// Writes all objects and staged files. Each writer thread takes the next object until none is left. Each thread has its own
/// repository handle, because libgit2 writes only one object at a time through one handle.
fn write(writers: &mut [Repository], job: &Job) -> Result<(), MemoryError> {
    if job.objects.len() >= PACK_FROM {
        write_as_pack(job).context(CONTEXT)?;
        return stage(&job.folder, &job.staged);
    }
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
        let staged = stage(&job.folder, &job.staged);
        writers.into_iter().try_for_each(|writer| writer.join().unwrap_or_else(|_| Err(thread_panicked())))?;
        staged
    })?;
    disk::flush_drive_cache(&job.folder).context(CONTEXT)
}

/// Writes the objects into one pack: with many objects, that is one wait for the disk instead of one for each.
fn write_as_pack(job: &Job) -> io::Result<()> {
    let packed = job.objects.iter().map(|object| PackedObject::new(object.oid, object.kind, &object.bytes));
    pack::write_pack(&job.object_folder, pack::COMMIT, packed.collect::<io::Result<_>>()?)
}

/// Writes and fsyncs the files that checkout will rename into the working tree.
pub(crate) fn stage(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), MemoryError> {
    for (path, bytes) in files {
        let mut staged = File::create(path).context("write the page")?;
        staged.write_all(bytes).and_then(|()| disk::sync_file(&staged)).context("write the page")?;
    }
    if files.is_empty() { Ok(()) } else { disk::sync_folder(folder).context("write the page") }
}

fn thread_panicked() -> MemoryError {
    MemoryError::Repository { doing: CONTEXT, cause: "a writer thread panicked".to_owned() }
}
