//! The prompt: reads lines from a terminal, with editing and history, or from a pipe.
//!
//! Reading a line blocks, so a thread of its own does it, and only when a line is requested. While an answer streams,
//! nothing is read: the terminal is in its usual mode and Ctrl-C is a signal.

use crate::print::LinePrinter;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// The answer to a request for a line.
pub enum Line {
    Text(String),
    /// The person has left, or the pipe has ended.
    End,
}

/// Requests lines from the thread that reads them.
pub struct Prompt {
    requests: std::sync::mpsc::Sender<()>,
    lines: mpsc::Receiver<Line>,
    printer: std::sync::mpsc::Receiver<LinePrinter>,
    is_requested: bool,
    is_interactive: bool,
}

impl Prompt {
    pub fn start(history: PathBuf) -> Prompt {
        let is_interactive = std::io::stdin().is_terminal();
        let (requests, requested) = std::sync::mpsc::channel();
        let (sender, lines) = mpsc::channel(1);
        let (printers, printer) = std::sync::mpsc::channel();
        // Never joined: the thread may be waiting for a key press when the program ends.
        std::thread::spawn(move || {
            if is_interactive { edit_lines(&history, &requested, &sender, &printers) } else { pipe_lines(&requested, &sender) }
        });
        Prompt { requests, lines, printer, is_requested: false, is_interactive }
    }

    pub fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    /// The printer that writes above the line that is being edited. `None` if lines are not edited. Call this only
    /// once.
    pub fn printer(&self) -> Option<LinePrinter> {
        // Waits until the thread has created the editor or has failed to.
        self.is_interactive.then(|| self.printer.recv().ok()).flatten()
    }

    /// The next line. Cancel-safe: the future may be dropped and the call repeated.
    pub async fn line(&mut self) -> Line {
        if !self.is_requested && self.requests.send(()).is_err() {
            return Line::End;
        }
        self.is_requested = true;
        let line = self.lines.recv().await.unwrap_or(Line::End);
        self.is_requested = false;
        line
    }
}

fn pipe_lines(requested: &std::sync::mpsc::Receiver<()>, lines: &mpsc::Sender<Line>) {
    let mut stdin = std::io::stdin().lock().lines();
    while requested.recv().is_ok() {
        let line = match stdin.next() {
            Some(Ok(text)) => Line::Text(text),
            Some(Err(_)) | None => Line::End,
        };
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}

fn edit_lines(
    history: &Path,
    requested: &std::sync::mpsc::Receiver<()>,
    lines: &mpsc::Sender<Line>,
    printers: &std::sync::mpsc::Sender<LinePrinter>,
) {
    let Ok(mut editor) = DefaultEditor::new() else { return };
    if let Ok(printer) = editor.create_external_printer() {
        // Fails if the prompt has been dropped already.
        let _ = printers.send(Box::new(printer));
    }
    // A history file that cannot be read or written counts as empty.
    let _ = editor.load_history(history);
    let mut interrupted = false;
    while requested.recv().is_ok() {
        let line = loop {
            match editor.readline("> ") {
                Ok(text) => {
                    let _ = editor.add_history_entry(&text);
                    let _ = editor.save_history(history);
                    break Line::Text(text);
                }
                Err(ReadlineError::Interrupted) if !interrupted => {
                    interrupted = true;
                    eprintln!("(Ctrl-C again to exit)");
                }
                Err(_) => break Line::End,
            }
        };
        interrupted = false;
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}
