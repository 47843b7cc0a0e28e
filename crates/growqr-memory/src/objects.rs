//! The object database: reads HEAD, blobs, trees and commits.

use crate::error_context::Context;
use crate::git::Git;
use crate::message;
use crate::opening_error;
use crate::plan::{FileChange, Plan};
use crate::tree_diff::{self, Difference};
use git2::{Commit, ErrorCode, ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, MemoryError};
use std::collections::HashSet;

/// How many pages the history names for a commit.
const SHOWN_PATHS: usize = 20;

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

    /// The bytes of a blob that a commit names.
    ///
    /// # Errors
    /// [`tree_diff::not_here`] in a partial clone.
    pub(crate) fn present_blob(&self, oid: Oid) -> Result<Vec<u8>, MemoryError> {
        self.blob(oid)?.ok_or_else(tree_diff::not_here)
    }

    /// A commit that another one, or the history, names.
    ///
    /// # Errors
    /// [`tree_diff::not_here`] in a shallow or partial clone.
    pub(crate) fn find_present_commit(&self, oid: Oid) -> Result<Commit<'_>, MemoryError> {
        match self.repo.find_commit(oid) {
            Ok(commit) => Ok(commit),
            Err(error) if error.code() == ErrorCode::NotFound => Err(tree_diff::not_here()),
            Err(error) => Err(error).context("read a commit"),
        }
    }

    /// The files that a commit changed against its first parent, sorted by path.
    pub(crate) fn changes_of(&self, commit: &Commit<'_>) -> Result<Vec<FileChange>, MemoryError> {
        let mut files = Vec::new();
        self.compare_with_parent(commit, &mut |Difference { path, old, new }| {
            let path = String::from_utf8_lossy(path).into_owned();
            files.push(FileChange { path, old: old.map(|leaf| leaf.oid), new: new.map(|leaf| leaf.oid) });
        })?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|second, first| {
            let is_same = first.path == second.path;
            if is_same {
                (first.old, first.new) = (first.old.or(second.old), first.new.or(second.new));
            }
            is_same
        });
        Ok(files)
    }

    fn compare_with_parent(&self, commit: &Commit<'_>, visit: &mut dyn FnMut(Difference<'_>)) -> Result<(), MemoryError> {
        let before = commit.parent_id(0).ok().map(|parent| self.find_present_commit(parent)).transpose()?;
        let odb = self.repo.odb().context("compare versions")?;
        tree_diff::compare(&odb, before.map(|commit| commit.tree_id()), Some(commit.tree_id()), visit)
    }

    /// The entry of a commit in the history. Names the first pages only: a commit of hand edits may touch thousands.
    pub(crate) fn committed(&self, commit: &Commit<'_>) -> Result<CommitInfo, MemoryError> {
        let mut info = commit_info(commit);
        if let Some((paths, more_paths)) = self.large_commits.borrow().get(&commit.id()) {
            return Ok(CommitInfo { paths: paths.clone(), more_paths: *more_paths, ..info });
        }
        self.compare_with_parent(commit, &mut |Difference { path, .. }| {
            if info.paths.len() < SHOWN_PATHS {
                info.paths.push(String::from_utf8_lossy(path).into_owned());
            } else {
                info.more_paths += 1;
            }
        })?;
        if info.more_paths > 0 {
            self.large_commits.borrow_mut().insert(commit.id(), (info.paths.clone(), info.more_paths));
        }
        Ok(info)
    }
}

/// The entry of a commit in the history, without its pages.
pub(crate) fn commit_info(commit: &Commit<'_>) -> CommitInfo {
    let (message, origin) = message::read(commit);
    CommitInfo {
        commit: commit.id().to_string(),
        message,
        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
        at: Timestamp(commit.time().seconds() * 1000),
        origin,
        paths: Vec::new(),
        more_paths: 0,
    }
}
