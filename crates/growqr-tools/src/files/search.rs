//! Searches text in folders, within limits.

use super::error::FilesError;
use super::folder::Folder;
use super::listing::{Kind, entries};
use super::path::FilePath;
use super::place::{enter, open_file, open_folder, read_whole};
use super::text::decode;
use crate::closed_names::holds_private_key;
use cap_std::fs::Dir;
use std::time::Duration;
use tokio::time::Instant;

/// The limits of one search.
const MAX_FOUND: usize = 100;
const MAX_PER_FILE: usize = 20;
const MAX_FILES: usize = 50_000;
const MAX_DEPTH: usize = 32;
const TIME: Duration = Duration::from_secs(10);

/// Larger files are found by their names only.
const MAX_BYTES: u64 = 4 << 20;

/// The characters of a line that are shown around what was found.
const SHOWN: usize = 200;

/// One search.
struct Search {
    query: String,
    found: Vec<String>,
    files: usize,
    /// Files whose text was not looked at.
    unread: usize,
    until: Instant,
    /// Nothing further is searched.
    is_over: bool,
    /// Something was not searched.
    is_cut: bool,
}

/// The text for the model: where the query stands in these folders.
///
/// # Errors
/// [`FilesError`]: the query is empty, or the only folder cannot be opened.
pub(super) fn search(places: &[(&Folder, FilePath)], query: &str) -> Result<String, FilesError> {
    let query = fold(query.trim());
    if query.is_empty() {
        let problem = "the query is empty; give the text to look for".to_owned();
        return Err(FilesError::Io { path: "search_files".to_owned(), problem });
    }
    let until = Instant::now() + TIME;
    let mut search = Search { query, found: Vec::new(), files: 0, unread: 0, until, is_over: false, is_cut: false };
    let mut problems = Vec::new();
    for (folder, path) in places {
        match open_folder(folder, path) {
            Ok(dir) => search.folder(&dir, path),
            Err(error) if places.len() == 1 => return Err(error),
            Err(error) => problems.push(error.to_string()),
        }
    }
    Ok(search.result(problems))
}

/// Letters without regard to their case.
fn fold(text: &str) -> String {
    text.to_lowercase()
}

impl Search {
    fn is_over(&mut self) -> bool {
        if self.found.len() >= MAX_FOUND || self.files >= MAX_FILES || Instant::now() >= self.until {
            (self.is_over, self.is_cut) = (true, true);
        }
        self.is_over
    }

    /// Looks through a folder and those below it. Files come before folders.
    fn folder(&mut self, dir: &Dir, path: &FilePath) {
        // What cannot be read, or is gone meanwhile, has nothing to find.
        let Ok(listed) = entries(dir, path) else { return };
        self.is_cut |= listed.is_cut;
        for entry in listed.entries.iter().filter(|entry| entry.kind == Kind::File) {
            if self.is_over() {
                return;
            }
            self.file(dir, &entry.name, &path.child(&entry.name));
        }
        for entry in listed.entries.iter().filter(|entry| entry.kind == Kind::Folder) {
            if self.is_over() {
                return;
            }
            let below = path.child(&entry.name);
            if fold(&entry.name).contains(&self.query) {
                self.found.push(format!("{below}/"));
            }
            if below.parts.len() > MAX_DEPTH {
                self.is_cut = true;
            } else if let Ok(dir) = enter(dir, &entry.name, &below) {
                self.folder(&dir, &below);
            }
        }
    }

    fn file(&mut self, dir: &Dir, name: &str, path: &FilePath) {
        self.files += 1;
        if fold(name).contains(&self.query) {
            self.found.push(path.to_string());
        }
        let bytes = open_file(dir, name, path).ok().flatten().map(|(file, _)| read_whole(file, path, MAX_BYTES));
        let Some(Some(text)) = bytes.map(|bytes| bytes.ok().and_then(|bytes| decode(&bytes))) else {
            self.unread += 1;
            return;
        };
        if holds_private_key(&text.text) {
            return;
        }
        let mut here = 0;
        for (number, line) in text.text.lines().enumerate() {
            if here >= MAX_PER_FILE || self.found.len() >= MAX_FOUND {
                break;
            }
            if let Some(shown) = shown(line, &self.query) {
                here += 1;
                self.found.push(format!("{path}:{}: {shown}", number + 1));
            }
        }
    }

    fn result(self, problems: Vec<String>) -> String {
        let mut lines = self.found;
        if lines.is_empty() {
            lines.push("nothing found; try fewer or other words".to_owned());
        }
        if self.is_cut {
            lines.push("(not everything was searched; search a folder below, or for more exact words)".to_owned());
        }
        if self.unread > 0 {
            lines
                .push(format!("({} files were looked at by their names only: no text, too large, or not readable)", self.unread));
        }
        lines.extend(problems.into_iter().map(|problem| format!("({problem})")));
        lines.join("\n")
    }
}

/// The part of a line around the query; `None` if the line does not contain it.
fn shown(line: &str, query: &str) -> Option<String> {
    let folded = fold(line);
    let at = folded.find(query)?;
    let line = line.trim_end();
    if line.chars().count() <= SHOWN {
        return Some(line.trim_start().to_owned());
    }
    // In characters, because lower case may have other lengths.
    let before = folded[..at].chars().count();
    let start = before.saturating_sub(SHOWN / 2);
    let part: String = line.chars().skip(start).take(SHOWN).collect();
    Some(format!("…{}…", part.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_around_what_was_found() {
        let line = format!("{} Needle {}", "ä".repeat(500), "b".repeat(500));
        let part = shown(&line, "needle").unwrap();
        assert!(part.contains("Needle") && part.chars().count() < 210, "{part}");
        assert_eq!(shown("  short Needle ", "needle").unwrap(), "short Needle");
        assert_eq!(shown("nothing", "needle"), None);
    }
}
