//! Hand edits: what the work tree has and HEAD has not becomes the person's own commit. What cannot be a page is left
//! where it is and reported.

use crate::checkout::Files;
use crate::failure::Doing;
use crate::message::Author;
use crate::objects::{FileChange, Git};
use crate::path;
use crate::place::{self, LeftAlone, OnDisk};
use git2::{ObjectType, Oid, Tree};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{Committed, Listed, MemoryError};
use std::collections::{BTreeMap, HashMap};
use std::fs;

/// What a full scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The person's commit, if there was anything to commit.
    pub commits: Vec<Committed>,
    /// Files that are no pages, by path. They stay as they are.
    pub left: Vec<LeftAlone>,
}

impl Git {
    /// Scans all pages.
    pub(crate) fn adopt_all(&self, at: Timestamp) -> Result<Adopted, MemoryError> {
        self.finish_earlier()?;
        self.refuse_unfinished_merge()?;
        let (pages, left) = place::walk(&self.folder)?;
        let head = self.head()?;
        let mut in_head = BTreeMap::new();
        if let Some(tree) = self.tree(head)? {
            self.pages_of(&tree, "", &mut in_head)?;
        }
        let mut scan = Scan { spellings: Spellings::of(in_head.keys()), in_head, left, ..Scan::default() };
        for page in pages {
            self.scan_page(page, &mut scan)?;
        }
        self.scan_missing(&mut scan);
        let Scan { changed, clean, mut left, .. } = scan;
        left.sort_by(|a, b| a.path.cmp(&b.path));
        let mut commits = Vec::new();
        if !changed.is_empty() {
            let plan =
                self.write_commit(self.draft(Files::ByHand)?, (head, changed.clone()), &Author::Person, &title(&changed), at)?;
            self.carry_out(&plan, Files::ByHand)?;
            let commit = self.repo.find_commit(plan.commit).doing("read a commit")?;
            commits.push(self.committed(&commit)?);
        }
        self.mend_index(clean, &changed);
        Ok(Adopted { commits, left })
    }

    fn scan_page(&self, page: Listed, scan: &mut Scan) -> Result<(), MemoryError> {
        let path = page.path;
        let old = scan.in_head.remove(&path);
        if let Err(reason) = self.refuse_held(&path) {
            scan.left.push(LeftAlone { path, reason });
            return Ok(());
        }
        match place::look(&self.folder, &path) {
            OnDisk::File(_, oid) if Some(oid) == old => {
                scan.clean.push(FileChange { path, old, new: old });
            }
            OnDisk::File(bytes, _) => {
                let clash = scan.spellings.clash(&path).filter(|_| old.is_none());
                let fit = match clash {
                    Some(other) => Err(path::bad(&path, format!("some disks cannot tell it from {other:?}; rename it"))),
                    None => place::text(&path, &bytes).map(|_| ()),
                };
                match fit {
                    Ok(()) => {
                        let new = Some(self.repo.blob(&bytes).doing("record a hand edit")?);
                        scan.spellings.add(&path);
                        scan.changed.push(FileChange { path, old, new });
                    }
                    Err(reason) => scan.left.push(LeftAlone { path, reason }),
                }
            }
            OnDisk::Odd(reason) => scan.left.push(LeftAlone { path, reason }),
            // It went between the walk and the look; the next scan sees whether it stays away.
            OnDisk::Absent => {}
        }
        Ok(())
    }

    /// Pages of HEAD that the walk did not meet: gone, or hidden behind something that is no page.
    fn scan_missing(&self, scan: &mut Scan) {
        for (path, old) in std::mem::take(&mut scan.in_head) {
            if let Err(reason) = self.refuse_held(&path) {
                scan.left.push(LeftAlone { path, reason });
                continue;
            }
            let is_folder = || fs::symlink_metadata(place::file_of(&self.folder, &path)).is_ok_and(|metadata| metadata.is_dir());
            match place::look(&self.folder, &path) {
                OnDisk::Odd(_) if is_folder() => scan.changed.push(FileChange { path, old: Some(old), new: None }),
                OnDisk::Absent => scan.changed.push(FileChange { path, old: Some(old), new: None }),
                OnDisk::Odd(reason) if !scan.left.iter().any(|left| left.path == path) => {
                    scan.left.push(LeftAlone { path, reason });
                }
                OnDisk::Odd(_) | OnDisk::File(..) => {}
            }
        }
    }

    fn pages_of(&self, tree: &Tree<'_>, above: &str, pages: &mut BTreeMap<String, Oid>) -> Result<(), MemoryError> {
        for entry in tree {
            let Ok(name) = entry.name() else { continue };
            let page = format!("{above}{name}");
            if place::is_skipped(name) || path::check(&page).is_err() {
                continue;
            }
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let below = self.repo.find_tree(entry.id()).doing("read a tree")?;
                    self.pages_of(&below, &format!("{page}/"), pages)?;
                }
                Some(ObjectType::Blob) if entry.filemode() & 0o170_000 == 0o100_000 => {
                    pages.insert(page, entry.id());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes git's index agree with HEAD for every page that the work tree and HEAD agree about, also those both lack.
    fn mend_index(&self, clean: Vec<FileChange>, changed: &[FileChange]) {
        let mut files: HashMap<String, FileChange> = HashMap::new();
        if let Ok(index) = self.index() {
            for entry in index.iter() {
                let Ok(path) = String::from_utf8(entry.path) else { continue };
                let gone = path::check(&path).is_ok() && matches!(place::look(&self.folder, &path), OnDisk::Absent);
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

#[derive(Default)]
struct Scan {
    in_head: BTreeMap<String, Oid>,
    spellings: Spellings,
    changed: Vec<FileChange>,
    clean: Vec<FileChange>,
    left: Vec<LeftAlone>,
}

/// Every path and folder by its folded form, to find two that one disk would take for the same.
#[derive(Default)]
struct Spellings(HashMap<String, String>);

impl Spellings {
    fn of<'a>(paths: impl Iterator<Item = &'a String>) -> Spellings {
        let mut spellings = Spellings::default();
        paths.for_each(|path| spellings.add(path));
        spellings
    }

    fn add(&mut self, path: &str) {
        for part in prefixes(path) {
            self.0.entry(path::folded(part)).or_insert_with(|| part.to_owned());
        }
    }

    fn clash(&self, path: &str) -> Option<&str> {
        prefixes(path).find_map(|part| self.0.get(&path::folded(part)).filter(|known| *known != part)).map(String::as_str)
    }
}

/// `a`, `a/b`, `a/b/c` of `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end]).chain([path])
}

fn title(files: &[FileChange]) -> String {
    let names: Vec<&str> = files.iter().take(3).map(|file| file.path.as_str()).collect();
    let more = match files.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Edited by hand: {}{more}", names.join(", "))
}
