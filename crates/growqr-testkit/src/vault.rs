//! A folder of Markdown pages such as people keep: for measuring.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Pages in one folder.
const PER_FOLDER: usize = 40;

/// Words of the pages. The last ones, which are not ASCII, are in one page of ten.
const WORDS: [&str; 16] = [
    "garden", "meeting", "train", "remember", "the", "plan", "for", "autumn", "with", "coffee", "and", "letters", "from", "next",
    "Zoë", "Kraków",
];
const ASCII_WORDS: usize = 14;

/// A word of one page of a hundred.
pub const RARE_WORD: &str = "Quartz";

/// Writes `pages` pages into the folder, always the same ones: 0.4 to 8 KB, in folders of folders, all of different content.
///
/// # Errors
/// If the disk fails.
pub fn write_vault(folder: &Path, pages: usize) -> io::Result<()> {
    for number in 0..pages {
        let below = number / PER_FOLDER;
        let location = folder.join(format!("area {}", below % 12)).join(format!("topic {below}"));
        if number % PER_FOLDER == 0 {
            fs::create_dir_all(&location)?;
        }
        fs::write(location.join(format!("note {number}.md")), page(number))?;
    }
    Ok(())
}

/// The text of one page.
fn page(number: usize) -> String {
    let mut text = format!("# Note {number}\n\n");
    let mut state = number as u64 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default()
    };
    let words = if number.is_multiple_of(10) { WORDS.len() } else { ASCII_WORDS };
    for _ in 0..6 + next() % 120 {
        for _ in 0..10 {
            let _ = write!(text, "{} ", WORDS[next() % words]);
        }
        let _ = writeln!(text, "{}", next() % 1000);
    }
    if number % 100 == 99 {
        let _ = writeln!(text, "{RARE_WORD}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_has_the_pages_that_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        write_vault(folder.path(), 100).unwrap();
        let text = fs::read_to_string(folder.path().join("area 2/topic 2/note 99.md")).unwrap();
        assert!(text.starts_with("# Note 99\n") && text.len() > 400 && text.contains(RARE_WORD), "{text}");
        assert!(!fs::read_to_string(folder.path().join("area 2/topic 2/note 98.md")).unwrap().contains(RARE_WORD));
    }
}
