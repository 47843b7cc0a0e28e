//! The `.gitignore` files that are in git's index but, as by a sparse checkout, not in the folder. git obeys them all the same.
//! If there is no index that can be read, those of HEAD count.

use crate::ignore_file::IGNORE_FILE;
use crate::index_marks::IndexMarks;
use git2::{ErrorCode, Oid, Repository};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The blobs of these files, read when a folder is asked for.
pub(crate) struct RulesOutside {
    folder: PathBuf,
    /// By the folder's path, which is empty or ends with a `/`.
    files: BTreeMap<String, Oid>,
    /// Folders of a sparse index and their trees.
    trees: BTreeMap<String, Oid>,
    repo: Mutex<Option<Repository>>,
}

impl RulesOutside {
    /// `None` if there are none.
    pub(crate) fn of(folder: &Path, marks: &IndexMarks) -> Option<RulesOutside> {
        let above = |(path, id): (&String, &Oid)| {
            let above = path.strip_suffix(IGNORE_FILE)?;
            (above.is_empty() || above.ends_with('/')).then(|| (above.to_owned(), *id))
        };
        let files: BTreeMap<String, Oid> = marks.skip_worktree.iter().filter_map(above).collect();
        let mut trees = marks.sparse_folders.clone();
        if marks.is_unreadable {
            trees.extend(head_tree(folder).map(|tree| (String::new(), tree)));
        }
        let is_empty = files.is_empty() && trees.is_empty();
        (!is_empty).then(|| RulesOutside { folder: folder.to_owned(), files, trees, repo: Mutex::default() })
    }

    /// The text of the file of a folder, whose path is empty or ends with a `/`. `None` if there is none.
    pub(crate) fn text(&self, above: &str) -> Option<io::Result<Vec<u8>>> {
        let tree = self.trees.iter().find(|(folder, _)| above.starts_with(folder.as_str()));
        if !self.files.contains_key(above) && tree.is_none() {
            return None;
        }
        let read = || -> Result<Option<Vec<u8>>, git2::Error> {
            let mut repo = self.repo.lock().unwrap_or_else(PoisonError::into_inner);
            let repo = match &mut *repo {
                Some(repo) => repo,
                none => none.insert(Repository::open(&self.folder)?),
            };
            let blob = match (self.files.get(above), tree) {
                (Some(id), _) => *id,
                (None, Some((folder, tree))) => {
                    let inside = format!("{}{IGNORE_FILE}", &above[folder.len()..]);
                    repo.find_tree(*tree)?.get_path(Path::new(&inside))?.id()
                }
                (None, None) => return Ok(None),
            };
            Ok(Some(repo.find_blob(blob)?.content().to_vec()))
        };
        match read() {
            Ok(text) => text.map(Ok),
            // The tree has no such file.
            Err(error) if error.code() == ErrorCode::NotFound && !self.files.contains_key(above) => None,
            Err(error) => Some(Err(io::Error::other(error.to_string()))),
        }
    }
}

/// The tree of HEAD. `None`: there is no commit, or it cannot be read.
fn head_tree(folder: &Path) -> Option<Oid> {
    let repo = Repository::open(folder).ok()?;
    Some(repo.head().ok()?.peel_to_tree().ok()?.id())
}
