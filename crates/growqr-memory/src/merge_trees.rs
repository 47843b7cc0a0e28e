//! Merges the server's files into ours, page by page. Our version of a page is never lost: where both cannot be merged, the
//! server's version becomes a page beside it. Files that cannot be pages stay in the tree and never reach the folder.

use crate::error_context::Context;
use crate::git::Git;
use crate::hidden::{HiddenFile, Leaf};
use crate::on_disk::OnDisk;
use crate::path;
use crate::plan::FileChange;
use crate::spellings::Spellings;
use crate::text;
use crate::text::MAX_PAGE_BYTES;
use crate::work_tree;
use git2::{Delta, DiffFile, ObjectType, Oid, Tree};
use growqr_core::memory::MemoryError;
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: i32 = 0o040_000;

/// What a copy of the server's version is called.
const SUFFIX: &str = " (from the server";

/// The beginning of its name if no name with [`SUFFIX`] is free.
const PREFIX: &str = "from the server ";

/// A page that both sides have changed, so that the changes could not be merged. The version of this computer stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageConflict {
    /// The page.
    pub path: String,
    /// The page with the server's version; `None` if the server has deleted the page.
    pub copy: Option<String>,
}

/// The merged tree.
pub(crate) struct MergedTree {
    pub(crate) tree: Oid,
    pub(crate) conflicts: Vec<PageConflict>,
    /// Changed files that cannot be pages.
    pub(crate) hidden: Vec<HiddenFile>,
}

/// All files of a tree by their path. Paths of the server may be any bytes.
type Leaves = BTreeMap<Vec<u8>, Leaf>;

impl Git {
    /// Merges what the server has changed since `base` into the tree of `ours`. Looks at the folder: a page whose file is not
    /// the one of `ours` counts as changed here.
    pub(crate) fn merge_trees(&self, base: Option<Oid>, ours: Oid, theirs: Oid) -> Result<MergedTree, MemoryError> {
        let (base, ours, theirs) = (self.leaves(base)?, self.leaves(Some(ours))?, self.leaves(Some(theirs))?);
        let mut merging = Merging {
            git: self,
            result: ours.clone(),
            spellings: None,
            added: Vec::new(),
            copies: Vec::new(),
            conflicts: Vec::new(),
        };
        let paths: BTreeSet<&Vec<u8>> = base.keys().chain(theirs.keys()).collect();
        for path in paths {
            let [b, o, t] = [&base, &ours, &theirs].map(|leaves| leaves.get(path).copied());
            if t != b && t != o {
                merging.take(path, b, o, t)?;
            }
        }
        merging.place_added();
        merging.place_copies();
        let Merging { result, mut conflicts, .. } = merging;
        conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        let entries: Vec<(&[u8], Leaf)> = result.iter().map(|(path, leaf)| (path.as_slice(), *leaf)).collect();
        let tree = self.write_leaves(&entries)?;
        let changed = ours.keys().chain(result.keys()).collect::<BTreeSet<_>>();
        let changed = changed.into_iter().filter(|path| ours.get(*path) != result.get(*path));
        let mut hidden = Vec::new();
        for path in changed {
            let [old, new] = [&ours, &result].map(|leaves| leaves.get(path).copied());
            let is_page = |leaf: Option<Leaf>| leaf.is_some_and(|leaf| self.is_page(path, leaf));
            if !is_page(old) && !is_page(new) {
                hidden.push(HiddenFile { path: path.clone(), leaf: new });
            }
        }
        Ok(MergedTree { tree, conflicts, hidden })
    }

