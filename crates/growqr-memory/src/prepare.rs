//! Prepares a change: commits the user's own edit of the page first, then merges, then writes the objects of the commit.

use crate::address;
use crate::error_context::Context;
use crate::git::Git;
use crate::git_at_work::{self, LOOKS_OF_CHANGE};
use crate::index::NO_INDEX;
use crate::left_alone;
use crate::message::{self, Author};
use crate::on_disk::OnDisk;
use crate::path;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use crate::text;
use crate::tree_entry::blob_at;
use crate::work_tree;
use git2::{ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::id::EffectId;
use growqr_core::memory::{Change, CommitPlan, Edit, MemoryError};
use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};

/// How many commits are searched for an earlier commit of the same tool call. A repeated call is among the newest commits.
const TOOL_CALL_SEARCH_DEPTH: usize = 512;

/// A requested change of a page.
pub(crate) struct PageChange<'a> {
    pub(crate) path: &'a str,
    pub(crate) edit: &'a Edit,
    pub(crate) author: Author<'a>,
    pub(crate) message: &'a str,
    pub(crate) at: Timestamp,
}

impl Git {
    /// See [`growqr_core::memory::Memory::prepare`].
    pub(crate) fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError> {
        let path = self.address(&change.path)?;
        self.finish_interrupted_checkouts()?;
        if let Some(plan) = self.find_plan_of_tool_call(change, &path)? {
            return Ok(plan);
        }
        let author = Author::Agent(&change.origin, change.approval);
        let change = PageChange { path: &path, edit: &change.edit, author, message: &change.message, at: change.at };
        let (plan, merged) = self.prepare_commit(&change)?;
        commit_plan(&plan, change.path, merged)
    }

    /// Builds the commit for a change and starts writing its objects. Returns the plan, and whether another change of the
    /// page was merged in.
    pub(crate) fn prepare_commit(&self, change: &PageChange<'_>) -> Result<(Plan, bool), MemoryError> {
        if let Edit::Write { content, .. } = change.edit {
            text::check_new(change.path, content)?;
        }
        self.refuse_unfinished_merge()?;
        self.refuse_clashes(change.path)?;
        self.adopt_pages(&[change.path], change.at)?;
        let head = self.head()?;
        let tree = self.tree(head)?;
        let old = blob_at(tree.as_ref(), change.path);
        let mut draft = self.draft(WorkTreeFiles::ToReplace)?;
        let (new, merged) = match change.edit {
            Edit::Delete if old.is_none() => return Err(MemoryError::Missing { path: change.path.to_owned() }),
            Edit::Delete => (None, false),
            Edit::Write { content, base } => {
                let (content, merged) = self.merge_content(change.path, old, content, base.as_deref())?;
                (Some(draft.blob(&self.conversion().to_commit(change.path, &content)?)?), merged)
            }
            Edit::WriteVersion { version, base } => {
                let (version, bytes) = self.version(version)?;
                if old.map(|old| old.to_string()) == *base {
                    (Some(version), false)
                } else {
                    let text = text::decode(change.path, &bytes)?;
                    let (content, merged) = self.merge_content(change.path, old, &text, base.as_deref())?;
                    (Some(draft.blob(&self.conversion().to_commit(change.path, &content)?)?), merged)
                }
            }
        };
        let file = FileChange { path: change.path.to_owned(), old, new };
        let plan = self.write_commit(draft, (head, vec![file]), &change.author, change.message, change.at)?;
        Ok((plan, merged))
    }

    /// A version that is in the repository, and its bytes.
    fn version(&self, version: &str) -> Result<(Oid, Vec<u8>), MemoryError> {
        let unknown = || MemoryError::UnknownChange { rev: version.to_owned() };
        let oid = Oid::from_str(version).map_err(|_| unknown())?;
        Ok((oid, self.blob(oid)?.ok_or_else(unknown)?))
    }

