//! Which of the paths that ignore patterns name are tracked by git, and so not ignored. Opens the repository for itself, and
//! only when it is asked.

use git2::{Index, ObjectType, Repository, Tree};
use std::path::Path;

/// A path that ignore patterns name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IgnoredPath {
    /// Without a `/` at the end.
    pub(crate) path: String,
    /// Everything in a folder is ignored with it.
    pub(crate) is_folder: bool,
}

/// The tracked files among these paths and in these folders. git's index decides; if it is missing or cannot be read, HEAD.
/// Empty if neither can be read: what may be private counts as private.
pub(crate) fn among(folder: &Path, ignored: &[IgnoredPath]) -> Vec<String> {
    if ignored.is_empty() {
        return Vec::new();
    }
    tracked(folder, ignored).unwrap_or_else(|error| {
        tracing::info!(%error, "whether ignored files are tracked is unknown, so they stay ignored");
        Vec::new()
    })
}

fn tracked(folder: &Path, ignored: &[IgnoredPath]) -> Result<Vec<String>, git2::Error> {
    let repo = Repository::open(folder)?;
    let has_index = repo.path().join("index").exists();
    match repo.index() {
        Ok(index) if has_index => Ok(in_index(&index, ignored)),
        _ => in_tree(&repo, &repo.head()?.peel_to_tree()?, ignored),
    }
}

fn in_index(index: &Index, ignored: &[IgnoredPath]) -> Vec<String> {
    let mut found = Vec::new();
    for IgnoredPath { path, is_folder } in ignored {
        if !is_folder {
            // The other stages are the sides of a conflict.
            found.extend((0..=3).any(|stage| index.get_path(Path::new(path), stage).is_some()).then(|| path.clone()));
            continue;
        }
        let prefix = format!("{path}/");
        let Ok(first) = index.find_prefix(&prefix) else { continue };
        let entries = (first..).map_while(|number| index.get(number));
        let inside = entries.map_while(|entry| entry.path.starts_with(prefix.as_bytes()).then_some(entry.path));
        found.extend(inside.filter_map(|path| String::from_utf8(path).ok()));
    }
    found.dedup();
    found
}

fn in_tree(repo: &Repository, root: &Tree<'_>, ignored: &[IgnoredPath]) -> Result<Vec<String>, git2::Error> {
    let mut found = Vec::new();
    for IgnoredPath { path, .. } in ignored {
        let Ok(entry) = root.get_path(Path::new(path)) else { continue };
        match entry.kind() {
            Some(ObjectType::Tree) => all_in_tree(repo, &repo.find_tree(entry.id())?, &format!("{path}/"), &mut found)?,
            Some(ObjectType::Blob) => found.push(path.clone()),
            _ => {}
        }
    }
    Ok(found)
}

fn all_in_tree(repo: &Repository, tree: &Tree<'_>, above: &str, found: &mut Vec<String>) -> Result<(), git2::Error> {
    for entry in tree {
        let Ok(name) = entry.name() else { continue };
        match entry.kind() {
            Some(ObjectType::Tree) => all_in_tree(repo, &repo.find_tree(entry.id())?, &format!("{above}{name}/"), found)?,
            Some(ObjectType::Blob) => found.push(format!("{above}{name}")),
            _ => {}
        }
    }
    Ok(())
}
