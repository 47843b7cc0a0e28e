//! Gitea's own commands, run inside its container.

use async_trait::async_trait;
use growqr_stack::gitea_server::{CommandError, CommandOutput, GiteaCommands};
use growqr_stack::{Daemon, Exec};

/// Runs commands in one container.
pub(crate) struct GiteaExec {
    daemon: Daemon,
    container: String,
}

impl GiteaExec {
    pub(crate) fn new(daemon: Daemon, container: String) -> GiteaExec {
        GiteaExec { daemon, container }
    }
}

#[async_trait]
impl GiteaCommands for GiteaExec {
    async fn run(&self, arguments: &[&str]) -> Result<CommandOutput, CommandError> {
        let done = self.daemon.exec(&self.container, &Exec::new(arguments.iter().copied())).await;
        let done = done.map_err(|error| CommandError(error.to_string()))?;
        Ok(CommandOutput { exit: done.code, stdout: done.output, stderr: done.error })
    }
}
