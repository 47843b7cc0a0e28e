//! Watches for hand edits: calls back when the working tree has changed and then stayed unchanged for a while.
//! It relies on notifications of the operating system. Windows may lose some, so there it also calls back periodically.

use crate::error_context::Context;
use growqr_core::memory::MemoryError;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Component, Path};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the working tree must stay unchanged before a scan.
pub const QUIET: Duration = Duration::from_secs(2);

/// How often to scan without a notification. Windows loses notifications when many files change at once, and `notify` does
/// not report it; the other systems lose none, or report that they did.
const RESCAN: Option<Duration> = if cfg!(windows) { Some(Duration::from_secs(5 * 60)) } else { None };

/// A running watcher. Dropping it stops watching and waits for a running callback.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn start(folder: &Path, quiet: Duration, then: impl Fn() + Send + 'static) -> Result<Watch, MemoryError> {
        // Systems report real paths, so symbolic links in the folder's path must be resolved before paths are compared.
        let folder = folder.canonicalize().context("be watched")?;
        let (changed, changes) = mpsc::sync_channel(1);
        let root = folder.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if is_of_interest(&root, &event) {
                // A full channel already holds the signal that something has changed.
                let _ = changed.try_send(());
            }
        })
        .context("be watched")?;
        watcher.watch(&folder, RecursiveMode::Recursive).context("be watched")?;
        let thread = thread::Builder::new()
            .name("memory-watch".to_owned())
            .spawn(move || call_when_quiet(&changes, quiet, RESCAN, then))
            .context("be watched")?;
        Ok(Watch { watcher: Some(watcher), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The watcher owns the only sender: dropping it ends the thread.
        self.watcher = None;
        let Some(thread) = self.thread.take() else { return };
        if thread.thread().id() != thread::current().id() && thread.join().is_err() {
            tracing::error!("the callback for hand edits panicked");
        }
    }
}

/// Whether an event is a change outside `.git`, or a git command has released its lock: hand edits and git's index may have waited
/// for that. An error counts as a change, because it may mean lost events.
fn is_of_interest(folder: &Path, event: &notify::Result<Event>) -> bool {
    let Ok(event) = event else { return true };
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    event.need_rescan()
        || event.paths.is_empty()
        || event.paths.iter().any(|path| !is_in_git_folder(folder, path) || is_released_lock(folder, path))
}

fn is_in_git_folder(folder: &Path, path: &Path) -> bool {
    let first = path.strip_prefix(folder).ok().and_then(|inside| inside.components().next());
    matches!(first, Some(Component::Normal(name)) if name == ".git")
}

fn is_released_lock(folder: &Path, path: &Path) -> bool {
    path.strip_prefix(folder).is_ok_and(|inside| inside == Path::new(".git/index.lock")) && !path.exists()
}

fn call_when_quiet(changes: &Receiver<()>, quiet: Duration, rescan: Option<Duration>, then: impl Fn()) {
    let wait = || match rescan {
        None => changes.recv().is_ok(),
        Some(rescan) => changes.recv_timeout(rescan) != Err(RecvTimeoutError::Disconnected),
    };
    while wait() {
        loop {
            match changes.recv_timeout(quiet) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        then();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_rescan_interval_the_callback_runs_without_notifications() {
        let (changed, changes) = mpsc::sync_channel(1);
        let (called, calls) = mpsc::channel();
        let soon = Duration::from_millis(1);
        let then = move || called.send(()).unwrap_or_default();
        let thread = thread::spawn(move || call_when_quiet(&changes, soon, Some(soon), then));
        assert!(calls.recv().is_ok() && calls.recv().is_ok());
        drop(changed);
        thread.join().unwrap();
    }
}
