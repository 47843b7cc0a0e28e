//! Output: text for people, or one JSON object per line.

use growqr_app::AppError;
use growqr_wire::Error;
pub use growqr_wire::usd;
use rustyline::ExternalPrinter;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, IsTerminal, Write};

/// A text style on a terminal.
#[derive(Clone, Copy)]
pub enum Style {
    Bold,
    Dim,
    Good,
    Bad,
}

/// A printer that writes above the line that is being edited.
pub type LinePrinter = Box<dyn ExternalPrinter + Send>;

/// Prints results, notices and errors.
pub struct Out {
    json: bool,
    colour: bool,
    /// True once a result could not be written.
    failed: Cell<bool>,
    /// While a line is being edited: the printer that writes above it, and text that is buffered until its own line is
    /// complete.
    above_prompt: RefCell<Option<(LinePrinter, String)>>,
}

impl Out {
    pub fn new(json: bool) -> Out {
        let is_allowed = !json && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let colour = is_allowed && supports_colours();
        Out { json, colour, failed: Cell::new(false), above_prompt: RefCell::default() }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one row: `row` as JSON, or `text` for people.
    pub fn row<T: Serialize>(&self, row: &T, text: impl FnOnce() -> String) {
        if self.json { self.json(row) } else { self.line(&text()) }
    }

    pub fn json<T: Serialize>(&self, row: &T) {
        match serde_json::to_string(row) {
            Ok(text) => self.line(&text),
            Err(error) => tracing::error!(%error, "a result could not be printed"),
        }
    }

    pub fn line(&self, text: &str) {
        self.raw(&format!("{text}\n"));
    }

    /// Prints text as it is. A closed pipe is no failure: `growqr events | head` is fine.
    pub fn raw(&self, text: &str) {
        if !self.print_above_prompt(text) {
            self.write_stdout(text);
        }
    }

    /// From now until [`Out::end_above_prompt`], prints whole lines above the line that is being edited.
    pub fn begin_above_prompt(&self, printer: LinePrinter) {
        self.above_prompt.replace(Some((printer, String::new())));
    }

    /// Ends [`Out::begin_above_prompt`] and returns the printer for the next use.
    pub fn end_above_prompt(&self) -> Option<LinePrinter> {
        let (printer, rest) = self.above_prompt.take()?;
        self.write_stdout(&rest);
        Some(printer)
    }

    fn print_above_prompt(&self, text: &str) -> bool {
        let mut above_prompt = self.above_prompt.borrow_mut();
        let Some((printer, partial)) = above_prompt.as_mut() else { return false };
        partial.push_str(text);
        let complete = partial.rfind('\n').map_or(0, |end| end + 1);
        let lines: String = partial.drain(..complete).collect();
        if !lines.is_empty() && printer.print(lines).is_err() {
            self.failed.set(true);
        }
        true
    }

    fn write_stdout(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => self.failed.set(true),
            Ok(()) | Err(_) => {}
        }
    }

    /// True if a result could not be written, for example because the disk is full.
    pub fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Prints a notice that is not a result: on standard error, or above the line that is being edited.
    pub fn notice(&self, text: &str) {
        if !self.print_above_prompt(&format!("{text}\n")) {
            eprintln!("{text}");
        }
    }

    pub fn error(&self, error: AppError) {
        self.print_error(&Error::from(error));
    }

    /// Prints an error on standard error: as text for people, or as JSON for scripts.
    pub fn print_error(&self, error: &Error) {
        if self.json {
            eprintln!("{}", serde_json::to_string(error).unwrap_or_else(|_| error.message.clone()));
            return;
        }
        eprintln!("growqr: {}", sanitized(&error.message));
        if let Some(step) = &error.next_step {
            eprintln!("  {}", sanitized(step));
        }
    }

    pub fn style(&self, style: Style, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match style {
            Style::Bold => 1,
            Style::Dim => 2,
            Style::Good => 32,
            Style::Bad => 31,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Every terminal supports colour codes, except the console of Windows.
#[cfg(not(windows))]
fn supports_colours() -> bool {
    true
}

/// Enables colour codes in the console of Windows 10 and later. An older console would print the codes as text.
#[cfg(windows)]
fn supports_colours() -> bool {
    anstyle_query::windows::enable_ansi_colors() == Some(true)
}

/// Text from an outside source on one line, without control characters, which could move the cursor.
pub fn sanitized_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_direction_mark(*c)).collect()
}

/// Text from an outside source with its line breaks and tabs, without other control characters.
pub fn sanitized(text: &str) -> String {
    text.chars().filter(|c| !(c.is_control() || is_direction_mark(*c)) || *c == '\n' || *c == '\t').collect()
}

/// True for characters that change the writing direction of the text after them, which can disguise a line as another.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// The beginning of a text on one line, at most `max_chars` characters long.
pub fn shortened(text: &str, max_chars: usize) -> String {
    let line = sanitized_line(text);
    let line = line.trim();
    if line.chars().count() <= max_chars {
        line.to_owned()
    } else {
        line.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
    }
}

/// A time in UTC: `2026-11-22 20:15`.
pub fn time(ms: i64) -> String {
    let at = growqr_app::date(ms);
    format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute)
}

/// A length of time: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`.
pub fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    let seconds = ms / 1_000;
    match seconds {
        0..10 => format!("{seconds}.{} s", ms % 1_000 / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_reads_in_its_two_largest_units() {
        let shown: Vec<String> = [-5, 420, 12_999, 185_000, 7_800_000].map(duration).to_vec();
        assert_eq!(shown, ["0.0 s", "0.4 s", "12 s", "3 min 5 s", "2 h 10 min"]);
    }

    #[test]
    fn text_from_outside_cannot_move_the_cursor() {
        assert_eq!(sanitized_line("a\u{1b}[2Jb\nc"), "a [2Jb c");
        assert_eq!(sanitized("a\u{1b}[2Jb\nc"), "a[2Jb\nc");
    }
}
