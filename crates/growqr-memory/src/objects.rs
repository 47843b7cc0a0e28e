//! The object database: HEAD, blobs, trees and commits. Writes objects only; it moves no ref and changes no file of the
//! working tree.

use crate::draft::Draft;
use crate::error_context::Context;
use crate::message::{self, Author};
use crate::object_writer::ObjectWriter;
use crate::probe::Probe;
use git2::{Commit, Delta, ErrorCode, ObjectType, Oid, Repository, RepositoryState, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{Committed, MemoryError};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;
const LINK: i32 = 0o120_000;

/// The repository and its state. [`crate::MemoryRepo`] keeps it behind a lock.
pub(crate) struct Git {
    pub(crate) repo: Repository,
    pub(crate) folder: PathBuf,
    /// The folder of staged files, which checkout renames into the working tree.
    pub(crate) staged: PathBuf,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) effect_commits: RefCell<EffectCommits>,
    /// Pages whose committed version is not yet in the working tree, because another program holds the file.
    pub(crate) held: RefCell<BTreeSet<String>>,
    /// Paths for which git's index is not yet updated.
    pub(crate) unindexed: RefCell<BTreeSet<String>>,
    pub(crate) writer: RefCell<ObjectWriter>,
}

/// Cache of the agents' commits by tool call.
#[derive(Default)]
pub(crate) struct EffectCommits {
    /// The newest commit that the cache covers.
    pub(crate) newest: Option<Oid>,
    pub(crate) commits: HashMap<String, Oid>,
}

/// The change of one file. `None`: the file does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileChange {
    pub(crate) path: String,
    pub(crate) old: Option<Oid>,
    pub(crate) new: Option<Oid>,
}

/// A commit that exists in the object database, and the files that it changes, sorted by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) base: Option<Oid>,
    pub(crate) commit: Oid,
    pub(crate) files: Vec<FileChange>,
}

impl Git {
    /// The commit that HEAD points to; `None` before the first commit.
    pub(crate) fn head(&self) -> Result<Option<Oid>, MemoryError> {
        match self.repo.refname_to_id("HEAD") {
            Ok(oid) => Ok(Some(oid)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).context("read HEAD"),
        }
    }

