//! The texts of pages: read from standard input, and their differences printed. The paths of several.

use crate::print::{Out, Style, sanitized};
use growqr_app::{AppError, written_out};
use std::io::Read;

/// The most bytes that are read from standard input for one page; the limit of memory itself is lower.
const PAGE_LIMIT: u64 = 64 * 1024 * 1024;

/// How many pages the log names for a change.
const SHOWN_PATHS: usize = 5;

/// The text of a page from standard input.
///
/// # Errors
/// If it cannot be read, or is not UTF-8.
pub fn read_text() -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let unreadable = |source| AppError::File { doing: "read", path: "standard input".into(), source };
    std::io::stdin().take(PAGE_LIMIT).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| AppError::BadRequest {
        message: "standard input is not text; memory stores UTF-8 text".to_owned(),
        next_step: "Store the file elsewhere and write its path into memory.".to_owned(),
    })
}

/// A line of a unified diff in its colour.
pub fn diff_line(out: &Out, line: &str) -> String {
    let text = sanitized(&written_out(line));
    match line.as_bytes().first() {
        Some(b'+') => out.style(Style::Good, &text),
        Some(b'-') => out.style(Style::Bad, &text),
        Some(b'@') => out.style(Style::Dim, &text),
        _ => text,
    }
}

/// The first few of these paths, and the number of the others.
pub fn touched(paths: &[String], more: u64) -> String {
    let shown = &paths[..paths.len().min(SHOWN_PATHS)];
    match more + (paths.len() - shown.len()) as u64 {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
