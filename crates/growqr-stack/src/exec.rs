//! Commands inside a running container.

use crate::daemon::{Daemon, limited};
use crate::error::{self, StackError};
use bollard::container::LogOutput;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use futures_util::StreamExt;
use growqr_core::secret::Secret;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Output beyond this is dropped.
const MOST_OUTPUT: usize = 1 << 20;
/// What the daemon may take in addition to the command.
const OVERHEAD: Duration = Duration::from_secs(10);

/// A command for a container. The daemon's events show its arguments to whoever may use the socket: a secret goes into the
/// environment or the standard input.
#[derive(Clone, Debug)]
pub struct Exec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables in addition to those of the container.
    pub environment: Vec<(String, Secret)>,
    /// The standard input.
    pub input: Option<Secret>,
    /// How long it may run, in whole seconds. Then the container's own `timeout` ends it: the daemon cannot.
    pub limit: Duration,
}

/// A command that has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct ExecDone {
    /// The exit code. 124 or 143: it was ended at its limit. 126 or 127: the program is missing.
    pub code: i64,
    /// The standard output. May hold a secret.
    pub output: String,
    /// The standard error.
    pub error: String,
}

impl std::fmt::Debug for ExecDone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecDone").field("code", &self.code).field("error", &self.error).finish_non_exhaustive()
    }
}

impl Exec {
    /// A command without variables and input, limited to 30 seconds.
    #[must_use]
    pub fn new<T: Into<String>>(command: impl IntoIterator<Item = T>) -> Exec {
        let command = command.into_iter().map(Into::into).collect();
        Exec { command, environment: Vec::new(), input: None, limit: Duration::from_secs(30) }
    }
}

impl Daemon {
    /// Runs a command in a container and waits for its end.
    ///
    /// # Errors
    /// [`StackError::ContainerStopped`], [`StackError::ContainerPaused`]; [`StackError::ConnectionLost`] if the daemon ended
    /// meanwhile, in which case the command may have been carried out. An exit code other than 0 is not an error.
    pub async fn exec(&self, container: &str, exec: &Exec) -> Result<ExecDone, StackError> {
        let seconds = exec.limit.as_secs().max(1).to_string();
        let command = ["timeout".to_owned(), seconds].into_iter().chain(exec.command.iter().cloned()).collect();
        let config = ExecConfig {
            attach_stdin: exec.input.as_ref().map(|_| true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            env: Some(exec.environment.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect()),
            cmd: Some(command),
            ..ExecConfig::default()
        };
        let call = self.call("run a command", "container", container);
        let id = self.ask(call, self.docker().create_exec(container, config)).await?.id;
        let read = self.attached(&id, container, exec.input.as_ref());
        let (output, error) = limited(exec.limit + OVERHEAD, call.during, read).await??;
        // The stream also ends when the daemon does: only the inspected exit code means that the command has ended.
        let state = self.ask(call, self.docker().inspect_exec(&id)).await?;
        match (state.running, state.exit_code) {
            (Some(false), Some(code)) => Ok(ExecDone { code, output, error }),
            _ => Err(StackError::ConnectionLost { during: call.during }),
        }
    }

    async fn attached(&self, id: &str, container: &str, input: Option<&Secret>) -> Result<(String, String), StackError> {
        let call = self.call("run a command", "container", container);
        let started = self.docker().start_exec(id, None).await.map_err(|problem| error::read(call, problem))?;
        let StartExecResults::Attached { output: mut frames, input: mut pipe } = started else {
            return Ok(Default::default());
        };
        let send = async {
            if let Some(text) = input {
                let _ = pipe.write_all(text.expose().as_bytes()).await;
            }
            let _ = pipe.shutdown().await;
            pipe
        };
        let receive = async {
            let (mut output, mut error) = (Vec::new(), Vec::new());
            while let Some(frame) = frames.next().await {
                let frame = frame.map_err(|problem| error::read(call, problem))?;
                let kept = if matches!(frame, LogOutput::StdErr { .. }) { &mut error } else { &mut output };
                let room = MOST_OUTPUT.saturating_sub(kept.len());
                kept.extend_from_slice(&frame.as_ref()[..frame.as_ref().len().min(room)]);
            }
            Ok::<_, StackError>((output, error))
        };
        let (_, received) = tokio::join!(send, receive);
        let (output, error) = received?;
        Ok((String::from_utf8_lossy(&output).into_owned(), String::from_utf8_lossy(&error).into_owned()))
    }
}
