//! A server that is a program: started without our keys, in a group that ends with it, and read line by line.

use crate::environment;
use crate::log::{Log, LogSource};
use crate::login_shell;
use crate::process_group::Group;
use growqr_core::clock::Clock;
use growqr_core::secret::Secret;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, DuplexStream};
use tokio::process::ChildStdin;
use tokio::sync::Semaphore;

/// The longest line on standard output, in bytes: a message of the protocol may carry pictures.
const MAX_LINE_BYTES: usize = 16 << 20;

/// Bytes between the reader of the output and the protocol.
const BUFFER_BYTES: usize = 64 << 10;

/// The most requests of a server that wait for our answers, and how long a further one waits. Each answer to a server that does not read
/// would stay in memory.
const MAX_REQUESTS: usize = 100;
const REQUEST_WAIT: Duration = Duration::from_secs(30);

/// How long a server may take to end after its input was closed, and again after it was asked to end.
const END_WAIT: Duration = Duration::from_secs(2);

/// A running server. Dropping it kills all of its processes.
pub(crate) struct Process {
    child: Box<dyn ChildWrapper>,
    group: Group,
}

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the program {0:?} is not found; install it, or give its whole path")]
    NotFound(String),
    #[error("the folder {0:?}, in which it was added, is not there any more")]
    NoFolder(PathBuf),
    #[error("the program {program:?} cannot be started: {error}")]
    Refused { program: String, error: io::Error },
}

/// The input and output of a started server; only messages of the protocol come through the output.
pub(crate) struct Pipes {
    pub output: DuplexStream,
    pub input: DuplexStream,
}

/// What is started.
pub(crate) struct Program<'a> {
    pub command: &'a str,
    pub args: &'a [String],
    /// Its own variables.
    pub env: &'a BTreeMap<String, Secret>,
    /// Where it runs; `None`: in the home folder.
    pub folder: Option<&'a Path>,
}

