//! Finds the page that a path means, however Unicode composes its letters. A name typed on a Mac may hold é as two characters,
//! while models and keyboards write one; and an emoji may or may not carry its selector. The spelling on disk stays.

use crate::git::Git;
use crate::path;
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::Path;

/// The path of the page on disk that `page` means; `page` itself if there is none. Only looks into folders for parts that are
/// not ASCII, because other parts have one form only.
pub(crate) fn on_disk(folder: &Path, page: &str) -> String {
    resolve(page, |above| {
        let Ok(entries) = fs::read_dir(above.split('/').fold(folder.to_owned(), |location, part| location.join(part))) else {
            return Vec::new();
        };
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    })
}

impl Git {
    /// Checks a path and finds the page that it means, on disk or, if it is not there, in the last commit.
    pub(crate) fn address(&self, page: &str) -> Result<String, MemoryError> {
        path::check(page)?;
        let found = on_disk(&self.folder, page);
        if page.is_ascii() || found != page {
            return Ok(found);
        }
        let head = self.head_tree()?;
        let names = |above: &str| {
            let Some(head) = &head else { return Vec::new() };
            let inside = match above {
                "" => Ok(head.clone()),
                _ => head.get_path(Path::new(above)).and_then(|entry| self.repo.find_tree(entry.id())),
            };
            inside.iter().flat_map(|tree| tree.iter()).filter_map(|entry| entry.name().ok().map(str::to_owned)).collect()
        };
        Ok(resolve(page, names))
    }
}

/// Resolves a path part by part. `names` lists a folder.
fn resolve(page: &str, names: impl Fn(&str) -> Vec<String>) -> String {
    if page.is_ascii() {
        return page.to_owned();
    }
    let mut found = String::with_capacity(page.len());
    for part in page.split('/') {
        let name = if part.is_ascii() { None } else { same_name(part, names(&found)) };
        if !found.is_empty() {
            found.push('/');
        }
        found.push_str(name.as_deref().unwrap_or(part));
    }
    found
}

/// The name that looks like `part`. The exact name comes first; of several others, the first in order.
fn same_name(part: &str, names: Vec<String>) -> Option<String> {
    if names.iter().any(|name| name == part) {
        return None;
    }
    let key = path::lookup_key(part);
    names.into_iter().filter(|name| path::lookup_key(name) == key).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_the_spelling_that_exists() {
        let names = |above: &str| match above {
            "" => vec!["Cafe\u{301}".to_owned(), "\u{2764}\u{fe0f} Health.md".to_owned()],
            "Cafe\u{301}" => vec!["Zoe\u{308}.md".to_owned(), "Zo\u{eb}.md".to_owned()],
            _ => Vec::new(),
        };
        assert_eq!(resolve("Caf\u{e9}/x.md", names), "Cafe\u{301}/x.md");
        assert_eq!(resolve("Caf\u{e9}/Zo\u{eb}.md", names), "Cafe\u{301}/Zo\u{eb}.md");
        assert_eq!(resolve("\u{2764} Health.md", names), "\u{2764}\u{fe0f} Health.md");
        assert_eq!(resolve("CAF\u{c9}/x.md", names), "CAF\u{c9}/x.md");
        assert_eq!(resolve("new/\u{e9}.md", names), "new/\u{e9}.md");
    }
}
