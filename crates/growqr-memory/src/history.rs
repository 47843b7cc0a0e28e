//! History, diff, old versions of pages, and undo.

use crate::error_context::Context;
use crate::git::Git;
use crate::hidden::Leaf;
use crate::message::{self, UNDOES};
use crate::objects;
use crate::path;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use crate::prepare::conflict;
use crate::text;
use crate::tree_diff;
use crate::tree_entry::blob_at;
use git2::{Commit, DiffFormat, DiffOptions, Odb, Oid, Sort};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, MemoryError, Page};
use std::collections::{HashMap, HashSet};
use std::fs;

/// Shown with the oldest commit of a shallow clone.
const END: &str = "(The history on this computer ends here. Get the rest with: git fetch --unshallow)";

const SUBMODULE: i32 = 0o160_000;

impl Git {
    /// Changes, newest first; only those of one page if `page` is given, also under an earlier name with other capital letters.
    pub(crate) fn history(&self, page: Option<&str>, limit: usize) -> Result<Vec<CommitInfo>, MemoryError> {
        let mut page = page.map(|page| self.address(page)).transpose()?;
        let mut changes = Vec::new();
        let Some(head) = self.head()? else { return Ok(changes) };
        let shallow = self.shallow_commits();
        let odb = self.repo.odb().context("walk the history")?;
        let mut versions = Versions { odb: &odb, known: HashMap::new() };
        let mut walk = self.repo.revwalk().context("walk the history")?;
        walk.set_sorting(Sort::TOPOLOGICAL).and_then(|()| walk.push(head)).context("walk the history")?;
        for oid in walk {
            if changes.len() >= limit {
                break;
            }
            let commit = self.find_present_commit(oid.context("walk the history")?)?;
            let is_end = shallow.contains(&commit.id());
            let is_wanted = match page.as_deref() {
                None => true,
                Some(page) if is_end => versions.of(&commit, page)?.is_some(),
                Some(page) => self.touches(&commit, page, &mut versions)?,
            };
            if is_wanted {
                changes.push(if is_end { end_of_history(&commit) } else { self.committed(&commit)? });
                if let Some(now) = page.as_deref().filter(|_| !is_end)
                    && let Some(before) = self.other_case_before(&commit, now)?
                {
                    page = Some(before);
                    versions.known.clear();
                }
            }
        }
        Ok(changes)
    }

