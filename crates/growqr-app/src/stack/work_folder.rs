//! The folders of sub-agents in the workbench, and whether anything more can be written there.

use crate::stack::notes;
use growqr_core::workbench::{SessionEnd, SessionOutcome};
use growqr_stack::opencode::OpenCodeError;
use growqr_stack::{Daemon, Exec, StackError};
use std::time::Duration;

/// Makes the folder of a session a git repository before OpenCode reads it. If OpenCode makes it one, it reads everything again.
const MAKE_FOLDER: &str = "mkdir -p \"$1\" && { ! command -v git >/dev/null || git init -q \"$1\"; }";

/// How often the folder of a session is tried to be made.
const FOLDER_TRIES: u32 = 5;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Where sessions write: the files of sub-agents, and what OpenCode keeps of its sessions.
const WRITTEN: [&str; 2] = ["/workspace", "/data"];

/// The container of the workbench.
pub(super) struct WorkContainer {
    pub(super) daemon: Daemon,
    pub(super) id: String,
}

impl WorkContainer {
    /// Makes a folder. What the container itself refuses, because it has no room for another process or file, is tried a few times
    /// only; then why it cannot be made is returned.
    ///
    /// # Errors
    /// [`OpenCodeError::Unreachable`] where the daemon or the container cannot be asked: the caller tries again later.
    pub(super) async fn make_folder(&self, folder: &str) -> Result<Result<(), String>, OpenCodeError> {
        let mut left = FOLDER_TRIES;
        loop {
            let problem = match self.daemon.exec(&self.id, &Exec::new(["sh", "-c", MAKE_FOLDER, "sh", folder])).await {
                Ok(done) if done.code == 0 => return Ok(Ok(())),
                Ok(done) => done.error,
                Err(error @ StackError::Failed { .. }) => error.to_string(),
                Err(error) => {
                    tracing::debug!(%error, "the folder of a session cannot be made now");
                    return Err(OpenCodeError::Unreachable);
                }
            };
            // Git does not say that the disk is full.
            if let Some(full) = self.full_disk().await {
                return Ok(Err(full));
            }
            left -= 1;
            if left == 0 {
                let problem = problem.trim();
                return Ok(Err(format!(
                    "no folder could be made for it in the workbench, which may have too many processes: {problem}"
                )));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Adds to the end of a session that the disk is full, if it is: what failed for that reason need not say so.
    pub(super) async fn with_full_disk(&self, mut end: SessionEnd) -> SessionEnd {
        let Some(full) = self.full_disk().await else { return end };
        match &mut end.outcome {
            SessionOutcome::Failed { reason, .. } => *reason = format!("{full} It failed with: {reason}"),
            _ if end.words.is_empty() => end.words = full,
            _ => end.words = format!("{full}\n\n{}", end.words),
        }
        end
    }

    /// Says that the disk of the workbench is full, and what to do. `None` if it is not, or cannot be asked.
    async fn full_disk(&self) -> Option<String> {
        let full = self.daemon.full_paths(&self.id, &WRITTEN).await;
        let full = full.inspect_err(|error| tracing::debug!(%error, "the free disk space of the workbench is not known")).ok()?;
        (!full.is_empty()).then(|| {
            let full = notes::full_disk("the workbench", &full);
            format!("{full}; or save the files of the workbench and empty it: growqr stack reset --export FILE --yes")
        })
    }
}
