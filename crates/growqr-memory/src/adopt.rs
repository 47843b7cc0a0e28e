//! Hand edits: commits, in the user's name, the differences between the working tree and HEAD. Files that cannot be pages
//! stay where they are and are reported.

use crate::error_context::Context;
use crate::git::Git;
use crate::hidden::{HiddenFile, Leaf};
use crate::index::SKIP_WORKTREE;
use crate::message::Author;
use crate::path;
use crate::plan::{FileChange, WorkTreeFiles};
use crate::skipped_file::SkippedFile;
use crate::spellings::Spellings;
use crate::walk::{Walked, walk};
use crate::work_tree::{self, OnDisk};
use git2::{ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, MemoryError};
use std::collections::{BTreeMap, HashMap};
use std::fs;

const FILE: i32 = 0o100_644;

/// The result of a full scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The commit of the hand edits, if there were any.
    pub commits: Vec<CommitInfo>,
    /// Files that cannot be pages, sorted by path. They are not changed.
    pub skipped: Vec<SkippedFile>,
}

impl Git {
    /// Scans all pages and commits what the user has changed.
    pub(crate) fn adopt_all(&self, at: Timestamp) -> Result<Adopted, MemoryError> {
        self.finish_interrupted()?;
        self.refuse_unfinished_merge()?;
        let Walked { files, skipped } = walk(&self.folder)?;
        let head = self.head()?;
        let mut in_head = BTreeMap::new();
        let mut hidden = Vec::new();
        if let Some(tree) = self.tree(head)? {
            self.pages_of(&tree, "", &mut in_head, &mut hidden)?;
        }
        let mut scan = Scan { spellings: Spellings::of(in_head.keys()), in_head, skipped, ..Scan::default() };
        for file in files {
            self.scan_page(file.path, &mut scan)?;
        }
        self.scan_missing(&mut scan, &mut hidden);
        let Scan { changed, clean, mut skipped, .. } = scan;
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        let mut commits = Vec::new();
        if !changed.is_empty() {
            let plan = self.write_commit(
                self.draft(WorkTreeFiles::UpToDate)?,
                (head, changed.clone()),
                &Author::Person,
                &title(&changed),
                at,
            )?;
            self.apply(&plan, WorkTreeFiles::UpToDate)?;
            let commit = self.repo.find_commit(plan.commit).context("read a commit")?;
            commits.push(self.committed(&commit)?);
        }
        self.repair_index(clean, &changed);
        self.hide_in_index(&hidden);
        Ok(Adopted { commits, skipped })
    }

    fn scan_page(&self, path: String, scan: &mut Scan) -> Result<(), MemoryError> {
        let old = scan.in_head.remove(&path);
        if let Err(reason) = self.refuse_held(&path) {
            scan.skipped.push(SkippedFile { path, reason });
            return Ok(());
        }
        match work_tree::inspect(&self.folder, &path) {
            OnDisk::File(_, oid) if Some(oid) == old => {
                scan.clean.push(FileChange { path, old, new: old });
            }
            OnDisk::File(bytes, _) => {
                let clash = scan.spellings.clash(&path).filter(|_| old.is_none());
                let checked = match clash {
                    Some(other) => {
                        Err(path::bad_path(&path, format!("some file systems treat it as the same name as {other:?}; rename it")))
                    }
                    None => work_tree::text(&path, &bytes).map(|_| ()),
                };
                match checked {
                    Ok(()) => {
                        let new = Some(self.repo.blob(&bytes).context("record a hand edit")?);
                        scan.spellings.add(&path);
                        scan.changed.push(FileChange { path, old, new });
                    }
                    Err(reason) => scan.skipped.push(SkippedFile { path, reason }),
                }
            }
            OnDisk::NotAPage(reason) => scan.skipped.push(SkippedFile { path, reason }),
            // Deleted since the walk. The next scan commits the deletion if it lasts.
            OnDisk::Absent => {}
        }
        Ok(())
    }

