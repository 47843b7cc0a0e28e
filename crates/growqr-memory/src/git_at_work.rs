//! Commands of the user's git that are changing the folder at this moment: they hold the lock on git's index. A checkout replaces
//! files before it moves HEAD, so what lies in the folder meanwhile is nobody's edit.

use crate::git::Git;
use crate::stat::Stat;
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// A lock that is older than this, in nanoseconds, was left over by a command that was killed.
const LEFT_OVER: i64 = 10 * 60 * 1_000_000_000;

/// A git command that holds a lock of this age, in nanoseconds, waits for the person, or was killed.
const NOT_SOON: i64 = 5 * 1_000_000_000;

/// How often a change of a page looks whether a git command has ended: for two seconds.
pub(crate) const LOOKS_OF_CHANGE: usize = 40;

/// How often a scan looks: for five seconds.
pub(crate) const LOOKS_OF_SCAN: usize = 100;

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(50);

impl Git {
    /// Whether a git command is at work.
    pub(crate) fn is_git_at_work(&self) -> bool {
        self.lock_age().is_some_and(|age| age < LEFT_OVER)
    }

    /// Whether a git command is at work that may end soon.
    ///
    /// # Errors
    /// If it has been at work for a while: waiting is no use.
    pub(crate) fn refuse_old_lock(&self) -> Result<bool, MemoryError> {
        match self.lock_age() {
            Some(age) if age < NOT_SOON => Ok(true),
            Some(age) if age < LEFT_OVER => Err(refused()),
            _ => Ok(false),
        }
    }

    /// The age of the lock on the index, in nanoseconds. `None`: there is no lock.
    fn lock_age(&self) -> Option<i64> {
        let lock = fs::symlink_metadata(self.index_lock()).ok()?;
        let now = file_system_time(&self.page_cache_file());
        Some(now.map_or(0, |now| now.saturating_sub(Stat::of(&lock).mtime_ns)))
    }
}

/// Waits until no git command is at work. Returns whether there was one.
///
/// # Errors
/// If one is still at work after so many looks; errors of `is_at_work`.
pub(crate) fn wait(looks: usize, is_at_work: impl Fn() -> Result<bool, MemoryError>) -> Result<bool, MemoryError> {
    for look in 0..looks {
        if !is_at_work()? {
            return Ok(look > 0);
        }
        thread::sleep(PAUSE);
    }
    Err(refused())
}

/// Why hand edits are not committed now.
pub(crate) fn refused() -> MemoryError {
    let cause = "a git command is at work in the memory folder, or was killed: the lock .git/index.lock exists. Hand edits are \
                 committed when it has ended; a lock that was left over is ignored after ten minutes, or delete that file";
    MemoryError::Repository { doing: "commit hand edits", cause: cause.to_owned() }
}

/// The file system's time now, in nanoseconds: its clock may differ from that of the system. `None`: it cannot be known.
pub(crate) fn file_system_time(beside: &Path) -> Option<i64> {
    let file = beside.with_extension("tick");
    fs::write(&file, [0]).ok()?;
    fs::symlink_metadata(&file).ok().map(|metadata| Stat::of(&metadata).mtime_ns)
}