    /// The new bytes of the page, and whether they are the result of a merge.
    fn merge_content(
        &self,
        page: &str,
        old: Option<Oid>,
        content: &str,
        base: Option<&str>,
    ) -> Result<(Vec<u8>, bool), MemoryError> {
        let Some(old) = old else {
            return match base {
                None => Ok((content.as_bytes().to_vec(), false)),
                Some(_) => Err(MemoryError::Missing { path: page.to_owned() }),
            };
        };
        let bytes = self.blob(old)?.unwrap_or_default();
        let current = text::decode(page, &bytes)?;
        let content = text::decode(page, content.as_bytes())?;
        if current == content {
            return Err(MemoryError::Unchanged { path: page.to_owned() });
        }
        // Without a base only appending is safe, because it keeps the whole text of the page.
        let base = base.map(str::trim);
        if base == Some(old.to_string().as_str()) || (base.is_none() && content.starts_with(&*current)) {
            return Ok((text::encode(&bytes, &content)?, false));
        }
        let ancestor = base.and_then(|base| Oid::from_str(base).ok()).map(|base| self.blob(base)).transpose()?.flatten();
        // Of an id, the version may have been removed by the person's git.
        if let Some(base) = base.filter(|base| base.len() != 40 || Oid::from_str(base).is_err()) {
            return Err(MemoryError::UnknownVersion { path: page.to_owned(), version: base.to_owned() });
        }
        let ancestor = ancestor.as_deref().and_then(|ancestor| text::decode(page, ancestor).ok());
        let merged = ancestor.map(|ancestor| text::merge_texts(&ancestor, &current, &content)).transpose()?.flatten();
        match merged {
            None => Err(conflict(page, old, &current)),
            Some(merged) if merged == current => Err(MemoryError::Unchanged { path: page.to_owned() }),
            Some(merged) => Ok((text::encode(&bytes, &merged)?, true)),
        }
    }

    /// Commits the user's edits of these pages, if there are any, before a change of the pages: every change of single pages comes
    /// through here. Commits nothing if one of them is private.
    ///
    /// # Errors
    /// If a page is left alone, or if its file cannot be a page, because the change would overwrite it.
    pub(crate) fn adopt_pages(&self, pages: &[&str], at: Timestamp) -> Result<(), MemoryError> {
        pages.iter().try_for_each(|page| self.left_alone().refuse(page))?;
        pages.iter().try_for_each(|page| self.adopt_page(page, at))
    }

    fn adopt_page(&self, page: &str, at: Timestamp) -> Result<(), MemoryError> {
        self.refuse_behind(page)?;
        let head = self.head()?;
        let old = blob_at(self.tree(head)?.as_ref(), page);
        let bytes = match self.inspect(page) {
            OnDisk::NotAPage(reason) => return Err(reason),
            OnDisk::File(_, oid) if Some(oid) == old => return Ok(()),
            OnDisk::Absent if old.is_none() => return Ok(()),
            OnDisk::Outside(_) => return Ok(()),
            OnDisk::Absent if self.is_index_missing() => {
                return Err(MemoryError::Repository { doing: "change the page", cause: NO_INDEX.to_owned() });
            }
            OnDisk::Absent => {
                self.refuse_kept_edit(page)?;
                None
            }
            OnDisk::File(bytes, _) => {
                self.refuse_kept_edit(page)?;
                text::decode(page, &bytes)?;
                Some(bytes)
            }
        };
        if git_at_work::wait(LOOKS_OF_CHANGE, || self.refuse_old_lock())? {
            return self.adopt_page(page, at);
        }
        let mut draft = self.draft(WorkTreeFiles::UpToDate)?;
        let new = bytes.map(|bytes| draft.blob(&bytes)).transpose()?;
        let file = FileChange { path: page.to_owned(), old, new };
        let plan = self.write_commit(draft, (head, vec![file]), &self.person(), &format!("Edited by hand: {page}"), at)?;
        self.apply(&plan, WorkTreeFiles::UpToDate)
    }

    /// Whether the last commit has the page, or a folder above it, in another spelling that is no longer in the folder.
    pub(crate) fn is_renamed_by_hand(&self, page: &str) -> Result<bool, MemoryError> {
        let page = self.address(page)?;
        let Some(tree) = self.head_tree()? else { return Ok(false) };
        let is_in_head = blob_at(Some(&tree), &page).is_some();
        if is_in_head {
            let is_gone = || !address::is_listed(&self.folder, &page) && !matches!(self.inspect(&page), OnDisk::Outside(_));
            return Ok(is_gone() && work_tree::refuse_other_spelling(&self.folder, &page).is_err());
        }
        let other = self.other_spelling(tree, &page)?;
        Ok(other.is_some_and(|other| !address::is_listed(&self.folder, &other) && self.version_outside(&other).is_none()))
    }