impl Process {
    /// Starts a program. What it says besides the protocol goes to the log.
    pub(crate) async fn start(
        program: &Program<'_>,
        log: &Arc<Log>,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Process, Pipes), StartError> {
        let home = std::env::home_dir();
        let folder = program.folder.map(Path::to_owned).or_else(|| home.clone()).unwrap_or_else(std::env::temp_dir);
        if !folder.is_dir() {
            return Err(StartError::NoFolder(folder));
        }
        let at_home = |word: &str| environment::at_home(word, home.as_deref());
        let command = at_home(program.command);
        let mut variables = environment::variables(program.env, login_shell::path().await);
        let path = variables.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
        let found = which::which_in(&command, path, &folder).map_err(|_| StartError::NotFound(program.command.to_owned()))?;
        // Whoever names a program by its path often has an interpreter or other programs beside it.
        if let Some(beside) = found.parent().filter(|_| Path::new(&command).components().count() > 1) {
            environment::prepend_path(&mut variables, beside);
        }
        let refused = |error| StartError::Refused { program: program.command.to_owned(), error };
        let args: Vec<String> = program.args.iter().map(|word| at_home(word)).collect();
        let command = CommandWrap::with_new(found, |command| {
            command.args(args).env_clear().envs(variables).current_dir(&folder);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        let group = Group::begin().map_err(refused)?;
        let mut child = group.spawn(command).map_err(refused)?;
        let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(input), Some(output), Some(errors)) = streams else {
            return Err(refused(io::Error::other("its input and output are missing")));
        };
        let (messages, filtered) = tokio::io::duplex(BUFFER_BYTES);
        let (written, outgoing) = tokio::io::duplex(BUFFER_BYTES);
        let unanswered = Arc::new(Semaphore::new(MAX_REQUESTS));
        tokio::spawn(pass_messages(output, messages, Arc::clone(&unanswered), Arc::clone(log), Arc::clone(clock)));
        tokio::spawn(write_messages(written, input, unanswered));
        tokio::spawn(log_lines(errors, Arc::clone(log), Arc::clone(clock)));
        Ok((Process { child, group }, Pipes { output: filtered, input: outgoing }))
    }

    /// Waits for the server's own end.
    pub(crate) async fn ended(&mut self) {
        // An error means that it cannot be waited for, because it is gone.
        let _ = self.child.wait().await;
    }

    /// Ends the server, whose input has been closed: waits, asks it to end, and kills what is left.
    pub(crate) async fn end(mut self) {
        if tokio::time::timeout(END_WAIT, self.child.wait()).await.is_ok() {
            return;
        }
        self.group.ask_to_end();
        // If it goes on, dropping kills it.
        let _ = tokio::time::timeout(END_WAIT, self.child.wait()).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Also children that a server left behind: `npx`, `uvx` and shells start others.
        self.group.kill(&mut *self.child);
    }
}

/// Passes on the lines that are messages of the protocol; all others go to the log. Ends the connection of a server that asks and does
/// not read the answers.
async fn pass_messages(
    output: impl AsyncRead + Unpin,
    mut messages: impl AsyncWriteExt + Unpin,
    unanswered: Arc<Semaphore>,
    log: Arc<Log>,
    clock: Arc<dyn Clock>,
) {
    let mut lines = BufReader::new(output);
    while let Some(line) = next_line(&mut lines, MAX_LINE_BYTES).await {
        let Some(kind) = kind_of(&line) else {
            log.push(clock.now(), LogSource::Output, &String::from_utf8_lossy(&line));
            continue;
        };
        if kind == Kind::Request {
            match tokio::time::timeout(REQUEST_WAIT, unanswered.acquire()).await {
                Ok(Ok(permit)) => permit.forget(),
                _ => {
                    let problem = "it asks without reading the answers; the connection is ended";
                    return log.push(clock.now(), LogSource::GrowQr, problem);
                }
            }
        }
        let sent = async {
            messages.write_all(&line).await?;
            messages.write_all(b"\n").await?;
            messages.flush().await
        };
        if sent.await.is_err() {
            return;
        }
    }
}

/// Passes our messages on to the server, whose input is closed at their end.
async fn write_messages(messages: impl AsyncRead + Unpin, mut input: ChildStdin, unanswered: Arc<Semaphore>) {
    let mut lines = BufReader::new(messages);
    while let Some(mut line) = next_line(&mut lines, usize::MAX).await {
        let is_answer = kind_of(&line) == Some(Kind::Answer);
        line.push(b'\n');
        if input.write_all(&line).await.is_err() || input.flush().await.is_err() {
            return;
        }
        if is_answer && unanswered.available_permits() < MAX_REQUESTS {
            unanswered.add_permits(1);
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

/// What a message of the protocol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It wants an answer.
    Request,
    Answer,
    Notification,
}

/// The kind of a line; `None` if it is no message of the protocol but something that a program prints for people.
fn kind_of(line: &[u8]) -> Option<Kind> {
    use serde::de::IgnoredAny;
    #[derive(serde::Deserialize)]
    struct Message {
        #[serde(rename = "jsonrpc")]
        _version: IgnoredAny,
        method: Option<IgnoredAny>,
        id: Option<IgnoredAny>,
    }
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let message: Message = serde_json::from_slice(line).ok()?;
    Some(match (message.method, message.id) {
        (Some(_), Some(_)) => Kind::Request,
        (Some(_), None) => Kind::Notification,
        (None, _) => Kind::Answer,
    })
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
        let kinds = [
            (&br#"{"jsonrpc":"2.0","id":1,"result":{}}"#[..], Kind::Answer),
            (br#"{"jsonrpc":"2.0","id":1,"error":{}}"#, Kind::Answer),
            (br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Kind::Request),
            ("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\r".as_bytes(), Kind::Notification),
        ];
        for (line, kind) in kinds {
            assert_eq!(kind_of(line), Some(kind));
        }
        for line in ["", "null", "[]", "{}", "Server listening on 3000", "{\"level\":\"info\"}", "{\"jsonrpc\":"] {
            assert_eq!(kind_of(line.as_bytes()), None, "{line}");
        }
    }

    #[tokio::test]
    async fn a_server_that_asks_without_reading_is_read_no_further() {
        const ASKED: usize = 100_000;
        let request = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
        let output = request.repeat(ASKED);
        let (messages, filtered) = tokio::io::duplex(BUFFER_BYTES);
        let unanswered = Arc::new(Semaphore::new(MAX_REQUESTS));
        let clock: Arc<dyn Clock> = Arc::new(Never);
        tokio::time::pause();
        let log = Arc::new(Log::default());
        let passing = tokio::spawn(pass_messages(std::io::Cursor::new(output), messages, unanswered, Arc::clone(&log), clock));
        let mut lines = BufReader::new(filtered);
        let mut passed = 0;
        // Nothing answers; the end of the stream ends the connection.
        while next_line(&mut lines, MAX_LINE_BYTES).await.is_some() {
            passed += 1;
        }
        assert_eq!(passed, MAX_REQUESTS);
        passing.await.unwrap();
        assert!(log.lines()[0].text.contains("asks without reading"));
    }

    struct Never;

    impl Clock for Never {
        fn now(&self) -> growqr_core::clock::Timestamp {
            growqr_core::clock::Timestamp(0)
        }
    }
}
