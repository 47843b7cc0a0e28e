//! The object database: reads HEAD, blobs, trees and commits.

use crate::error_context::Context;
use crate::git::Git;
use crate::message;
use crate::opening_error;
use crate::plan::{FileChange, Plan};
use git2::{Commit, Delta, ErrorCode, ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, MemoryError};
use std::collections::HashSet;
use std::path::Path;

const LINK: i32 = 0o120_000;

impl Git {
    /// The commit that HEAD points to; `None` before the first commit.
    pub(crate) fn head(&self) -> Result<Option<Oid>, MemoryError> {
        match self.repo.refname_to_id("HEAD") {
            Ok(oid) => Ok(Some(oid)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => {
                Err(MemoryError::Repository { doing: "read HEAD", cause: opening_error::explain(&self.folder, &error) })
            }
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

    /// Returns an error while a command of the user's git is under way, such as a merge, a rebase or a bisect.
    pub(crate) fn refuse_unfinished_merge(&self) -> Result<(), MemoryError> {
        let Some(cause) = opening_error::unfinished_command(&self.folder, self.repo.state()) else { return Ok(()) };
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

    /// Whether all objects that [`Git::write_commit`] wrote exist. A crash or `git gc` of the user may have removed some.
    pub(crate) fn has_all_objects(&self, plan: &Plan) -> Result<bool, MemoryError> {
        let odb = self.repo.odb().context("read a change")?;
        let Ok(root) = self.repo.find_commit(plan.commit).and_then(|commit| commit.tree()) else { return Ok(false) };
        let mut known = HashSet::new();
        Ok(plan
            .files
            .iter()
            .all(|file| file.new.is_none_or(|new| odb.exists(new)) && self.has_trees(root.clone(), &file.path, &mut known)))
    }

    /// Whether the tree objects of all folders of the page's path exist. Stops at a folder that the tree does not contain.
    /// `known`: folders that were found complete already.
    fn has_trees(&self, root: Tree<'_>, page: &str, known: &mut HashSet<String>) -> bool {
        let Some((folders, _)) = page.rsplit_once('/') else { return true };
        if known.contains(folders) {
            return true;
        }
        let mut tree = root;
        for part in folders.split('/') {
            let folder = tree.get_name(part).filter(|entry| entry.kind() == Some(ObjectType::Tree));
            let Some(folder) = folder.map(|entry| entry.id()) else { return true };
            match self.repo.find_tree(folder) {
                Ok(inside) => tree = inside,
                Err(_) => return false,
            }
        }
        known.insert(folders.to_owned());
        true
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
    pub(crate) fn committed(&self, commit: &Commit<'_>) -> Result<CommitInfo, MemoryError> {
        let (message, origin) = message::read(commit);
        Ok(CommitInfo {
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