    /// The first part of the path that the tree has in another spelling.
    fn other_spelling(&self, root: Tree<'_>, page: &str) -> Result<Option<String>, MemoryError> {
        let mut tree = root;
        let mut above = String::new();
        for part in page.split('/') {
            let wanted = path::case_folded(part);
            let names = tree.iter().filter_map(|entry| entry.name().ok().map(str::to_owned));
            let other = names.into_iter().find(|name| name != part && path::case_folded(name) == wanted);
            if let Some(other) = other {
                return Ok(Some(format!("{above}{other}")));
            }
            let inside = tree.get_name(part).filter(|entry| entry.kind() == Some(ObjectType::Tree)).map(|entry| entry.id());
            let Some(inside) = inside else { return Ok(None) };
            above = format!("{above}{part}/");
            tree = self.repo.find_tree(inside).context("read a tree")?;
        }
        Ok(None)
    }

    /// Returns an error if a new page conflicts with the name of an existing page or folder, on disk or in the last commit.
    fn refuse_clashes(&self, page: &str) -> Result<(), MemoryError> {
        let tree = self.head_tree()?;
        if blob_at(tree.as_ref(), page).is_some() {
            return Ok(());
        }
        work_tree::refuse_other_spelling(&self.folder, page)?;
        if let Some(tree) = tree {
            self.refuse_clash_in_tree(tree, page)?;
        }
        Ok(())
    }

    fn refuse_clash_in_tree(&self, root: Tree<'_>, page: &str) -> Result<(), MemoryError> {
        let mut tree = root;
        let mut above = String::new();
        let mut parts = page.split('/').peekable();
        while let Some(part) = parts.next() {
            let names = tree.iter().filter_map(|entry| entry.name().ok().map(str::to_owned));
            work_tree::refuse_clash(page, &above, part, names)?;
            let Some((kind, id)) = tree.get_name(part).map(|entry| (entry.kind(), entry.id())) else { return Ok(()) };
            match (parts.peek().is_some(), kind == Some(ObjectType::Tree)) {
                (true, true) => {}
                _ if kind == Some(ObjectType::Commit) => return Err(path::bad_path(page, left_alone::INSIDE_NESTED)),
                // The user has deleted it from disk; the next scan commits that.
                _ if !work_tree::file_of(&self.folder, &format!("{above}{part}")).exists() => return Ok(()),
                (true, false) => {
                    return Err(path::bad_path(page, format!("{:?} is a page, not a folder", format!("{above}{part}"))));
                }
                (false, _) => return Err(path::bad_path(page, "it is a folder or a link, not a page")),
            }
            above = format!("{above}{part}/");
            tree = self.repo.find_tree(id).context("read a tree")?;
        }
        Ok(())
    }

    /// The plan of the commit that this tool call has made already, if there is one: a repeated call makes no second commit.
    fn find_plan_of_tool_call(&self, change: &Change, path: &str) -> Result<Option<CommitPlan>, MemoryError> {
        self.index_tool_calls()?;
        let known = self.effect_commits.borrow().commits.get(change.origin.effect.as_str()).copied();
        let Some(oid) = known else { return Ok(None) };
        if !self.is_in_history(oid)? {
            return Ok(None);
        }
        let commit = self.repo.find_commit(oid).context("read a commit")?;
        let files = self.changes_of(&commit)?;
        let Some(file) = files.iter().find(|file| file.path == path) else { return Ok(None) };
        if !self.is_result_of(&change.edit, file)? {
            return Ok(None);
        }
        let merged = match (&change.edit, file.old) {
            (Edit::Write { base: Some(base), .. } | Edit::WriteVersion { base: Some(base), .. }, Some(old)) => {
                base.trim() != old.to_string()
            }
            _ => false,
        };
        let plan = Plan { base: commit.parent_id(0).ok(), commit: oid, files: vec![file.clone()] };
        commit_plan(&plan, path, merged).map(Some)
    }

