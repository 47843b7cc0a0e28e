//! Builds the trees and the commit of a change in a draft, and starts writing the draft. Moves no ref and changes no file of
//! the working tree.

use crate::draft::Draft;
use crate::error_context::Context;
use crate::git::Git;
use crate::left_alone;
use crate::message::{self, Author};
use crate::path;
use crate::plan::{FileChange, Plan, WorkTreeFiles};
use git2::{ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::MemoryError;
use std::collections::BTreeMap;

const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;

impl Git {
    /// An empty draft.
    pub(crate) fn draft(&self, files: WorkTreeFiles) -> Result<Draft, MemoryError> {
        Draft::new(&self.objects_folder(), files).context("begin a change")
    }

    /// Adds the trees and a commit with these changes to the draft, and starts writing the draft to disk. No ref points to
    /// the commit yet.
    pub(crate) fn write_commit(
        &self,
        mut draft: Draft,
        (base, mut files): (Option<Oid>, Vec<FileChange>),
        author: &Author<'_>,
        text: &str,
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
        let message = message::compose(text, &default_title(&files), author);
        let commit = draft.commit((base, tree), &signature, &message)?;
        let plan = Plan { base, commit, files };
        self.start_writing(&draft, &plan)?;
        Ok(plan)
    }

    /// Applies changes to a tree. Returns `None` if the tree is then empty, because git has no empty folders.
    ///
    /// # Errors
    /// [`MemoryError::BadPath`] if a change is at or inside a submodule: it would replace the submodule's link.
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
        let is_repository = |name: &&str| {
            baseline.and_then(|tree| tree.get_name(name)).is_some_and(|entry| entry.kind() == Some(ObjectType::Commit))
        };
        if let Some(name) = folders.keys().copied().chain(leaves.iter().map(|(name, _)| *name)).find(is_repository) {
            return Err(path::bad_path(name, left_alone::NESTED));
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
