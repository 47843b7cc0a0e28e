//! Which of the paths that ignore patterns name are tracked by git, and so not ignored.

use crate::conversion::Conversion;
use crate::git_folder;
use crate::index_marks::IndexMarks;
use crate::read_index::{self, Entry};
use crate::text::MAX_PAGE_BYTES;
use crate::work_tree;
use git2::{ObjectType, Oid, Repository, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A path that ignore patterns name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IgnoredPath {
    /// Without a `/` at the end.
    pub(crate) path: String,
    /// Everything in a folder is ignored with it.
    pub(crate) is_folder: bool,
}

/// The tracked files of a memory folder. Files that git does not expect in the folder do not count: they may have come from the
/// server, and be private here.
pub(crate) struct Tracked(Source);

enum Source {
    Index {
        index: BTreeMap<Vec<u8>, Entry>,
        conflicted: BTreeSet<String>,
    },
    /// The index is lost. A file counts only if it is the one of HEAD: otherwise it may be a private one, whose name the server
    /// has too.
    Head {
        repo: Repository,
        tree: Oid,
        folder: PathBuf,
        conversion: Box<Conversion>,
    },
    /// Neither can be read: what may be private counts as private.
    Unknown,
}

impl Tracked {
    /// Reads git's index; if there is none that can be read, HEAD. `marks` are those of the index.
    pub(crate) fn read(folder: &Path, marks: &IndexMarks) -> Tracked {
        let read = read_source(folder, marks).unwrap_or_else(|error| {
            tracing::info!(%error, "whether ignored files are tracked is unknown, so they stay ignored");
            Source::Unknown
        });
        Tracked(read)
    }

    /// Whether git tracks this file.
    pub(crate) fn contains(&self, path: &str) -> bool {
        match &self.0 {
            Source::Index { index, conflicted } => {
                conflicted.contains(path) || index.get(path.as_bytes()).is_some_and(|entry| !entry.is_skip_worktree)
            }
            Source::Head { repo, tree, folder, conversion } => {
                let committed = repo.find_tree(*tree).and_then(|tree| tree.get_path(Path::new(path)));
                let is_in_folder = |oid| version_in_folder(folder, conversion, path) == Some(oid);
                committed.is_ok_and(|entry| entry.kind() == Some(ObjectType::Blob) && is_in_folder(entry.id()))
            }
            Source::Unknown => false,
        }
    }

    /// The tracked files among these paths and in these folders.
    pub(crate) fn among(&self, ignored: &[IgnoredPath]) -> Vec<String> {
        let (folders, files): (Vec<_>, Vec<_>) = ignored.iter().partition(|ignored| ignored.is_folder);
        let files = files.into_iter().map(|ignored| ignored.path.clone());
        let inside = folders.into_iter().flat_map(|folder| self.all_in(&format!("{}/", folder.path)));
        files.chain(inside).filter(|path| self.contains(path)).collect()
    }

    /// The files that may be tracked in a folder, whose path ends with a `/`.
    fn all_in(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        match &self.0 {
            Source::Index { index, conflicted } => {
                let inside = index.range(folder.as_bytes().to_vec()..).map(|(path, _)| path);
                let inside = inside.take_while(|path| path.starts_with(folder.as_bytes()));
                let inside = inside.filter_map(|path| String::from_utf8(path.clone()).ok());
                found.extend(inside.chain(conflicted.iter().filter(|path| path.starts_with(folder)).cloned()));
                found.sort();
                found.dedup();
            }
            Source::Head { repo, tree, .. } => {
                let entry = repo.find_tree(*tree).and_then(|tree| tree.get_path(Path::new(folder)));
                let inside = entry.and_then(|entry| repo.find_tree(entry.id()));
                // If a tree is missing, the files that are not found count as private.
                if let Err(error) = inside.and_then(|tree| all_in_tree(repo, &tree, folder, &mut found)) {
                    tracing::debug!(%error, folder, "a folder of HEAD cannot be read");
                }
            }
            Source::Unknown => {}
        }
        found
    }
}

fn read_source(folder: &Path, marks: &IndexMarks) -> Result<Source, git2::Error> {
    let git = git_folder::own(folder);
    let file = git.join("index");
    if file.exists()
        && let Ok(index) = read_index::read(folder, &git.join("growqr"), &file)
    {
        return Ok(Source::Index { index: index.into_entries(), conflicted: marks.conflicted.clone() });
    }
    let repo = Repository::open(folder)?;
    let tree = repo.head()?.peel_to_tree()?.id();
    Ok(Source::Head { repo, tree, folder: folder.to_owned(), conversion: Box::new(Conversion::load(folder, None)) })
}

/// The version that would be committed of a file.
fn version_in_folder(folder: &Path, conversion: &Conversion, path: &str) -> Option<Oid> {
    let (location, metadata) = work_tree::locate(folder, path).ok().flatten().filter(|(_, metadata)| metadata.is_file())?;
    if metadata.len() > MAX_PAGE_BYTES {
        return Oid::hash_file(ObjectType::Blob, location).ok();
    }
    let bytes = fs::read(location).ok()?;
    Oid::hash_object(ObjectType::Blob, &conversion.to_commit(path, &bytes).ok()?).ok()
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
