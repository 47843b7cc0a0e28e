//! A server that is a program: started without our keys, in a group that ends with it, and read line by line.

use crate::environment;
use crate::log::{Log, LogSource};
use growqr_core::clock::Clock;
use growqr_core::secret::Secret;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, DuplexStream};
use tokio::process::ChildStdin;

/// The longest line on standard output, in bytes: a message of the protocol may carry pictures.
const MAX_LINE_BYTES: usize = 16 << 20;

/// Bytes between the reader of the output and the protocol.
const BUFFER_BYTES: usize = 64 << 10;

/// How long a server may take to end after its input was closed, and again after it was asked to end.
const END_WAIT: Duration = Duration::from_secs(2);

/// A running server. Dropping it kills all of its processes.
pub(crate) struct Process(Box<dyn ChildWrapper>);

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the program {0:?} is not found; install it, or give its whole path")]
    NotFound(String),
    #[error("the program {program:?} cannot be started: {error}")]
    Refused { program: String, error: io::Error },
}

/// The input and output of a started server; only messages of the protocol come through the output.
pub(crate) struct Pipes {
    pub output: DuplexStream,
    pub input: ChildStdin,
}

impl Process {
    /// Starts a program. What it says besides the protocol goes to the log.
    pub(crate) fn start(
        command: &str,
        args: &[String],
        own: &BTreeMap<String, Secret>,
        log: &Arc<Log>,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Process, Pipes), StartError> {
        let variables = environment::variables(own);
        let path = variables.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
        let folder = std::env::home_dir().unwrap_or_else(std::env::temp_dir);
        let program = which::which_in(command, path, &folder).map_err(|_| StartError::NotFound(command.to_owned()))?;
        let refused = |error| StartError::Refused { program: command.to_owned(), error };
        let mut command = CommandWrap::with_new(program, |command| {
            command.args(args).env_clear().envs(variables).current_dir(&folder);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        in_a_group(&mut command);
        let mut child = command.spawn().map_err(refused)?;
        let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(input), Some(output), Some(errors)) = streams else {
            return Err(refused(io::Error::other("its input and output are missing")));
        };
        let (messages, filtered) = tokio::io::duplex(BUFFER_BYTES);
        tokio::spawn(pass_messages(output, messages, Arc::clone(log), Arc::clone(clock)));
        tokio::spawn(log_lines(errors, Arc::clone(log), Arc::clone(clock)));
        Ok((Process(child), Pipes { output: filtered, input }))
    }

    /// Waits for the server's own end.
    pub(crate) async fn ended(&mut self) {
        // An error means that it cannot be waited for, because it is gone.
        let _ = self.0.wait().await;
    }

    /// Ends the server, whose input has been closed: waits, asks it to end, and kills what is left.
    pub(crate) async fn end(mut self) {
        if tokio::time::timeout(END_WAIT, self.0.wait()).await.is_ok() {
            return;
        }
        ask_to_end(&*self.0);
        // If it goes on, dropping kills it.
        let _ = tokio::time::timeout(END_WAIT, self.0.wait()).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Also children that a server left behind: `npx`, `uvx` and shells start others.
        let _ = self.0.start_kill();
    }
}

#[cfg(unix)]
fn in_a_group(command: &mut CommandWrap) {
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
}

#[cfg(windows)]
fn in_a_group(command: &mut CommandWrap) {
    use windows::Win32::System::Threading::CREATE_NO_WINDOW;
    command.wrap(process_wrap::tokio::CreationFlags(CREATE_NO_WINDOW)).wrap(process_wrap::tokio::JobObject);
}

#[cfg(unix)]
fn ask_to_end(child: &dyn ChildWrapper) {
    const SIGTERM: i32 = 15;
    let _ = child.signal(SIGTERM);
}

/// Windows has no such request for programs without a window.
#[cfg(windows)]
fn ask_to_end(_child: &dyn ChildWrapper) {}

/// Passes on the lines that are messages of the protocol; all others go to the log.
async fn pass_messages(
    output: impl AsyncRead + Unpin,
    mut messages: impl AsyncWriteExt + Unpin,
    log: Arc<Log>,
    clock: Arc<dyn Clock>,
) {
    let mut lines = BufReader::new(output);
    while let Some(line) = next_line(&mut lines, MAX_LINE_BYTES).await {
        if is_message(&line) {
            let sent = async {
                messages.write_all(&line).await?;
                messages.write_all(b"\n").await?;
                messages.flush().await
            };
            if sent.await.is_err() {
                return;
            }
        } else {
            log.push(clock.now(), LogSource::Output, &String::from_utf8_lossy(&line));
        }
    }
}

async fn log_lines(output: impl AsyncRead + Unpin, log: Arc<Log>, clock: Arc<dyn Clock>) {
    let mut lines = BufReader::new(output);
    while let Some(line) = next_line(&mut lines, BUFFER_BYTES).await {
        log.push(clock.now(), LogSource::Server, &String::from_utf8_lossy(&line));
    }
}

/// The next line without its end; of a longer line only the beginning. `None` at the end of the stream.
async fn next_line(lines: &mut BufReader<impl AsyncRead + Unpin>, limit: usize) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let read = lines.fill_buf().await.ok()?;
        if read.is_empty() {
            return (!line.is_empty()).then_some(line);
        }
        let (part, is_end) = match read.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&read[..end], true),
            None => (read, false),
        };
        line.extend_from_slice(&part[..part.len().min(limit.saturating_sub(line.len()))]);
        let used = part.len() + usize::from(is_end);
        lines.consume(used);
        if is_end {
            return Some(line);
        }
    }
}

/// Whether a line is a message of the protocol, and not something that a program prints for people.
fn is_message(line: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Message {
        #[serde(rename = "jsonrpc")]
        _version: serde::de::IgnoredAny,
    }
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    serde_json::from_slice::<Message>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn long_lines_are_cut_and_the_next_one_is_whole() {
        let text = format!("{}\nshort\n\nlast", "x".repeat(200_000));
        let mut lines = BufReader::new(text.as_bytes());
        let mut lengths = Vec::new();
        while let Some(line) = next_line(&mut lines, 100_000).await {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [100_000, 5, 0, 4]);
    }

    #[test]
    fn only_messages_of_the_protocol_are_passed_on() {
        assert!(is_message(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#));
        assert!(is_message("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\r".as_bytes()));
        for line in ["", "null", "[]", "{}", "Server listening on 3000", "{\"level\":\"info\"}", "{\"jsonrpc\":"] {
            assert!(!is_message(line.as_bytes()), "{line}");
        }
    }
}