    /// Whether this change of the file is what the edit asks for. The commit of an earlier call may have the same effect id and
    /// other content: after an older copy of the database was put back, its agents continue where that copy ends.
    fn is_result_of(&self, edit: &Edit, file: &FileChange) -> Result<bool, MemoryError> {
        let decoded;
        let (content, base) = match edit {
            Edit::Delete => return Ok(file.new.is_none()),
            Edit::Write { content, base } => (content, base),
            Edit::WriteVersion { version, base } => {
                let (version, bytes) = self.version(version)?;
                if file.new == Some(version) {
                    return Ok(true);
                }
                decoded = text::decode(&file.path, &bytes)?.into_owned();
                (&decoded, base)
            }
        };
        let old = file.old.map(|old| self.blob(old)).transpose()?.flatten();
        let is_new = |text: &str| {
            let bytes = match &old {
                Some(old) => text::encode(old, text)?,
                None => text.as_bytes().to_vec(),
            };
            // A page may have got a filter since; then its content was committed as it was.
            let bytes = self.conversion().to_commit(&file.path, &bytes).unwrap_or(Cow::Borrowed(&bytes));
            Oid::hash_object(ObjectType::Blob, &bytes).map(|written| file.new == Some(written)).context("hash a page")
        };
        if is_new(content)? {
            return Ok(true);
        }
        let base = base.as_deref().and_then(|base| Oid::from_str(base.trim()).ok());
        let base = base.map(|base| self.blob(base)).transpose()?.flatten();
        let (Some(base), Some(old)) = (base, &old) else { return Ok(false) };
        match text::merge_texts(&text::decode(&file.path, &base)?, &text::decode(&file.path, old)?, content)? {
            Some(merged) => is_new(&merged),
            None => Ok(false),
        }
    }

    /// See [`growqr_core::memory::Memory::commit_of`].
    pub(crate) fn commit_of(&self, effect: &EffectId, path: &str) -> Result<Option<String>, MemoryError> {
        self.index_tool_calls()?;
        let known = self.effect_commits.borrow().commits.get(effect.as_str()).copied();
        let Some(oid) = known else { return Ok(None) };
        if !self.is_in_history(oid)? {
            return Ok(None);
        }
        let commit = self.repo.find_commit(oid).context("read a commit")?;
        let is_of_page = self.changes_of(&commit)?.iter().any(|file| file.path == path);
        Ok(is_of_page.then(|| oid.to_string()))
    }

    /// Adds the newest commits to the cache of commits by tool call.
    fn index_tool_calls(&self) -> Result<(), MemoryError> {
        let mut effects = self.effect_commits.borrow_mut();
        let head = self.head()?;
        // Both sides of a merge are searched: the commit may have come back from the server in the history of another computer.
        let mut next: VecDeque<Oid> = head.into_iter().collect();
        let mut seen: HashSet<Oid> = effects.newest.into_iter().collect();
        for _ in 0..TOOL_CALL_SEARCH_DEPTH {
            let Some(oid) = next.pop_front() else { break };
            if !seen.insert(oid) {
                continue;
            }
            let commit = self.repo.find_commit(oid).context("walk the history")?;
            if let Some(origin) = message::read(&commit).1 {
                effects.commits.insert(origin.effect.as_str().to_owned(), oid);
            }
            next.extend(commit.parent_ids());
        }
        effects.newest = head;
        Ok(())
    }
}

/// The error for a change that cannot be merged with the current version of the page.
pub(crate) fn conflict(page: &str, version: Oid, content: &str) -> MemoryError {
    MemoryError::Conflict { path: page.to_owned(), version: version.to_string(), content: content.to_owned() }
}

fn commit_plan(plan: &Plan, page: &str, merged: bool) -> Result<CommitPlan, MemoryError> {
    let file = plan.files.iter().find(|file| file.path == page);
    let file = file.ok_or_else(|| MemoryError::Missing { path: page.to_owned() })?;
    let hex = |oid: Option<Oid>| oid.map(|oid| oid.to_string());
    Ok(CommitPlan {
        path: page.to_owned(),
        base_head: hex(plan.base),
        old_blob: hex(file.old),
        new_blob: hex(file.new),
        commit: plan.commit.to_string(),
        merged,
    })
}

/// Parses a plan from the journal. An invalid id means that the journal was altered.
pub(crate) fn parse_plan(recorded: &CommitPlan) -> Result<Plan, MemoryError> {
    path::check(&recorded.path)?;
    let oid = |hex: &String| Oid::from_str(hex).map_err(|_| MemoryError::UnknownChange { rev: hex.clone() });
    let file = FileChange {
        path: recorded.path.clone(),
        old: recorded.old_blob.as_ref().map(oid).transpose()?,
        new: recorded.new_blob.as_ref().map(oid).transpose()?,
    };
    Ok(Plan { base: recorded.base_head.as_ref().map(oid).transpose()?, commit: oid(&recorded.commit)?, files: vec![file] })
}
