//! Why a container ended, in words for the person.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::logs::LogLine;
use crate::observe::{RealContainer, Status};
use std::fmt;

const LAST_LINES: usize = 20;

/// How and why a container's last run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// What happened.
    pub ending: Ending,
    /// The exit code of the program.
    pub exit_code: i64,
    /// When it ended, in the daemon's notation.
    pub finished_at: String,
    /// The last lines that it wrote.
    pub last_lines: Vec<LogLine>,
}

/// What ended a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It used more memory than its limit.
    OutOfMemory,
    /// It was killed: by a person, by the daemon, or because it did not stop in time.
    Killed,
    /// It was asked to stop, or ended by itself without an error.
    Stopped,
    /// Its program is missing in the image, or cannot be run.
    NoProgram,
    /// The program ended with an error.
    Failed,
    /// It could not be started; the daemon's words.
    NotStarted(String),
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ending {
            Ending::OutOfMemory => f.write_str("out of memory: it used more than its limit"),
            Ending::Killed => f.write_str("it was killed"),
            Ending::Stopped => f.write_str("it was stopped"),
            Ending::NoProgram => write!(f, "its program is missing or cannot run (exit code {})", self.exit_code),
            Ending::Failed => write!(f, "its program failed (exit code {})", self.exit_code),
            Ending::NotStarted(message) => write!(f, "Docker could not start it: {message}"),
        }
    }
}

impl Daemon {
    /// Why a container ended; `None` if it has not. `saw_oom` says that the events told of a lack of memory: the daemon's own
    /// flag does not always cover a child process.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn explain(&self, container: &RealContainer, saw_oom: bool) -> Result<Option<Death>, StackError> {
        let Some(ending) = ending(container, saw_oom) else { return Ok(None) };
        let last_lines = self.logs(&container.id, LAST_LINES).await?;
        let RealContainer { exit_code, finished_at, .. } = container.clone();
        Ok(Some(Death { ending, exit_code, finished_at, last_lines }))
    }
}

fn ending(container: &RealContainer, saw_oom: bool) -> Option<Ending> {
    if matches!(container.status, Status::Running | Status::Paused) {
        return None;
    }
    if !container.error.is_empty() {
        return Some(Ending::NotStarted(container.error.clone()));
    }
    if container.status == Status::Created {
        return None;
    }
    Some(match container.exit_code {
        _ if container.oom_killed || saw_oom => Ending::OutOfMemory,
        137 => Ending::Killed,
        0 | 143 => Ending::Stopped,
        126 | 127 => Ending::NoProgram,
        _ => Ending::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_read_from_status_code_and_flag() {
        let ended = |exit_code| RealContainer { status: Status::Exited, exit_code, ..RealContainer::default() };
        assert_eq!(ending(&ended(137), false), Some(Ending::Killed));
        assert_eq!(ending(&ended(137), true), Some(Ending::OutOfMemory));
        assert_eq!(ending(&RealContainer { oom_killed: true, ..ended(137) }, false), Some(Ending::OutOfMemory));
        assert_eq!(ending(&ended(143), false), Some(Ending::Stopped));
        assert_eq!(ending(&ended(127), false), Some(Ending::NoProgram));
        assert_eq!(ending(&ended(1), false), Some(Ending::Failed));
        assert_eq!(ending(&RealContainer { status: Status::Paused, ..ended(0) }, false), None);
        let failed = RealContainer { error: "driver failed".to_owned(), ..RealContainer::default() };
        assert_eq!(ending(&failed, false), Some(Ending::NotStarted("driver failed".to_owned())));
    }
}
