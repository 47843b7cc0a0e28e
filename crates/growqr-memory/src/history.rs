//! History, diff, blame, old versions of pages, and undo.

use crate::error_context::Context;
use crate::git::Git;
use crate::message::{self, Author};
use crate::objects::blob_at;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use crate::prepare::conflict;
use crate::text;
use git2::{BlameOptions, Commit, DiffFormat, DiffOptions, Oid, Sort};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{BlamedLine, CommitInfo, MemoryError, Page};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

/// How many commits are searched for an earlier version of a page.
const EARLIER_COMMITS: usize = 1_000;

impl Git {
    /// Changes, newest first; only those of one page if `page` is given.
    pub(crate) fn history(&self, page: Option<&str>, limit: usize) -> Result<Vec<CommitInfo>, MemoryError> {
        let page = page.map(|page| self.address(page)).transpose()?;
        let page = page.as_deref();
        let mut changes = Vec::new();
        let Some(head) = self.head()? else { return Ok(changes) };
        let mut walk = self.repo.revwalk().context("walk the history")?;
        walk.set_sorting(Sort::TOPOLOGICAL).and_then(|()| walk.push(head)).context("walk the history")?;
        for oid in walk {
            if changes.len() >= limit {
                break;
            }
            let commit = oid.and_then(|oid| self.repo.find_commit(oid)).context("walk the history")?;
            if page.is_some_and(|page| !self.touches(&commit, page)) {
                continue;
            }
            changes.push(self.committed(&commit)?);
        }
        Ok(changes)
    }

    /// Whether a commit changed the page: it differs from the version in every parent.
    fn touches(&self, commit: &Commit<'_>, page: &str) -> bool {
        let version = |commit: &Commit<'_>| blob_at(commit.tree().ok().as_ref(), page);
        let now = version(commit);
        match commit.parent_count() {
            0 => now.is_some(),
            _ => commit.parents().all(|parent| version(&parent) != now),
        }
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

    /// The change that each line of the last committed version comes from.
    pub(crate) fn blame(&self, page: &str) -> Result<Vec<BlamedLine>, MemoryError> {
        let page = &*self.address(page)?;
        let head = self.head()?;
        let missing = || MemoryError::Missing { path: page.to_owned() };
        let (Some(head), Some(blob)) = (head, blob_at(self.tree(head)?.as_ref(), page)) else { return Err(missing()) };
        let bytes = self.blob(blob)?.ok_or_else(missing)?;
        let content = text::decode(page, &bytes)?;
        if content.is_empty() {
            return Ok(Vec::new());
        }
        let mut options = BlameOptions::new();
        options.newest_commit(head);
        let blame = self.repo.blame_file(Path::new(page), Some(&mut options)).context("find the author of each line")?;
        let mut known: HashMap<Oid, BlamedLine> = HashMap::new();
        let mut lines = Vec::new();
        for (number, text) in (1_usize..).zip(content.lines()) {
            let Some(hunk) = blame.get_line(number) else { continue };
            let oid = hunk.final_commit_id();
            let line = match known.entry(oid) {
                Entry::Occupied(line) => line.get().clone(),
                Entry::Vacant(place) => place.insert(self.blamed(oid)?).clone(),
            };
            lines.push(BlamedLine { line: number as u64, text: text.to_owned(), ..line });
        }
        Ok(lines)
    }

    fn blamed(&self, oid: Oid) -> Result<BlamedLine, MemoryError> {
        let commit = self.repo.find_commit(oid).context("read a commit")?;
        Ok(BlamedLine {
            line: 0,
            text: String::new(),
            commit: oid.to_string(),
            author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            at: Timestamp(commit.time().seconds() * 1000),
            origin: message::read(&commit).1,
        })
    }

    /// The version of a page after a change.
    pub(crate) fn page_at(&self, page: &str, rev: &str) -> Result<Page, MemoryError> {
        let page = &*self.address(page)?;
        let commit = self.change(rev)?;
        let missing = || MemoryError::Missing { path: page.to_owned() };
        let oid = blob_at(self.tree(Some(commit.id()))?.as_ref(), page).ok_or_else(missing)?;
        let bytes = self.blob(oid)?.ok_or_else(missing)?;
        let content = text::decode(page, &bytes)?.into_owned();
        Ok(Page { path: page.to_owned(), content, version: oid.to_string() })
    }

    /// Prepares a commit in the user's name that undoes a change and keeps later changes.
    pub(crate) fn undo(&self, rev: &str, at: Timestamp) -> Result<Plan, MemoryError> {
        self.refuse_unfinished_merge()?;
        let commit = self.change(rev)?;
        if commit.parent_count() == 0 {
            return Err(MemoryError::FirstChange);
        }
        for file in self.changes_of(&commit)? {
            self.conversion().refuse_filtered(&file.path)?;
        }
        let pages = self.page_changes(commit.parent_id(0).ok(), commit.id())?;
        for file in &pages {
            self.adopt_page(&file.path, at)?;
        }
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
        let message = format!("Undo: {}\n\nUndoes {}", undone.lines().next().unwrap_or_default(), commit.id());
        self.write_commit(self.draft(WorkTreeFiles::ToReplace)?, (head, files), &Author::Person, &message, at)
    }

    /// The new blob of a page (`None`: deleted) when the change `file` is undone.
    fn undone(&self, file: &FileChange, now: Option<Oid>) -> Result<Option<Oid>, MemoryError> {
        if now == file.new || now == file.old {
            return Ok(file.old);
        }
        let Some(now) = now else { return Err(MemoryError::Missing { path: file.path.clone() }) };
        let read = |oid: Oid| self.blob(oid).map(Option::unwrap_or_default);
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

/// Whether a blob was a version of the page in one of the newest commits.
pub(crate) fn is_earlier_version(git: &Git, page: &str, blob: Oid) -> bool {
    let newest = || {
        let mut walk = git.repo.revwalk()?;
        walk.push_head()?;
        Ok::<_, git2::Error>(walk)
    };
    let Ok(walk) = newest() else { return false };
    walk.take(EARLIER_COMMITS).flatten().any(|commit| {
        let tree = git.repo.find_commit(commit).and_then(|commit| commit.tree());
        blob_at(tree.ok().as_ref(), page) == Some(blob)
    })
}
