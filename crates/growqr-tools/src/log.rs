//! What a server has said besides its answers: kept in part, for the person.

use growqr_core::clock::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The most lines that are kept of one server.
const MAX_LINES: usize = 500;

/// The most bytes of one line that are kept.
const MAX_LINE_BYTES: usize = 2_000;

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// GrowQR, about the server.
    GrowQr,
    /// The server, on its standard error or in a log message.
    Server,
    /// The server, on its standard output, where only messages of the protocol belong.
    Output,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    pub source: LogSource,
    /// One line, without control characters, cut where it is long.
    pub text: String,
}

/// The last lines of one server.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<VecDeque<LogLine>>);

impl Log {
    pub(crate) fn push(&self, at: Timestamp, source: LogSource, text: &str) {
        let text = readable(text);
        if text.is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(LogLine { at, source, text });
    }

    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The last lines that the server itself wrote since `since`, joined: why it ended, in its own words. May be empty.
    pub(crate) fn last_words(&self, since: Timestamp, count: usize) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = lines.iter().rev().take_while(|line| line.at >= since).filter(|line| line.source != LogSource::GrowQr);
        let mut last: Vec<&str> = own.take(count).map(|line| line.text.as_str()).collect();
        last.reverse();
        last.join(" / ")
    }
}

/// The text without escape sequences of terminals and other control characters, cut to the limit.
fn readable(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // `ESC [ … letter` sets colours and moves the cursor.
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                while characters.next_if(|next| !next.is_ascii_alphabetic()).is_some() {}
                characters.next();
            }
            '\t' => plain.push(' '),
            character if character.is_control() => {}
            character => plain.push(character),
        }
        if plain.len() > MAX_LINE_BYTES {
            plain.truncate(plain.floor_char_boundary(MAX_LINE_BYTES));
            plain.push('…');
            break;
        }
    }
    plain.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let log = Log::default();
        for number in 0..2 * MAX_LINES {
            log.push(at(0), LogSource::Server, &format!("line {number}"));
        }
        let lines = log.lines();
        assert_eq!((lines.len(), lines[0].text.as_str()), (MAX_LINES, "line 500"));
    }

    #[test]
    fn a_line_is_one_readable_line() {
        assert_eq!(readable("\u{1b}[31mred\u{1b}[0m\ttab\r\u{7}"), "red tab");
        assert_eq!(readable("  \u{1b}[2K "), "");
        let long = readable(&"ü".repeat(5_000));
        assert!(long.len() <= MAX_LINE_BYTES + 4 && long.ends_with('…'));
    }

    #[test]
    fn the_last_words_are_those_of_the_server_in_this_run() {
        let log = Log::default();
        log.push(at(1), LogSource::Server, "of an earlier run");
        for (source, text) in [(LogSource::GrowQr, "starting"), (LogSource::Server, "no token"), (LogSource::Output, "usage: …")]
        {
            log.push(at(2), source, text);
        }
        assert_eq!(log.last_words(at(2), 3), "no token / usage: …");
        assert_eq!(log.last_words(at(2), 1), "usage: …");
        assert_eq!(log.last_words(at(3), 3), "");
    }
}
