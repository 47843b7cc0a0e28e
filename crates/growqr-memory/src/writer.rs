//! A change on its way to the disk: its objects, and the files that it will put into the work tree. git waits for the
//! disk twice for each object and once more for each file, and they know nothing of each other until a ref leads to
//! them: so they are written side by side, by threads, while the caller records what it intends. A crash may leave some
//! of them written and others not: whoever makes the commit visible sees to it that all are there. Moves no ref.

use crate::checkout::{self, Files};
use crate::disk;
use crate::draft::{Draft, Raw};
use crate::failure::Doing;
use crate::objects::{FileChange, Git, Plan};
use git2::{Oid, Repository};
use growqr_core::memory::MemoryError;
use std::collections::HashSet;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

const DOING: &str = "write a change";

/// How many objects are written at the same time: a change of one page in one folder has this many.
const HANDS: usize = 4;

/// Who writes, and what has been written.
#[derive(Default)]
pub(crate) struct Writer {
    /// The repository several times over. Opened with the first change.
    hands: Vec<Repository>,
    at_work: Option<Work>,
    /// Commits that this process has wholly written, with their staged files, and nobody asked for yet.
    written: HashSet<Oid>,
}

/// The writing of one commit.
struct Work {
    commit: Oid,
    thread: JoinHandle<(Vec<Repository>, Result<(), MemoryError>)>,
}

/// What is written for one commit.
struct Job {
    objects: Vec<Raw>,
    /// Where the staged files lie.
    folder: PathBuf,
    /// The staged files, and what is in them.
    staged: Vec<(PathBuf, Vec<u8>)>,
}

impl Writer {
    /// Waits until nothing is being written, and says how the writing of `wanted` went if it was that. Another's failure
    /// shows when that one is looked for.
    fn wait(&mut self, wanted: Option<Oid>) -> Result<(), MemoryError> {
        let Some(Work { commit, thread }) = self.at_work.take() else { return Ok(()) };
        let (hands, written) = thread.join().unwrap_or_else(|_| (Vec::new(), Err(ended())));
        self.hands = hands;
        match written {
            Ok(()) => {
                self.written.insert(commit);
            }
            Err(error) if wanted == Some(commit) => return Err(error),
            Err(error) => tracing::warn!(%error, %commit, "a change could not be written"),
        }
        Ok(())
    }

    /// Whether this is being written, or was and waits to be asked for.
    pub(crate) fn has(&self, commit: Oid) -> bool {
        self.written.contains(&commit) || self.at_work.as_ref().is_some_and(|work| work.commit == commit)
    }
}

impl Drop for Writer {
    /// Nobody writes to the folder once the memory is closed.
    fn drop(&mut self) {
        let _ = self.wait(None);
    }
}

impl Git {
    /// Begins to write what is in a draft, and the files of its commit if they are ours to put in place.
    /// [`Git::kept`] waits for the end. No ref leads to them yet.
    pub(crate) fn keep(&self, draft: &Draft, plan: &Plan) -> Result<(), MemoryError> {
        let objects = draft.raw().doing(DOING)?;
        let staged = match draft.files {
            Files::Ours => self.to_stage(plan, &objects)?,
            Files::ByHand => Vec::new(),
        };
        let mut writer = self.writer.borrow_mut();
        writer.wait(None)?;
        while writer.hands.len() < HANDS.min(objects.len()) {
            writer.hands.push(self.again()?);
        }
        let mut hands = mem::take(&mut writer.hands);
        let job = Job { objects, staged, folder: self.staged.clone() };
        let work = move || {
            let written = write(&mut hands, &job);
            (hands, written)
        };
        writer.at_work = Some(Work { commit: plan.commit, thread: thread::Builder::new().spawn(work).doing(DOING)? });
        Ok(())
    }

    /// Waits until what this process writes of a commit is on the disk. Whether it has written all of it since it was last
    /// asked; what an earlier process wrote may lack something.
    pub(crate) fn kept(&self, commit: Oid) -> Result<bool, MemoryError> {
        let mut writer = self.writer.borrow_mut();
        writer.wait(Some(commit))?;
        Ok(writer.written.remove(&commit))
    }

    /// The staged files of a commit, and what is in them.
    pub(crate) fn to_stage(&self, plan: &Plan, objects: &[Raw]) -> Result<Vec<(PathBuf, Vec<u8>)>, MemoryError> {
        let file = |(number, file): (usize, &FileChange)| {
            let bytes = match file.new.and_then(|new| objects.iter().find(|raw| raw.oid == new)) {
                Some(raw) => raw.bytes.clone(),
                None => self.staged_bytes(file)?,
            };
            Ok((self.staged_file(plan.commit, number), bytes))
        };
        plan.files.iter().enumerate().map(file).collect()
    }
}

/// Each of the hands takes the next object until there is none: libgit2 writes one at a time through one repository.
/// The files are staged meanwhile.
fn write(hands: &mut [Repository], job: &Job) -> Result<(), MemoryError> {
    let next = AtomicUsize::new(0);
    let work = |hand: &mut Repository| {
        let odb = hand.odb()?;
        while let Some(Raw { kind, bytes, .. }) = job.objects.get(next.fetch_add(1, Ordering::Relaxed)) {
            odb.write(*kind, bytes)?;
        }
        Ok::<(), git2::Error>(())
    };
    thread::scope(|scope| -> Result<(), MemoryError> {
        let hands: Vec<_> = hands.iter_mut().map(|hand| scope.spawn(|| work(hand).doing(DOING))).collect();
        let staged = checkout::stage(&job.folder, &job.staged);
        hands.into_iter().try_for_each(|hand| hand.join().unwrap_or_else(|_| Err(ended())))?;
        staged
    })?;
    disk::flush(&job.folder).doing(DOING)
}

fn ended() -> MemoryError {
    MemoryError::Repository { doing: DOING, cause: "a thread that wrote it has ended".to_owned() }
}