    /// The tree of a commit.
    pub(crate) fn tree(&self, commit: Option<Oid>) -> Result<Option<Tree<'_>>, MemoryError> {
        let Some(oid) = commit else { return Ok(None) };
        self.repo.find_commit(oid).and_then(|commit| commit.tree()).map(Some).context("read a tree")
    }

    /// The tree of HEAD.
    pub(crate) fn head_tree(&self) -> Result<Option<Tree<'_>>, MemoryError> {
        self.tree(self.head()?)
    }

    /// The bytes of a blob; `None` if there is no such blob.
    pub(crate) fn blob(&self, oid: Oid) -> Result<Option<Vec<u8>>, MemoryError> {
        match self.repo.find_blob(oid) {
            Ok(blob) => Ok(Some(blob.content().to_vec())),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
            Err(error) => Err(error).context("read a version"),
        }
    }

    /// Returns an error while the user has an unfinished merge or rebase.
    pub(crate) fn refuse_unfinished_merge(&self) -> Result<(), MemoryError> {
        if self.repo.state() == RepositoryState::Clean {
            return Ok(());
        }
        let cause = "a merge or rebase is under way in the memory folder; finish or abort it with git".to_owned();
        Err(MemoryError::Repository { doing: "change memory", cause })
    }

    /// Whether `commit` is HEAD or an ancestor of it.
    pub(crate) fn is_in_history(&self, commit: Oid) -> Result<bool, MemoryError> {
        let Some(head) = self.head()? else { return Ok(false) };
        if head == commit {
            return Ok(true);
        }
        match self.repo.graph_descendant_of(head, commit) {
            Ok(answer) => Ok(answer),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
            Err(error) => Err(error).context("walk the history"),
        }
    }

    /// Adds the trees and a commit with these changes to the draft, and starts writing the draft to disk. No ref points to
    /// the commit yet.
    pub(crate) fn write_commit(
        &self,
        mut draft: Draft,
        (base, mut files): (Option<Oid>, Vec<FileChange>),
        author: &Author<'_>,
        words: &str,
        at: Timestamp,
    ) -> Result<Plan, MemoryError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let baseline = self.tree(base)?;
        let changes: Vec<(&str, Option<Oid>)> = files.iter().map(|file| (file.path.as_str(), file.new)).collect();
        let tree = match self.build_tree(&mut draft, baseline.as_ref(), &changes)? {
            Some(tree) => tree,
            None => {
                let empty = draft.builder(None)?.write().context("write a tree")?;
                draft.add_tree(empty);
                empty
            }
        };
        let signature = author.signature(at).context("name the author")?;
        let message = message::compose(words, &default_title(&files), author);
        let commit = draft.commit((base, tree), &signature, &message)?;
        let plan = Plan { base, commit, files };
        self.start_writing(&draft, &plan)?;
        Ok(plan)
    }

    /// Whether all objects that [`Git::write_commit`] wrote exist. A crash or `git gc` of the user may have removed some.
    pub(crate) fn has_all_objects(&self, plan: &Plan) -> Result<bool, MemoryError> {
        let odb = self.repo.odb().context("read a change")?;
        let Ok(root) = self.repo.find_commit(plan.commit).and_then(|commit| commit.tree()) else { return Ok(false) };
        Ok(plan
            .files
            .iter()
            .all(|file| file.new.is_none_or(|new| odb.exists(new)) && self.has_trees(root.clone(), Path::new(&file.path))))
    }

    /// Whether the tree objects of all folders of the page's path exist. Stops at a folder that the tree does not contain.
    fn has_trees(&self, root: Tree<'_>, page: &Path) -> bool {
        let mut tree = root;
        for part in page.parent().unwrap_or(Path::new("")) {
            let folder =
                part.to_str().and_then(|part| tree.get_name(part)).filter(|entry| entry.kind() == Some(ObjectType::Tree));
            let Some(folder) = folder.map(|entry| entry.id()) else { return true };
            match self.repo.find_tree(folder) {
                Ok(inside) => tree = inside,
                Err(_) => return false,
            }
        }
        true
    }

    /// Applies changes to a tree. Returns `None` if the tree is then empty, because git has no empty folders.
    fn build_tree(
        &self,
        draft: &mut Draft,
        baseline: Option<&Tree<'_>>,
        changes: &[(&str, Option<Oid>)],
    ) -> Result<Option<Oid>, MemoryError> {
        let mut leaves = Vec::new();
        let mut folders: BTreeMap<&str, Vec<(&str, Option<Oid>)>> = BTreeMap::new();
        for (path, new) in changes {
            match path.split_once('/') {
                Some((folder, rest)) => folders.entry(folder).or_default().push((rest, *new)),
                None => leaves.push((*path, *new)),
            }
        }
        let mut below = Vec::new();
        for (name, inside) in folders {
            let old = baseline.and_then(|tree| tree.get_name(name)).filter(|entry| entry.kind() == Some(ObjectType::Tree));
            let old = old.map(|entry| self.repo.find_tree(entry.id())).transpose().context("read a tree")?;
            below.push((name, old.is_some(), self.build_tree(draft, old.as_ref(), &inside)?));
        }
        let mut builder = draft.builder(baseline)?;
        // The order matters: a deleted page may be replaced by a folder, and an emptied folder by a page of the same name.
        for (name, _) in leaves.iter().filter(|(_, new)| new.is_none()) {
            if builder.get(name).context("read a tree")?.is_some_and(|entry| entry.kind() == Some(ObjectType::Blob)) {
                builder.remove(name).context("write a tree")?;
            }
        }
        for (name, was_there, tree) in below {
            match tree {
                Some(oid) => drop(builder.insert(name, oid, FOLDER).context("write a tree")?),
                None if was_there => builder.remove(name).context("write a tree")?,
                None => {}
            }
        }
        for (name, new) in leaves {
            if let Some(oid) = new {
                let mode = baseline.and_then(|tree| tree.get_name(name)).map_or(FILE, |entry| entry.filemode());
                let mode = if mode & 0o170_000 == 0o100_000 { mode } else { FILE };
                builder.insert(name, oid, mode).context("write a tree")?;
            }
        }
        if builder.is_empty() {
            return Ok(None);
        }
        let tree = builder.write().context("write a tree")?;
        drop(builder);
        draft.add_tree(tree);
        Ok(Some(tree))
    }

    /// The files that a commit changed against its first parent, sorted by path.
    pub(crate) fn changes_of(&self, commit: &Commit<'_>) -> Result<Vec<FileChange>, MemoryError> {
        let new = commit.tree().context("read a tree")?;
        let old = self.tree(commit.parent_id(0).ok())?;
        let diff = self.repo.diff_tree_to_tree(old.as_ref(), Some(&new), None).context("compare versions")?;
        let mut files: Vec<FileChange> = diff
            .deltas()
            .filter_map(|delta| {
                let (before, after) = (delta.old_file(), delta.new_file());
                let path = after.path_bytes().or(before.path_bytes())?;
                let path = String::from_utf8_lossy(path).into_owned();
                let old = (delta.status() != Delta::Added).then_some(before.id());
                let new = (delta.status() != Delta::Deleted).then_some(after.id());
                Some(FileChange { path, old, new })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// The entry of a commit in the history.
    pub(crate) fn committed(&self, commit: &Commit<'_>) -> Result<Committed, MemoryError> {
        let (message, origin) = message::read(commit);
        Ok(Committed {
            commit: commit.id().to_string(),
            message,
            author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            at: Timestamp(commit.time().seconds() * 1000),
            origin,
            paths: self.changes_of(commit)?.into_iter().map(|file| file.path).collect(),
        })
    }
}

/// The blob of a page in a tree; `None` if there is no regular file at this path.
pub(crate) fn blob_at(tree: Option<&Tree<'_>>, page: &str) -> Option<Oid> {
    let entry = tree?.get_path(Path::new(page)).ok()?;
    (entry.kind() == Some(ObjectType::Blob) && entry.filemode() != LINK).then(|| entry.id())
}

/// The first line of a commit message without text.
fn default_title(files: &[FileChange]) -> String {
    match files {
        [FileChange { path, new: None, .. }] => format!("Remove {path}"),
        [FileChange { path, old: None, .. }] => format!("Add {path}"),
        [FileChange { path, .. }] => format!("Change {path}"),
        _ => format!("Change {} pages", files.len()),
    }
}
