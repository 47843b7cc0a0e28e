//! Undoes all changes of one turn, or of one agent, with one commit of the person. Later changes of others stay, and so do the
//! changes of agents in other conversations: a memory that was brought along has commits of the same agent ids and turns.

use crate::MemoryRepo;
use crate::comparison::diff_texts;
use crate::error_context::Context;
use crate::git::Git;
use crate::message::{self, UNDOES};
use crate::on_disk::OnDisk;
use crate::person::apply_and_index;
use crate::plan::{FileChange, WorkTreeFiles};
use crate::text;
use crate::tree_entry::blob_at;
use git2::{ObjectType, Oid, Sort};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{CommitInfo, MemoryError};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

/// The most commits that are named.
const NAMED: usize = 50;

/// Whose changes are undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesOf {
    /// The agent.
    pub agent: AgentId,
    /// The turn; `None`: all turns of the agent.
    pub turn: Option<u64>,
    /// The effects in the agent's journal: only commits with one of them are its changes.
    pub effects: HashSet<EffectId>,
}

/// Changes under the same agent and turn that were made in another conversation. They stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// The newest ones.
    pub named: Vec<CommitInfo>,
    /// The number of those besides them.
    pub more: usize,
}

/// What undoing would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoPreview {
    /// The number of changes that are undone.
    pub changes: usize,
    /// The unified diff of all pages; empty if all of it is undone already.
    pub diff: String,
    /// The pages that change.
    pub paths: Vec<String>,
    /// The pages that stay as they are: others have changed the same lines since, or they cannot be changed.
    pub left: Vec<String>,
    /// Changes that stay because another conversation made them.
    pub others: Others,
    /// Stands for this preview; see [`MemoryRepo::undo_all`].
    pub seen: String,
}

/// Changes that were undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoneAll {
    /// The commit; `None` if every page is among those left, or every change among those of others.
    pub change: Option<CommitInfo>,
    /// See [`UndoPreview::left`].
    pub left: Vec<String>,
    /// See [`UndoPreview::others`].
    pub others: Others,
}

impl MemoryRepo {
    /// What undoing these changes would do now. Changes nothing.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`] if there is no such change.
    pub fn preview_undo(&self, of: &ChangesOf) -> Result<UndoPreview, MemoryError> {
        let git = self.git()?;
        let (changes, others) = git.changes_by(of)?;
        Ok(UndoPreview { others, ..git.plan_undo(&changes)?.preview(changes.len())? })
    }

    /// Undoes these changes with one commit in the person's name. With `seen`, only if a preview would still be that one.
    ///
    /// # Errors
    /// As [`MemoryRepo::preview_undo`]; [`MemoryError::HeadMoved`] if the preview would be another one now, or a page was saved meanwhile,
    /// [`MemoryError::Unchanged`] if all of it is undone already. On an error no page is changed.
    pub fn undo_all(&self, of: &ChangesOf, seen: Option<&str>, at: Timestamp) -> Result<UndoneAll, MemoryError> {
        let git = self.git()?;
        git.finish_interrupted()?;
        git.refuse_unfinished_merge()?;
        let (changes, others) = git.changes_by(of)?;
        let planned = git.plan_undo(&changes)?;
        if let Some(seen) = seen
            && planned.preview(changes.len())?.seen != seen
        {
            return Err(MemoryError::HeadMoved);
        }
        git.adopt_pages(&planned.pages.keys().map(String::as_str).collect::<Vec<_>>(), at)?;
        let head = git.head()?;
        let tree = git.tree(head)?;
        let mut files = Vec::new();
        for (path, page) in &planned.pages {
            // The person has saved it since it was read.
            if blob_at(tree.as_ref(), path) != oid_of(page.before.as_ref()) {
                return Err(MemoryError::HeadMoved);
            }
            let new = page.after.as_ref().map(|version| git.repo.blob(&version.bytes)).transpose().context("write the page")?;
            files.push(FileChange { path: path.clone(), old: blob_at(tree.as_ref(), path), new });
        }
        files.retain(|file| file.old != file.new);
        if files.is_empty() {
            let path = changes.iter().find_map(|change| Some(change.files.first()?.path.clone()));
            if let (Some(path), true) = (path, planned.left.is_empty()) {
                return Err(MemoryError::Unchanged { path });
            }
            return Ok(UndoneAll { change: None, left: planned.left, others });
        }
        let message = undo_message(of, &changes, &planned.left);
        let plan = git.write_commit(git.draft(WorkTreeFiles::ToReplace)?, (head, files), &git.person(), &message, at)?;
        Ok(UndoneAll { change: Some(apply_and_index(&git, &plan)?), left: planned.left, others })
    }
}

/// A change of an agent, with its pages.
struct AgentChange {
    commit: Oid,
    name: String,
    files: Vec<FileChange>,
}

/// A page's bytes and their id.
#[derive(Clone)]
struct Version {
    oid: Oid,
    bytes: Vec<u8>,
}

struct UndonePage {
    before: Option<Version>,
    after: Option<Version>,
}

#[derive(Default)]
struct PlannedUndo {
    /// The pages that change.
    pages: BTreeMap<String, UndonePage>,
    left: Vec<String>,
}