    /// The pages that differ between two commits, sorted by path. What cannot be a page counts as no file.
    pub(crate) fn page_changes(&self, old: Option<Oid>, new: Oid) -> Result<Vec<FileChange>, MemoryError> {
        let (old, new) = (self.tree(old)?, self.tree(Some(new))?);
        let diff = self.repo.diff_tree_to_tree(old.as_ref(), new.as_ref(), None).context("compare versions")?;
        let mut files = Vec::new();
        for delta in diff.deltas() {
            let page = |file: DiffFile<'_>, absent: Delta| {
                let leaf = Leaf { oid: file.id(), mode: i32::try_from(u32::from(file.mode())).unwrap_or_default() };
                let is_page = delta.status() != absent && file.path_bytes().is_some_and(|path| self.is_page(path, leaf));
                is_page.then_some(leaf.oid)
            };
            let (before, after) = (page(delta.old_file(), Delta::Added), page(delta.new_file(), Delta::Deleted));
            let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes());
            if let (true, Some(path)) = (before != after, path) {
                files.push(FileChange { path: String::from_utf8_lossy(path).into_owned(), old: before, new: after });
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Whether a file of a tree can be a page: its path, kind, size and content.
    pub(crate) fn is_page(&self, path: &[u8], leaf: Leaf) -> bool {
        let Ok(path) = std::str::from_utf8(path) else { return false };
        if leaf.mode & 0o170_000 != 0o100_000 || path::check(path).is_err() || self.is_left_to_git(path) {
            return false;
        }
        let is_small = || {
            let header = self.repo.odb().and_then(|odb| odb.read_header(leaf.oid));
            header.is_ok_and(|(size, _)| size as u64 <= MAX_PAGE_BYTES)
        };
        is_small() && self.repo.find_blob(leaf.oid).is_ok_and(|blob| text::decode(path, blob.content()).is_ok())
    }

    /// All files of a commit.
    pub(crate) fn leaves(&self, commit: Option<Oid>) -> Result<Leaves, MemoryError> {
        let mut leaves = Leaves::new();
        if let Some(tree) = self.tree(commit)? {
            self.collect_leaves(&tree, &[], &mut leaves)?;
        }
        Ok(leaves)
    }

    fn collect_leaves(&self, tree: &Tree<'_>, above: &[u8], leaves: &mut Leaves) -> Result<(), MemoryError> {
        for entry in tree {
            let path = [above, entry.name_bytes()].concat();
            if entry.kind() == Some(ObjectType::Tree) {
                let below = self.repo.find_tree(entry.id()).context("read a tree")?;
                self.collect_leaves(&below, &[path.as_slice(), b"/"].concat(), leaves)?;
            } else {
                leaves.insert(path, Leaf { oid: entry.id(), mode: entry.filemode() });
            }
        }
        Ok(())
    }

    /// Writes the trees of these files, which are sorted by path.
    fn write_leaves(&self, entries: &[(&[u8], Leaf)]) -> Result<Oid, MemoryError> {
        let mut builder = self.repo.treebuilder(None).context("write a tree")?;
        let mut rest = entries;
        while let Some((path, leaf)) = rest.first() {
            let Some(end) = path.iter().position(|byte| *byte == b'/') else {
                // libgit2 refuses names such as `.git`. Such a file stays in the history of the server's commits.
                if let Err(error) = builder.insert(*path, leaf.oid, leaf.mode) {
                    tracing::warn!(%error, "a file of the server is left out");
                }
                rest = &rest[1..];
                continue;
            };
            let inside = rest.iter().take_while(|(other, _)| other.starts_with(&path[..=end])).count();
            let below: Vec<(&[u8], Leaf)> = rest[..inside].iter().map(|(path, leaf)| (&path[end + 1..], *leaf)).collect();
            let tree = self.write_leaves(&below)?;
            builder.insert(&path[..end], tree, FOLDER).context("write a tree")?;
            rest = &rest[inside..];
        }
        builder.write().context("write a tree")
    }
}

/// A merge under way.
struct Merging<'a> {
    git: &'a Git,
    /// Our files, with what was taken from the server.
    result: Leaves,
    /// The names in `result`, once nothing is removed from it any more.
    spellings: Option<Spellings>,
    /// New files of the server, to be placed once all removals are done.
    added: Vec<(Vec<u8>, Leaf)>,
    /// Versions of the server that need another name.
    copies: Vec<(Vec<u8>, Leaf)>,
    conflicts: Vec<PageConflict>,
}

