//! Objects on their way to the disk. git waits for the disk twice for each object it writes, and a change has four of
//! them or more. They know nothing of each other until a ref leads to them, so they are made in memory first and then
//! written side by side, while the caller records what it intends. A crash may leave some of them written and others
//! not: whoever makes the commit visible sees to it that all are there. What is dropped instead leaves nothing behind.

use crate::failure::Doing;
use crate::objects::Git;
use git2::{Commit, ObjectType, Odb, Oid, Repository, Signature, Tree, TreeBuilder};
use growqr_core::memory::MemoryError;
use std::mem;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// How many objects are written at the same time: a change of one page in one folder has this many.
const HANDS: usize = 4;

/// In front of the objects on the disk.
const FIRST: i32 = 1_000;

/// The objects of one change, and those on the disk to build on.
pub(crate) struct Draft {
    repo: Repository,
    made: Vec<Oid>,
}

/// An object as it is written.
type Raw = (ObjectType, Vec<u8>);

impl Draft {
    /// Over the objects in this folder.
    fn over(objects: &Path) -> Result<Draft, git2::Error> {
        let odb = Odb::new()?;
        odb.add_disk_alternate(&objects.to_string_lossy())?;
        odb.add_new_mempack_backend(FIRST)?;
        Ok(Draft { repo: Repository::from_odb(odb)?, made: Vec::new() })
    }

    /// Adds a text.
    pub(crate) fn blob(&mut self, bytes: &[u8]) -> Result<Oid, MemoryError> {
        let oid = self.repo.blob(bytes).doing("write the page")?;
        self.made.push(oid);
        Ok(oid)
    }

    /// A folder to be filled, from one that is there.
    pub(crate) fn builder<'a>(&'a self, baseline: Option<&Tree<'_>>) -> Result<TreeBuilder<'a>, MemoryError> {
        self.repo.treebuilder(baseline).doing("write a tree")
    }

    /// Adds a commit after `base`.
    pub(crate) fn commit(
        &mut self,
        (base, tree): (Option<Oid>, Oid),
        signature: &Signature<'_>,
        message: &str,
    ) -> Result<Oid, MemoryError> {
        let tree = self.repo.find_tree(tree).doing("read a tree")?;
        let base = base.map(|oid| self.repo.find_commit(oid)).transpose().doing("read HEAD")?;
        let parents: Vec<&Commit<'_>> = base.iter().collect();
        let oid = self.repo.commit(None, signature, signature, message, &tree, &parents).doing("write the commit")?;
        self.made.push(oid);
        Ok(oid)
    }

    /// Notes a folder that a builder of this draft has written.
    pub(crate) fn made(&mut self, tree: Oid) {
        self.made.push(tree);
    }

    fn raw(&self) -> Result<Vec<Raw>, git2::Error> {
        let odb = self.repo.odb()?;
        self.made.iter().map(|oid| odb.read(*oid).map(|object| (object.kind(), object.data().to_vec()))).collect()
    }
}

/// The repository several times over, to write objects side by side; and the thread that has taken them along.
#[derive(Default)]
pub(crate) struct Hands {
    free: Vec<Repository>,
    at_work: Option<Work>,
}

/// The writing of a commit's objects.
struct Work {
    commit: Oid,
    thread: JoinHandle<(Vec<Repository>, Result<(), git2::Error>)>,
}

impl Hands {
    /// Waits until they are free, and says how the writing of `wanted` went if that is what they were at. Another's failure
    /// shows when that one is looked for.
    fn wait(&mut self, wanted: Option<Oid>) -> Result<(), git2::Error> {
        let Some(Work { commit, thread }) = self.at_work.take() else { return Ok(()) };
        let (hands, written) = thread.join().unwrap_or_else(|_| (Vec::new(), Err(ended())));
        self.free = hands;
        match written {
            Err(error) if wanted != Some(commit) => {
                tracing::warn!(%error, %commit, "a change's objects could not be written");
                Ok(())
            }
            written => written,
        }
    }
}

impl Drop for Hands {
    /// Nobody writes to the folder once the memory is closed.
    fn drop(&mut self) {
        let _ = self.wait(None);
    }
}

impl Git {
    /// An empty one.
    pub(crate) fn draft(&self) -> Result<Draft, MemoryError> {
        Draft::over(&self.repo.commondir().join("objects")).doing("begin a change")
    }

    /// Begins to write the objects of a commit; [`Git::kept`] waits for the end. No ref leads to them yet.
    pub(crate) fn keep(&self, draft: &Draft, commit: Oid) -> Result<(), MemoryError> {
        let doing = "write a change";
        let objects = draft.raw().doing(doing)?;
        let mut hands = self.hands.borrow_mut();
        hands.wait(None).doing(doing)?;
        while hands.free.len() < HANDS.min(objects.len()) {
            hands.free.push(self.again()?);
        }
        let mut repositories = mem::take(&mut hands.free);
        let work = move || {
            let written = write(&mut repositories, &objects);
            (repositories, written)
        };
        hands.at_work = Some(Work { commit, thread: thread::Builder::new().spawn(work).doing(doing)? });
        Ok(())
    }

    /// Waits until what this process writes of a commit is on the disk. What an earlier one wrote may lack something.
    pub(crate) fn kept(&self, commit: Oid) -> Result<(), MemoryError> {
        self.hands.borrow_mut().wait(Some(commit)).doing("write a change")
    }
}

/// Each of the hands takes the next object until there is none. libgit2 writes one at a time through one repository.
fn write(hands: &mut [Repository], objects: &[Raw]) -> Result<(), git2::Error> {
    let next = AtomicUsize::new(0);
    let work = |hand: &mut Repository| {
        let odb = hand.odb()?;
        while let Some((kind, bytes)) = objects.get(next.fetch_add(1, Ordering::Relaxed)) {
            odb.write(*kind, bytes)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let hands: Vec<_> = hands.iter_mut().map(|hand| scope.spawn(|| work(hand))).collect();
        hands.into_iter().try_for_each(|hand| hand.join().unwrap_or_else(|_| Err(ended())))
    })
}

fn ended() -> git2::Error {
    git2::Error::from_str("a thread that wrote objects has ended")
}