impl PlannedUndo {
    fn preview(&self, changes: usize) -> Result<UndoPreview, MemoryError> {
        let mut diff = String::new();
        for (path, page) in &self.pages {
            let shown = |version: &Option<Version>| {
                version.as_ref().map(|version| text::decode(path, &version.bytes).map(std::borrow::Cow::into_owned)).transpose()
            };
            diff.push_str(&diff_texts(path, shown(&page.before)?.as_deref(), shown(&page.after)?.as_deref())?);
        }
        let seen =
            Oid::hash_object(ObjectType::Blob, format!("{:?}\n{diff}", self.left).as_bytes()).context("compare versions")?;
        let paths = self.pages.keys().cloned().collect();
        let (left, others) = (self.left.clone(), Others::default());
        Ok(UndoPreview { changes, diff, paths, left, others, seen: seen.to_string() })
    }
}

impl Git {
    /// The changes of this turn or agent, and those of others under the same name; newest first.
    fn changes_by(&self, of: &ChangesOf) -> Result<(Vec<AgentChange>, Others), MemoryError> {
        let (mut found, mut others) = (Vec::new(), Others::default());
        if let Some(head) = self.head()? {
            let mut walk = self.repo.revwalk().context("walk the history")?;
            walk.set_sorting(Sort::TOPOLOGICAL).and_then(|()| walk.push(head)).context("walk the history")?;
            for oid in walk {
                let commit = self.find_present_commit(oid.context("walk the history")?)?;
                let Some(origin) = message::read(&commit).1 else { continue };
                if origin.agent != of.agent || of.turn.is_some_and(|turn| turn != origin.turn) {
                    continue;
                }
                if of.effects.contains(&origin.effect) {
                    let files = self.page_changes(commit.parent_id(0).ok(), commit.id())?;
                    found.push(AgentChange { commit: commit.id(), name: origin.name, files });
                } else if others.named.len() < NAMED {
                    others.named.push(self.committed(&commit)?);
                } else {
                    others.more += 1;
                }
            }
        }
        if found.is_empty() && others.named.is_empty() {
            return Err(MemoryError::UnknownChange { rev: described(of, of.agent.as_str()) });
        }
        Ok((found, others))
    }

    /// The pages without these changes, each undone in turn from the newest on. A page where that is not possible is left whole.
    fn plan_undo(&self, changes: &[AgentChange]) -> Result<PlannedUndo, MemoryError> {
        let mut pages: BTreeMap<&str, Vec<&FileChange>> = BTreeMap::new();
        for file in changes.iter().flat_map(|change| &change.files) {
            pages.entry(&file.path).or_default().push(file);
        }
        let mut planned = PlannedUndo::default();
        for (path, files) in pages {
            let refused = self.left_alone().refuse(path).and_then(|()| self.conversion().refuse_filtered(path));
            let before = match self.inspect(path) {
                OnDisk::File(bytes, oid) => Ok(Some(Version { oid, bytes })),
                OnDisk::Absent => Ok(None),
                OnDisk::Outside(oid) => self.present_blob(oid).map(|bytes| Some(Version { oid, bytes })),
                OnDisk::NotAPage(reason) => Err(reason),
            };
            let undone = match (refused, before) {
                (Ok(()), Ok(before)) => self.without(&files, before.clone())?.map(|after| UndonePage { before, after }),
                _ => None,
            };
            match undone {
                None => planned.left.push(path.to_owned()),
                Some(page) if oid_of(page.before.as_ref()) == oid_of(page.after.as_ref()) => {}
                Some(page) => drop(planned.pages.insert(path.to_owned(), page)),
            }
        }
        Ok(planned)
    }

    /// The page without these changes of it, the newest first; `None` if later changes are in the same lines.
    fn without(&self, files: &[&FileChange], mut now: Option<Version>) -> Result<Option<Option<Version>>, MemoryError> {
        let read = |oid: Option<Oid>| oid.map(|oid| Ok(Version { oid, bytes: self.present_blob(oid)? })).transpose();
        // The page may be without the newest of them already, if nothing of others lies between these.
        let is_chain = |at: &usize| files[..=*at].windows(2).all(|pair| pair[0].old == pair[1].new);
        let undone = files.iter().position(|file| file.old == oid_of(now.as_ref())).filter(is_chain).map_or(0, |at| at + 1);
        for file in &files[undone..] {
            let oid = oid_of(now.as_ref());
            let before = read(file.old)?;
            if oid == file.new {
                now = before;
                continue;
            }
            let (Some(current), Some(before), Some(after)) = (&now, before, read(file.new)?) else { return Ok(None) };
            let Some(bytes) = text::merge(&after.bytes, &current.bytes, &before.bytes)? else { return Ok(None) };
            let oid = Oid::hash_object(ObjectType::Blob, &bytes).context("hash a page")?;
            now = Some(Version { oid, bytes });
        }
        Ok(Some(now))
    }
}

fn oid_of(version: Option<&Version>) -> Option<Oid> {
    version.map(|version| version.oid)
}

fn described(of: &ChangesOf, name: &str) -> String {
    match of.turn {
        Some(turn) => format!("turn {turn} of {name}"),
        None => format!("all of {name}"),
    }
}

fn undo_message(of: &ChangesOf, changes: &[AgentChange], left: &[String]) -> String {
    let mut message = format!("Undo {}\n\n", described(of, &changes[0].name));
    for change in changes.iter().take(NAMED) {
        let _ = writeln!(message, "{UNDOES}{}", change.commit);
    }
    if changes.len() > NAMED {
        let _ = writeln!(message, "and {} more", changes.len() - NAMED);
    }
    for page in left {
        let _ = writeln!(message, "Left as it is: {page}");
    }
    message
}