    /// Handles files of HEAD that the walk did not find: deleted, or replaced by something that is not a page. Those that cannot
    /// be pages are of the server and were never in the folder.
    fn scan_missing(&self, scan: &mut Scan, hidden: &mut Vec<HiddenFile>) {
        for (path, old) in std::mem::take(&mut scan.in_head) {
            if let Err(reason) = self.refuse_held(&path) {
                scan.skipped.push(SkippedFile { path, reason });
                continue;
            }
            let is_folder =
                || fs::symlink_metadata(work_tree::file_of(&self.folder, &path)).is_ok_and(|metadata| metadata.is_dir());
            match work_tree::inspect(&self.folder, &path) {
                OnDisk::NotAPage(_) if is_folder() => scan.changed.push(FileChange { path, old: Some(old), new: None }),
                OnDisk::Absent => {
                    let leaf = Leaf { oid: old, mode: FILE };
                    if self.is_page(path.as_bytes(), leaf) {
                        scan.changed.push(FileChange { path, old: Some(old), new: None });
                    } else {
                        hidden.push(HiddenFile { path: path.into_bytes(), leaf: Some(leaf) });
                    }
                }
                OnDisk::NotAPage(reason) if !scan.skipped.iter().any(|skipped| skipped.path == path) => {
                    scan.skipped.push(SkippedFile { path, reason });
                }
                OnDisk::NotAPage(_) | OnDisk::File(..) => {}
            }
        }
    }

    /// Collects the files of a tree: those whose path and kind a page may have, and the others.
    fn pages_of(
        &self,
        tree: &Tree<'_>,
        above: &str,
        pages: &mut BTreeMap<String, Oid>,
        others: &mut Vec<HiddenFile>,
    ) -> Result<(), MemoryError> {
        for entry in tree {
            let Ok(name) = entry.name() else { continue };
            let page = format!("{above}{name}");
            let is_allowed = path::check(&page).is_ok();
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let below = self.repo.find_tree(entry.id()).context("read a tree")?;
                    self.pages_of(&below, &format!("{page}/"), pages, others)?;
                }
                Some(ObjectType::Blob) if is_allowed && entry.filemode() & 0o170_000 == 0o100_000 => {
                    pages.insert(page, entry.id());
                }
                _ => {
                    let leaf = Leaf { oid: entry.id(), mode: entry.filemode() };
                    others.push(HiddenFile { path: page.into_bytes(), leaf: Some(leaf) });
                }
            }
        }
        Ok(())
    }

    /// Updates git's index for every page that now equals its version in HEAD, and for pages that no longer exist.
    fn repair_index(&self, clean: Vec<FileChange>, changed: &[FileChange]) {
        let mut files: HashMap<String, FileChange> = HashMap::new();
        if let Ok(index) = self.index() {
            for entry in index.iter() {
                let Ok(path) = String::from_utf8(entry.path) else { continue };
                let is_hidden = entry.flags_extended & SKIP_WORKTREE != 0;
                let gone =
                    !is_hidden && path::check(&path).is_ok() && matches!(work_tree::inspect(&self.folder, &path), OnDisk::Absent);
                if gone {
                    files.insert(path.clone(), FileChange { path, old: None, new: None });
                }
            }
        }
        for file in changed.iter().chain(&clean) {
            files.insert(file.path.clone(), file.clone());
        }
        self.refresh_index(files.values());
    }
}

/// The state of a full scan.
#[derive(Default)]
struct Scan {
    /// Pages of HEAD that the scan has not compared yet, with their blobs.
    in_head: BTreeMap<String, Oid>,
    spellings: Spellings,
    /// Hand edits.
    changed: Vec<FileChange>,
    /// Pages that equal their version in HEAD.
    clean: Vec<FileChange>,
    skipped: Vec<SkippedFile>,
}

fn title(files: &[FileChange]) -> String {
    let names: Vec<&str> = files.iter().take(3).map(|file| file.path.as_str()).collect();
    let more = match files.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Edited by hand: {}{more}", names.join(", "))
}
