//! Working a change out: the person's own edit of the page first, then the merge, then the commit object.

use crate::checkout::Files;
use crate::failure::Doing;
use crate::message::{self, Author};
use crate::objects::{FileChange, Git, Plan, blob_at};
use crate::path;
use crate::place::{self, MAX_PAGES, OnDisk};
use git2::{MergeFileInput, ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{Change, CommitPlan, Edit, MemoryError};

/// How far back a tool call is looked for. A repeated one is among the newest commits.
const LOOK_BACK: usize = 512;

/// Who wants what of a page.
pub(crate) struct Wanted<'a> {
    pub(crate) path: &'a str,
    pub(crate) edit: &'a Edit,
    pub(crate) author: Author<'a>,
    pub(crate) words: &'a str,
    pub(crate) at: Timestamp,
}

impl Git {
    /// See [`growqr_core::memory::Memory::prepare`].
    pub(crate) fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError> {
        path::check(&change.path)?;
        self.finish_checkouts()?;
        if let Some(plan) = self.plan_of_effect(change)? {
            return Ok(plan);
        }
        let author = Author::Agent(&change.origin);
        let wanted = Wanted { path: &change.path, edit: &change.edit, author, words: &change.message, at: change.at };
        let (plan, merged) = self.work_out(&wanted)?;
        commit_plan(&plan, &change.path, merged)
    }

    /// Begins to write the objects of a wanted change; says whether another's change was merged in.
    pub(crate) fn work_out(&self, wanted: &Wanted<'_>) -> Result<(Plan, bool), MemoryError> {
        if let Edit::Write { content, .. } = wanted.edit {
            place::text(wanted.path, content.as_bytes())?;
        }
        self.refuse_unfinished_merge()?;
        self.refuse_clashes(wanted.path)?;
        self.adopt_page(wanted.path, wanted.at)?;
        let head = self.head()?;
        let tree = self.tree(head)?;
        let old = blob_at(tree.as_ref(), wanted.path);
        let mut draft = self.draft(Files::Ours)?;
        let (new, merged) = match wanted.edit {
            Edit::Delete if old.is_none() => return Err(MemoryError::Missing { path: wanted.path.to_owned() }),
            Edit::Delete => (None, false),
            Edit::Write { content, base } => {
                let (content, merged) = self.merged(wanted.path, old, content, base.as_deref())?;
                (Some(draft.blob(content.as_bytes())?), merged)
            }
        };
        let file = FileChange { path: wanted.path.to_owned(), old, new };
        let plan = self.write_commit(draft, (head, vec![file]), &wanted.author, wanted.words, wanted.at)?;
        Ok((plan, merged))
    }

    /// The text that the page gets, and whether it is a merge.
    fn merged(&self, page: &str, old: Option<Oid>, content: &str, base: Option<&str>) -> Result<(String, bool), MemoryError> {
        let Some(old) = old else {
            return match base {
                None => Ok((content.to_owned(), false)),
                Some(_) => Err(MemoryError::Missing { path: page.to_owned() }),
            };
        };
        let bytes = self.blob(old)?.unwrap_or_default();
        let current = place::text(page, &bytes)?;
        if current == content {
            return Err(MemoryError::Unchanged { path: page.to_owned() });
        }
        // Without a base only what keeps every word of the page is safe: adding at its end.
        let base = base.map(str::trim);
        if base == Some(old.to_string().as_str()) || (base.is_none() && content.starts_with(current)) {
            return Ok((content.to_owned(), false));
        }
        let ancestor = base.and_then(|base| Oid::from_str(base).ok()).map(|base| self.blob(base)).transpose()?.flatten();
        let merged = ancestor.map(|ancestor| merge(&ancestor, &bytes, content.as_bytes())).transpose()?.flatten();
        match merged {
            None => Err(conflict(page, old, current)),
            Some(merged) if merged == bytes => Err(MemoryError::Unchanged { path: page.to_owned() }),
            Some(merged) => Ok((place::text(page, &merged)?.to_owned(), true)),
        }
    }

    /// Commits what the person did to this one page. What is no page stays as it is and is an error: it would be lost.
    pub(crate) fn adopt_page(&self, page: &str, at: Timestamp) -> Result<(), MemoryError> {
        self.refuse_held(page)?;
        let head = self.head()?;
        let old = blob_at(self.tree(head)?.as_ref(), page);
        let bytes = match place::look(&self.folder, page) {
            OnDisk::Odd(reason) => return Err(reason),
            OnDisk::File(_, oid) if Some(oid) == old => return Ok(()),
            OnDisk::Absent if old.is_none() => return Ok(()),
            OnDisk::Absent => None,
            OnDisk::File(bytes, _) => {
                place::text(page, &bytes)?;
                Some(bytes)
            }
        };
        let mut draft = self.draft(Files::ByHand)?;
        let new = bytes.map(|bytes| draft.blob(&bytes)).transpose()?;
        let file = FileChange { path: page.to_owned(), old, new };
        let plan = self.write_commit(draft, (head, vec![file]), &Author::Person, &format!("Edited by hand: {page}"), at)?;
        self.carry_out(&plan, Files::ByHand)
    }