    /// Whether a commit changed the page: it differs from the version in every parent.
    fn touches(&self, commit: &Commit<'_>, page: &str, versions: &mut Versions<'_>) -> Result<bool, MemoryError> {
        let now = versions.of(commit, page)?;
        if commit.parent_count() == 0 {
            return Ok(now.is_some());
        }
        for parent in commit.parent_ids() {
            if versions.of(&self.find_present_commit(parent)?, page)? == now {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The page's name before a commit that has changed only the letters' case of the name.
    fn other_case_before(&self, commit: &Commit<'_>, page: &str) -> Result<Option<String>, MemoryError> {
        let Some(parent) = commit.parent_ids().next() else { return Ok(None) };
        let odb = self.repo.odb().context("walk the history")?;
        let before = self.find_present_commit(parent)?.tree_id();
        if tree_diff::entry_at(&odb, before, page)?.is_some() {
            return Ok(None);
        }
        let folded = path::case_folded(page);
        let mut found = None;
        tree_diff::compare(&odb, Some(before), Some(commit.tree_id()), &mut |file| {
            if let (Some(_), None, Ok(name)) = (file.old, file.new, std::str::from_utf8(file.path))
                && path::case_folded(name) == folded
            {
                found = Some(name.to_owned());
            }
        })?;
        Ok(found)
    }

    /// The oldest commits of a shallow clone: their parents are not on this computer.
    pub(crate) fn shallow_commits(&self) -> HashSet<Oid> {
        let lines = fs::read_to_string(self.repo.commondir().join("shallow")).unwrap_or_default();
        lines.lines().filter_map(|line| Oid::from_str(line.trim()).ok()).collect()
    }

    /// Finds a commit by a prefix of its id, or by an expression such as `HEAD` or `HEAD~1`.
    fn change(&self, rev: &str) -> Result<Commit<'_>, MemoryError> {
        let unknown = || MemoryError::UnknownChange { rev: rev.to_owned() };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '~' | '^' | '/' | '-' | '_');
        if rev.is_empty() || !rev.starts_with(|c: char| c.is_ascii_alphanumeric()) || !rev.chars().all(plain) {
            return Err(unknown());
        }
        self.repo.revparse_single(rev).and_then(|object| object.peel_to_commit()).map_err(|_| unknown())
    }

    /// The unified diff of a change against its first parent.
    pub(crate) fn diff(&self, rev: &str) -> Result<String, MemoryError> {
        let commit = self.change(rev)?;
        let new = commit.tree().context("read a tree")?;
        self.refuse_absent_versions(&commit)?;
        let old = self.tree(commit.parent_id(0).ok())?;
        let mut options = DiffOptions::new();
        options.force_text(true);
        let diff = self.repo.diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options)).context("compare versions")?;
        let mut text = String::new();
        diff.print(DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                text.push(line.origin());
            }
            text.push_str(&String::from_utf8_lossy(line.content()));
            true
        })
        .context("compare versions")?;
        Ok(text)
    }

    /// Returns an error if a version before or after the change is not on this computer.
    fn refuse_absent_versions(&self, commit: &Commit<'_>) -> Result<(), MemoryError> {
        if self.shallow_commits().contains(&commit.id()) {
            return Err(tree_diff::not_here());
        }
        let odb = self.repo.odb().context("compare versions")?;
        let before = commit.parent_id(0).ok().map(|parent| self.find_present_commit(parent)).transpose()?;
        let mut is_complete = true;
        tree_diff::compare(&odb, before.map(|commit| commit.tree_id()), Some(commit.tree_id()), &mut |file| {
            let is_here = |leaf: Leaf| leaf.mode == SUBMODULE || odb.exists(leaf.oid);
            is_complete &= file.old.is_none_or(is_here) && file.new.is_none_or(is_here);
        })?;
        if is_complete { Ok(()) } else { Err(tree_diff::not_here()) }
    }

    /// The version of a page after a change.
    pub(crate) fn page_at(&self, page: &str, rev: &str) -> Result<Page, MemoryError> {
        let page = &*self.address(page)?;
        let commit = self.change(rev)?;
        let missing = || MemoryError::Missing { path: page.to_owned() };
        let oid = blob_at(self.tree(Some(commit.id()))?.as_ref(), page).ok_or_else(missing)?;
        let bytes = self.present_blob(oid)?;
        let content = text::decode(page, &bytes)?.into_owned();
        Ok(Page { path: page.to_owned(), content, version: oid.to_string() })
    }

    /// Prepares a commit in the user's name that undoes a change and keeps later changes.
    pub(crate) fn undo(&self, rev: &str, at: Timestamp) -> Result<Plan, MemoryError> {
        self.refuse_unfinished_merge()?;
        let commit = self.change(rev)?;
        if commit.parent_count() == 0 && !self.shallow_commits().contains(&commit.id()) {
            return Err(MemoryError::FirstChange);
        }
        for file in self.changes_of(&commit)? {
            self.conversion().refuse_filtered(&file.path)?;
        }
        self.refuse_absent_versions(&commit)?;
        let pages = self.page_changes(commit.parent_id(0).ok(), commit.id())?;
        self.adopt_pages(&pages.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), at)?;
        let head = self.head()?;
        let tree = self.tree(head)?;
        let mut files = Vec::new();
        for file in &pages {
            let now = blob_at(tree.as_ref(), &file.path);
            let new = self.undone(file, now)?;
            if new != now {
                files.push(FileChange { path: file.path.clone(), old: now, new });
            }
        }
        if files.is_empty() {
            let path = pages.first().map(|file| file.path.clone()).unwrap_or_default();
            return Err(MemoryError::Unchanged { path });
        }
        let (undone, _) = message::read(&commit);
        let message = format!("Undo: {}\n\n{UNDOES}{}", undone.lines().next().unwrap_or_default(), commit.id());
        self.write_commit(self.draft(WorkTreeFiles::ToReplace)?, (head, files), &self.person(), &message, at)
    }

    /// The new blob of a page (`None`: deleted) when the change `file` is undone.
    fn undone(&self, file: &FileChange, now: Option<Oid>) -> Result<Option<Oid>, MemoryError> {
        if now == file.new || now == file.old {
            return Ok(file.old);
        }
        let Some(now) = now else { return Err(MemoryError::Missing { path: file.path.clone() }) };
        let read = |oid: Oid| self.present_blob(oid);
        let current = read(now)?;
        let merged = match (file.new, file.old) {
            (Some(after), Some(before)) => text::merge(&read(after)?, &current, &read(before)?)?,
            _ => None,
        };
        match merged {
            Some(bytes) => self.repo.blob(&bytes).map(Some).context("write the page"),
            None => Err(conflict(&file.path, now, &text::decode(&file.path, &current)?)),
        }
    }
}

/// The versions of one page in commits.
struct Versions<'a> {
    odb: &'a Odb<'a>,
    /// By the commit's tree.
    known: HashMap<Oid, Option<Oid>>,
}

impl Versions<'_> {
    fn of(&mut self, commit: &Commit<'_>, page: &str) -> Result<Option<Oid>, MemoryError> {
        let tree = commit.tree_id();
        if let Some(known) = self.known.get(&tree) {
            return Ok(*known);
        }
        let version = tree_diff::entry_at(self.odb, tree, page)?.map(|leaf| leaf.oid);
        self.known.insert(tree, version);
        Ok(version)
    }
}

/// The entry of a shallow clone's oldest commit. What it has changed is not known.
fn end_of_history(commit: &Commit<'_>) -> CommitInfo {
    let info = objects::commit_info(commit);
    CommitInfo { message: format!("{}\n\n{END}", info.message), ..info }
}
