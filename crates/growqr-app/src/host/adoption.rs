//! Commits the person's hand edits beside the host: those made while no host ran, and then each time the files have not changed
//! for a while. A long adoption shows its progress, and ends early when the host stops; the next start goes on from there.

use crate::SystemClock;
use growqr_core::clock::Clock;
use growqr_memory::{AdoptionObserver, MemoryRepo, QUIET, Watch};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How far a long adoption is: files read and recorded, and their number. Both are the same when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AdoptionProgress {
    pub(crate) done: usize,
    pub(crate) total: usize,
}

/// What adoption tells the host, and what ends it.
#[derive(Clone)]
pub(crate) struct Adoption {
    /// Marked as changed after each commit.
    pub(crate) changed: watch::Sender<()>,
    pub(crate) progress: watch::Sender<AdoptionProgress>,
    pub(crate) stop: CancellationToken,
}

impl AdoptionObserver for Adoption {
    fn progress(&self, done: usize, total: usize) {
        self.progress.send_replace(AdoptionProgress { done, total });
    }

    fn should_stop(&self) -> bool {
        self.stop.is_cancelled()
    }
}

impl Adoption {
    /// Adopts now and after later edits, until the returned watch is dropped. If the system cannot watch the folder, later edits
    /// are committed at the next start. Blocks.
    pub(crate) fn start(self, memory: &Arc<MemoryRepo>) -> Option<Watch> {
        let (later, repo) = (self.clone(), Arc::clone(memory));
        let watch = memory.watch(QUIET, move || later.adopt(&repo));
        self.adopt(memory);
        match watch {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, "the memory folder cannot be watched");
                None
            }
        }
    }

    fn adopt(&self, memory: &MemoryRepo) {
        match memory.adopt_observed(SystemClock.now(), self) {
            Ok(adopted) => {
                for file in adopted.skipped {
                    tracing::info!(path = file.path, reason = %file.reason, "a file in the memory folder is ignored");
                }
                if adopted.is_interrupted {
                    tracing::info!("hand edits are committed at the next start");
                }
                if !adopted.commits.is_empty() {
                    self.changed.send_replace(());
                }
            }
            Err(error) => tracing::warn!(%error, "hand edits could not be committed yet"),
        }
        self.progress.send_if_modified(|progress| {
            let is_open = progress.done != progress.total;
            progress.done = progress.total;
            is_open
        });
    }
}
