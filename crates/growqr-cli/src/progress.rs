//! One line on a terminal's standard error that is updated in place while many hand edits of memory are recorded.

use std::io::{IsTerminal, Write};

/// Moves to the start of the line and empties it.
const CLEAR: &str = "\r\x1b[2K";

/// The line, if it is shown.
#[derive(Default)]
pub struct Progress {
    is_shown: bool,
}

impl Progress {
    /// Shows how far it is; removes the line at the end. Shows nothing if standard error is not a terminal.
    pub fn show(&mut self, done: u64, total: u64) {
        self.clear();
        if done < total && std::io::stderr().is_terminal() {
            write(&text(done, total));
            self.is_shown = true;
        }
    }

    /// Removes the line, so that something else can be printed there.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            write(CLEAR);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn text(done: u64, total: u64) -> String {
    format!("{CLEAR}Recording your edits of memory: {done} of {total} pages")
}

/// A line that cannot be shown is no reason to stop.
fn write(text: &str) {
    let mut terminal = std::io::stderr();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_many_pages_are_recorded() {
        assert!(text(512, 50_000).ends_with("Recording your edits of memory: 512 of 50000 pages"));
    }
}
