//! What a container wrote to its standard output and error.

use crate::daemon::{Daemon, limited};
use crate::error::{self, StackError};
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::{Stream, StreamExt, TryStreamExt};

/// A line is cut after so many characters.
const LONGEST: usize = 4000;

/// One line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Where the program wrote it.
    pub source: LogSource,
    /// The text without control characters, cut if it is very long. It comes from outside: show it, never act on it.
    pub text: String,
}

/// The stream that a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl Daemon {
    /// The last lines of a container, oldest first. Works on a stopped container.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn logs(&self, container: &str, lines: usize) -> Result<Vec<LogLine>, StackError> {
        let read = self.log_stream(container, lines, false).try_collect::<Vec<_>>();
        limited(crate::daemon::WORK, "read the log", read).await?
    }

    /// The last lines, then each new one. The stream ends when the container stops, and also when the daemon does: read the
    /// state before concluding anything.
    pub fn follow_logs(&self, container: &str, lines: usize) -> impl Stream<Item = Result<LogLine, StackError>> + Send + use<> {
        self.log_stream(container, lines, true)
    }

    fn log_stream(
        &self,
        container: &str,
        lines: usize,
        follow: bool,
    ) -> impl Stream<Item = Result<LogLine, StackError>> + Send + use<> {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).follow(follow).tail(&lines.to_string()).build();
        let name = container.to_owned();
        let daemon = self.clone();
        let frames = daemon.docker().logs(container, Some(options));
        let lines = frames.map(move |frame| {
            let frame = frame.map_err(|problem| error::read(daemon.call("read the log", "container", &name), problem))?;
            Ok(split(&frame))
        });
        lines.flat_map(|lines: Result<Vec<LogLine>, StackError>| {
            let items = match lines {
                Ok(lines) => lines.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            futures_util::stream::iter(items)
        })
    }
}

/// A frame is what the program wrote at once: one or more lines.
fn split(frame: &LogOutput) -> Vec<LogLine> {
    let source = if matches!(frame, LogOutput::StdErr { .. }) { LogSource::Error } else { LogSource::Output };
    let text = String::from_utf8_lossy(frame.as_ref());
    text.lines().map(|line| LogLine { source, text: plain(line) }).collect()
}

/// Removes escape sequences and other control characters.
pub(crate) fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' && rest.next_if_eq(&'[').is_some() {
            // A control sequence ends with a letter or another character of this range.
            for end in rest.by_ref() {
                if ('@'..='~').contains(&end) {
                    break;
                }
            }
        } else if !c.is_control() || c == '\t' {
            text.push(c);
        }
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_control_characters_are_removed() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\u{7}\tend\r"), "red\tend");
        assert_eq!(plain(&"ä".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