impl Merging<'_> {
    /// Takes over one file that the server has changed: `base` is the version that both sides had.
    fn take(&mut self, path: &[u8], base: Option<Leaf>, ours: Option<Leaf>, theirs: Option<Leaf>) -> Result<(), MemoryError> {
        let is_page = |leaf: Option<Leaf>| leaf.is_some_and(|leaf| self.git.is_page(path, leaf));
        let (is_ours_page, is_theirs_page, is_untouched) = (is_page(ours), is_page(theirs), ours == base);
        match (ours, theirs) {
            (None, None) => {}
            (Some(ours), None) if is_untouched && (!is_ours_page || self.is_in_folder(path, ours)) => {
                self.result.remove(path);
            }
            (Some(_), None) => self.conflict(path, None),
            (Some(ours), Some(theirs)) if is_ours_page && is_theirs_page => {
                let merged = if is_untouched { Some(theirs.oid) } else { self.merged(base, ours, theirs)? };
                match merged.filter(|_| self.is_in_folder(path, ours)) {
                    Some(oid) => drop(self.result.insert(path.to_owned(), Leaf { oid, mode: ours.mode })),
                    None => self.copies.push((path.to_owned(), theirs)),
                }
            }
            (Some(_), Some(theirs)) if is_ours_page => self.copies.push((path.to_owned(), theirs)),
            (Some(_), Some(_)) if !is_untouched => self.conflict(path, None),
            (Some(_), Some(theirs)) => {
                self.result.remove(path);
                self.added.push((path.to_owned(), theirs));
            }
            // Deleted here and changed there: the change is worth more.
            (None, Some(theirs)) if !is_untouched && is_theirs_page => self.copies.push((path.to_owned(), theirs)),
            (None, Some(theirs)) => self.added.push((path.to_owned(), theirs)),
        }
        Ok(())
    }

    /// The merged text of a page that both sides have changed. `None`: it is a conflict, or no page.
    fn merged(&self, base: Option<Leaf>, ours: Leaf, theirs: Leaf) -> Result<Option<Oid>, MemoryError> {
        let read = |leaf: Leaf| self.git.blob(leaf.oid).map(Option::unwrap_or_default);
        let ancestor = base.map(read).transpose()?.unwrap_or_default();
        let Some(bytes) = text::merge(&ancestor, &read(ours)?, &read(theirs)?)? else { return Ok(None) };
        if text::decode("", &bytes).is_err() {
            return Ok(None);
        }
        self.git.repo.blob(&bytes).map(Some).context("write the page")
    }

    /// Whether the file in the folder is this version, so that it may be replaced, or is a private one, which stays.
    fn is_in_folder(&self, path: &[u8], ours: Leaf) -> bool {
        let Ok(path) = std::str::from_utf8(path) else { return false };
        let is_ours = || self.git.refuse_behind(path).is_ok() && self.git.inspect(path).version() == Ok(Some(ours.oid));
        is_ours() || self.git.is_private(path)
    }

    fn place_added(&mut self) {
        let names: Vec<String> = self.result.keys().filter_map(|path| String::from_utf8(path.clone()).ok()).collect();
        self.spellings = Some(Spellings::of(names.iter()));
        for (path, leaf) in std::mem::take(&mut self.added) {
            if self.is_free(&path, leaf) {
                self.add(path, leaf);
            } else {
                self.copies.push((path, leaf));
            }
        }
    }

    fn place_copies(&mut self) {
        for (path, leaf) in std::mem::take(&mut self.copies) {
            let shown = String::from_utf8_lossy(&path).into_owned();
            let same = |name: &String| self.result.get(name.as_bytes()).is_some_and(|other| other.oid == leaf.oid);
            let name = copy_names(&shown, leaf.oid).find(|name| same(name) || self.is_free(name.as_bytes(), leaf));
            let Some(name) = name else {
                self.conflict(&path, None);
                continue;
            };
            self.add(name.clone().into_bytes(), leaf);
            self.conflict(&path, Some(name));
        }
    }

    fn add(&mut self, path: Vec<u8>, leaf: Leaf) {
        if let (Some(spellings), Ok(path)) = (&mut self.spellings, std::str::from_utf8(&path)) {
            spellings.add(path);
        }
        self.result.insert(path, leaf);
    }

    /// Whether a file can be added at this path: no other spelling of the name, no file where it needs a folder, and, if it is
    /// a page, nothing else in the folder.
    fn is_free(&self, path: &[u8], leaf: Leaf) -> bool {
        let inside = [path, b"/"].concat();
        let is_folder = self.result.range(inside.clone()..).next().is_some_and(|(next, _)| next.starts_with(&inside));
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let is_below_file = slashes.into_iter().any(|(end, _)| self.result.contains_key(&path[..end]));
        if is_folder || is_below_file || self.result.contains_key(path) {
            return false;
        }
        if !self.git.is_page(path, leaf) {
            return true;
        }
        let Ok(page) = std::str::from_utf8(path) else { return false };
        // It stays outside the folder, whatever lies there.
        if self.git.is_private(page) {
            return true;
        }
        self.spellings.as_ref().is_none_or(|spellings| spellings.clash(page).is_none())
            && work_tree::refuse_other_spelling(&self.git.folder, page).is_ok()
            && match self.git.inspect(page) {
                OnDisk::Absent => true,
                OnDisk::File(_, oid) => oid == leaf.oid,
                OnDisk::NotAPage(_) | OnDisk::Outside(_) => false,
            }
    }

    fn conflict(&mut self, path: &[u8], copy: Option<String>) {
        let path = String::from_utf8_lossy(path).into_owned();
        self.conflicts.push(PageConflict { path, copy });
    }
}

