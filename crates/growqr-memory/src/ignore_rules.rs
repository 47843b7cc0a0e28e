//! Decides what git ignores by its patterns: `.gitignore` of each folder, `info/exclude` and the person's own file. Whether a
//! path is tracked, and so not ignored after all, is the business of `tracked`.

use crate::ignore_file::{self, IGNORE_FILE, IgnorePattern};
use crate::ignore_sources;
use crate::index_marks::IndexMarks;
use crate::rules_outside::RulesOutside;
use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// The patterns that apply inside one folder. A clone is cheap.
#[derive(Clone)]
pub(crate) struct IgnoreRules {
    innermost: Option<Arc<Level>>,
    folds_case: bool,
    composes_names: bool,
    /// The `.gitignore` files that git does not expect in the folder. `None`: there are none.
    outside: Option<Arc<RulesOutside>>,
}

/// The patterns of one file. They win over those of the outer levels.
struct Level {
    outer: Option<Arc<Level>>,
    /// Length of the folder's path with its `/`: patterns are matched against what follows.
    base: usize,
    patterns: Vec<IgnorePattern>,
}

impl IgnoreRules {
    /// The rules at the top of the memory folder, without its own `.gitignore`. `marks` are those of git's index.
    pub(crate) fn of_repository(folder: &Path, marks: &IndexMarks) -> IgnoreRules {
        let sources = ignore_sources::of_repository(folder);
        let (folds_case, composes_names) = (sources.ignores_case, sources.composes_names);
        let outside = RulesOutside::of(folder, marks).map(Arc::new);
        let mut rules = IgnoreRules { innermost: None, folds_case, composes_names, outside };
        for file in sources.files {
            rules.add(0, fs::read(file));
        }
        rules
    }

    /// The rules of these patterns alone.
    pub(crate) fn of_patterns(patterns: Vec<u8>, folds_case: bool) -> IgnoreRules {
        let mut rules = IgnoreRules { innermost: None, folds_case, composes_names: false, outside: None };
        rules.add(0, Ok(patterns));
        rules
    }

    /// Whether a folder may have rules although it has no `.gitignore`.
    pub(crate) fn has_rules_outside(&self) -> bool {
        self.outside.is_some()
    }

    /// The rules inside a folder whose own `.gitignore`, if there is one, is not in these rules yet. `above` is the folder's
    /// path with a `/` at the end, or empty.
    pub(crate) fn inside(&self, location: &Path, above: &str) -> IgnoreRules {
        let mut rules = self.clone();
        let file = location.join(IGNORE_FILE);
        // As git does, a link is not followed here.
        match fs::symlink_metadata(&file) {
            Ok(metadata) if metadata.is_file() => rules.add(self.as_compared(above).len(), fs::read(file)),
            Ok(_) => {}
            Err(_) => {
                if let Some(text) = self.outside.as_ref().and_then(|outside| outside.text(above)) {
                    rules.add(self.as_compared(above).len(), text);
                }
            }
        }
        rules
    }

    /// Whether the patterns ignore this path, which is in the folder of these rules. Nothing in an ignored folder can be
    /// excepted.
    pub(crate) fn is_ignored(&self, path: &str, is_folder: bool) -> bool {
        self.verdict(path, is_folder).unwrap_or(false)
    }

    /// What the last pattern that matches the path says. `None`: none matches.
    pub(crate) fn verdict(&self, path: &str, is_folder: bool) -> Option<bool> {
        let path = &*self.as_compared(path);
        let mut level = self.innermost.as_deref();
        while let Some(here) = level {
            if let Some(is_ignored) = here.verdict(path, is_folder) {
                return Some(is_ignored);
            }
            level = here.outer.as_deref();
        }
        None
    }

    /// The path in the form that patterns are compared with.
    fn as_compared<'a>(&self, path: &'a str) -> Cow<'a, str> {
        if self.composes_names && !path.is_ascii() { path.nfc().collect() } else { Cow::Borrowed(path) }
    }

    /// Adds the patterns of a file. If it exists and cannot be read, everything is ignored: what it keeps private is unknown.
    fn add(&mut self, base: usize, file: io::Result<Vec<u8>>) {
        let mut bytes = match file {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return,
            Err(error) => {
                tracing::warn!(%error, "ignore patterns cannot be read, so everything that they may name is ignored");
                b"*".to_vec()
            }
        };
        // A carriage return at the end of the file counts as part of a line end only before a line feed.
        bytes.push(b'\n');
        let patterns = ignore_file::parse(&bytes, self.folds_case);
        if !patterns.is_empty() {
            self.innermost = Some(Arc::new(Level { outer: self.innermost.take(), base, patterns }));
        }
    }
}

impl Level {
    /// Whether the path is ignored according to the last pattern that matches it.
    fn verdict(&self, path: &str, is_folder: bool) -> Option<bool> {
        let inside = &path[self.base..];
        self.patterns.iter().rev().find(|pattern| pattern.matches(inside, is_folder)).map(|pattern| !pattern.is_negated)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}