    /// Refuses a new page that clashes with what is there, on the disk or in the last commit.
    fn refuse_clashes(&self, page: &str) -> Result<(), MemoryError> {
        let tree = self.head_tree()?;
        if blob_at(tree.as_ref(), page).is_some() {
            return Ok(());
        }
        place::refuse_other_spelling(&self.folder, page)?;
        if let Some(tree) = tree {
            self.refuse_clash_in_tree(tree, page)?;
        }
        // git's index has a line for each page: near enough for a limit of this kind, and it costs no walk.
        if self.repo.index().is_ok_and(|index| index.len() >= MAX_PAGES) {
            let cause = format!("there are already {MAX_PAGES} pages; delete some first");
            return Err(MemoryError::Repository { doing: "add a page", cause });
        }
        Ok(())
    }

    fn refuse_clash_in_tree(&self, root: Tree<'_>, page: &str) -> Result<(), MemoryError> {
        let mut tree = root;
        let mut seen = String::new();
        let mut parts = page.split('/').peekable();
        while let Some(part) = parts.next() {
            let names = tree.iter().filter_map(|entry| entry.name().ok().map(str::to_owned));
            place::refuse_clash(page, &seen, part, names)?;
            let Some((kind, id)) = tree.get_name(part).map(|entry| (entry.kind(), entry.id())) else { return Ok(()) };
            match (parts.peek().is_some(), kind == Some(ObjectType::Tree)) {
                (true, true) => {}
                // Gone from the disk means that the person removed it, which the next scan commits.
                _ if !place::file_of(&self.folder, &format!("{seen}{part}")).exists() => return Ok(()),
                (true, false) => return Err(path::bad(page, format!("{:?} is a page, not a folder", format!("{seen}{part}")))),
                (false, _) => return Err(path::bad(page, "it is no page but a folder or a link")),
            }
            seen = format!("{seen}{part}/");
            tree = self.repo.find_tree(id).doing("read a tree")?;
        }
        Ok(())
    }

    /// The plan that this tool call already has in the history: twice is once.
    fn plan_of_effect(&self, change: &Change) -> Result<Option<CommitPlan>, MemoryError> {
        self.walk_effects()?;
        let known = self.effects.borrow().commits.get(change.origin.effect.as_str()).copied();
        let Some(oid) = known else { return Ok(None) };
        if !self.is_in_history(oid)? {
            return Ok(None);
        }
        let commit = self.repo.find_commit(oid).doing("read a commit")?;
        let files = self.changes_of(&commit)?;
        let Some(file) = files.iter().find(|file| file.path == change.path) else { return Ok(None) };
        let merged = match (&change.edit, file.old) {
            (Edit::Write { base: Some(base), .. }, Some(old)) => base.trim() != old.to_string(),
            _ => false,
        };
        let plan = Plan { base: commit.parent_id(0).ok(), commit: oid, files: vec![file.clone()] };
        commit_plan(&plan, &change.path, merged).map(Some)
    }

    fn walk_effects(&self) -> Result<(), MemoryError> {
        let mut effects = self.effects.borrow_mut();
        let head = self.head()?;
        let mut next = head;
        for _ in 0..LOOK_BACK {
            let Some(oid) = next.filter(|oid| Some(*oid) != effects.walked_to) else { break };
            let commit = self.repo.find_commit(oid).doing("walk the history")?;
            if let Some(origin) = message::read(&commit).1 {
                effects.commits.insert(origin.effect.as_str().to_owned(), oid);
            }
            next = commit.parent_id(0).ok();
        }
        effects.walked_to = head;
        Ok(())
    }
}

/// The error for a page whose current version does not merge.
pub(crate) fn conflict(page: &str, version: Oid, content: &str) -> MemoryError {
    MemoryError::Conflict { path: page.to_owned(), version: version.to_string(), content: content.to_owned() }
}

/// Three-way merge by lines; `None` on a conflict.
pub(crate) fn merge(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, MemoryError> {
    let (mut base, mut one, mut other) = (MergeFileInput::new(), MergeFileInput::new(), MergeFileInput::new());
    base.content(ancestor);
    one.content(ours);
    other.content(theirs);
    let result = git2::merge_file(&base, &one, &other, None).doing("merge")?;
    Ok(result.is_automergeable().then(|| result.content().to_vec()))
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

/// A recorded plan, read back. Ids that are none mean a journal that was tampered with.
pub(crate) fn plan(recorded: &CommitPlan) -> Result<Plan, MemoryError> {
    path::check(&recorded.path)?;
    let oid = |hex: &String| Oid::from_str(hex).map_err(|_| MemoryError::UnknownChange { rev: hex.clone() });
    let file = FileChange {
        path: recorded.path.clone(),
        old: recorded.old_blob.as_ref().map(oid).transpose()?,
        new: recorded.new_blob.as_ref().map(oid).transpose()?,
    };
    Ok(Plan { base: recorded.base_head.as_ref().map(oid).transpose()?, commit: oid(&recorded.commit)?, files: vec![file] })
}