/// Whether a page with this name may be the server's version of another page.
pub(crate) fn is_copy_name(path: &str) -> bool {
    path.contains(SUFFIX) || path.starts_with(PREFIX)
}

/// Names for the server's version of a file, best first: `notes/a (from the server).md`, then the same for each folder above,
/// then with a number, and at last one that is short.
fn copy_names(path: &str, oid: Oid) -> impl Iterator<Item = String> {
    let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let last = format!("{PREFIX}{oid}.md");
    (1..100)
        .flat_map(move |number| {
            let parts = parts.clone();
            (0..parts.len()).rev().map(move |part| renamed(&parts, part, number))
        })
        .filter(|name| path::check(name).is_ok())
        .chain([last])
}

/// The path with the suffix in one of its parts.
fn renamed(parts: &[String], part: usize, number: usize) -> String {
    let suffix = if number == 1 { format!("{SUFFIX})") } else { format!("{SUFFIX} {number})") };
    let is_file = part + 1 == parts.len();
    let (stem, ending) = match parts[part].rsplit_once('.').filter(|(stem, _)| is_file && !stem.is_empty()) {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (parts[part].as_str(), String::new()),
    };
    let room = path::MAX_PART.saturating_sub(suffix.len() + ending.len());
    let end = (0..=room.min(stem.len())).rev().find(|end| stem.is_char_boundary(*end)).unwrap_or_default();
    let mut parts = parts.to_vec();
    parts[part] = format!("{}{suffix}{ending}", stem[..end].trim_end());
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copys_name_keeps_the_ending_and_is_a_valid_path() {
        let names = |path: &str| copy_names(path, Oid::ZERO_SHA1).take(3).collect::<Vec<_>>();
        assert_eq!(
            names("notes/a.md"),
            ["notes/a (from the server).md", "notes (from the server)/a.md", "notes/a (from the server 2).md"]
        );
        let long = format!("{}.md", "é".repeat(98));
        let name = &names(&long)[0];
        assert!(path::check(name).is_ok() && name.ends_with("é (from the server).md"), "{name}");
        assert!(names(".hidden/x").iter().all(|name| path::check(name).is_ok()));
    }
}
