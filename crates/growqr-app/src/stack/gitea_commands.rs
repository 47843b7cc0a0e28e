//! Gitea's own commands, run inside its container.

use async_trait::async_trait;
use growqr_stack::{CommandOutput, Daemon, Exec, GiteaCommands, StackError};

/// Runs the program `gitea` in one container.
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
    async fn run(&self, args: &[&str]) -> Result<CommandOutput, StackError> {
        let command = std::iter::once("gitea").chain(args.iter().copied());
        let done = self.daemon.exec(&self.container, &Exec::new(command)).await?;
        Ok(CommandOutput { exit: done.code, stdout: done.output, stderr: done.error })
    }
}
