//! Compares the folder with HEAD, without the lock on the repository: agents read and commit meanwhile. Records the blobs of
//! changed pages; moves nothing.

use crate::attributes::ATTRIBUTE_FILE;
use crate::checkout::behind_reason;
use crate::conversion::Conversion;
use crate::error_context::Context;
use crate::git::Git;
use crate::git_at_work::file_system_time;
use crate::hidden::{HiddenFile, Leaf};
use crate::left_alone::INSIDE_NESTED;
use crate::line_ends::LineEnds;
use crate::nested::{Linked, Repositories};
use crate::observer::AdoptionObserver;
use crate::on_disk::OnDisk;
use crate::page_cache::{CachedPage, PageCache, Seen};
use crate::path;
use crate::plan::FileChange;
use crate::read_pages::{Found, Outcome, Reader, ToRead};
use crate::skipped_file::SkippedFile;
use crate::spellings::Spellings;
use crate::stat::Stat;
use crate::text;
use crate::text::MAX_PAGE_BYTES;
use crate::tree_diff::{self, Difference};
use crate::walk::{PageFile, Walked, walk};
use crate::work_tree::{self, Bytes};
use git2::{OdbLookupFlags, Oid};
use growqr_core::memory::MemoryError;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

const FILE: i32 = 0o100_644;

/// From this number of changes on, a scan takes so long that people can change something meanwhile.
const LONG: usize = 64;

/// What a scan compares with. It must still be so when the result is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScanBase {
    pub(crate) head: Option<Oid>,
    pub(crate) tree: Option<Oid>,
    /// The ref that HEAD points to.
    pub(crate) branch: String,
    /// Pages whose files do not have their committed version yet.
    pub(crate) behind: BTreeSet<String>,
    /// The stat of git's index: a git command that changes the folder writes it.
    pub(crate) index: Option<Stat>,
}

/// The result of a scan.
#[derive(Default)]
pub(crate) struct Scan {
    /// Hand edits, sorted by path. All their blobs are recorded, except those in `blobs`.
    pub(crate) changed: Vec<FileChange>,
    pub(crate) blobs: HashMap<Oid, Vec<u8>>,
    pub(crate) skipped: Vec<SkippedFile>,
    /// Files of HEAD that cannot be pages.
    pub(crate) hidden: Vec<HiddenFile>,
    /// Whether HEAD has moved since the last scan.
    pub(crate) has_new_head: bool,
    /// Whether every entry of git's index must be compared, because others have written it.
    pub(crate) is_index_unknown: bool,
    /// Whether nothing at all has changed since the last scan.
    pub(crate) is_unchanged: bool,
    /// Whether the observer has ended the scan: the other fields are empty.
    pub(crate) is_interrupted: bool,
}

/// A path during a scan.
struct Row {
    page: CachedPage,
    /// The stat of its file; `None`: the walk has not found it.
    file: Option<Stat>,
    found: Option<Found>,
}

/// Scans the folder. `git` is a handle of this scan's own. The cache holds the state of `base` afterwards.
pub(crate) fn scan(
    git: &Git,
    base: &ScanBase,
    cache: &mut PageCache,
    cache_file: &Path,
    observer: &dyn AdoptionObserver,
) -> Result<Scan, MemoryError> {
    let started = file_system_time(cache_file);
    let Walked { mut files, skipped, repositories, attribute_folders, .. } = walk(&git.folder)?;
    let rules = git.conversion().fingerprint(&attribute_folders);
    if cache.rules != rules {
        cache.forget_files();
        cache.rules = rules;
    }
    let index = base.index;
    let is_index_known = index.is_some() && cache.index == index;
    let may_be_unchanged = is_index_known && cache.tree == base.tree && base.behind.is_empty();
    if may_be_unchanged && let Some(not_text) = unchanged(&git.folder, cache, &files) {
        let skipped = sorted(skipped.into_iter().chain(not_text).collect());
        return Ok(Scan { skipped, is_unchanged: true, ..Scan::default() });
    }
    let mut scan = Scan { skipped, is_index_unknown: !is_index_known, ..Scan::default() };
    cache.index = index;
    update_in_head(git, cache, base.tree, &mut scan)?;
    let repositories = git.repositories_inside(repositories, &scan.hidden, &mut scan.skipped);
    files.retain(|file| !repositories.contain(&file.path));
    let mut rows = Rows(join(std::mem::take(&mut cache.pages), files));
    let outcome = rows.read(git, base, started, observer, &mut |rows| {
        let pages = rows.iter().map(|row| row.page.clone()).collect();
        save(&PageCache { pages, tree: cache.tree, rules, index: None }, cache_file);
    })?;
    scan.blobs = outcome.blobs;
    if outcome.is_interrupted {
        cache.pages = rows.0.into_iter().map(|row| row.page).collect();
        return Ok(Scan { is_interrupted: true, ..Scan::default() });
    }
    rows.decide(git, base, &repositories, &mut scan)?;
    scan.skipped = sorted(std::mem::take(&mut scan.skipped));
    cache.pages = rows.0.into_iter().map(|row| row.page).collect();
    cache.pages.retain(|page| page.in_head.is_some() || page.seen != Seen::Unknown);
    Ok(scan)
}

/// Whether all that a long scan has found may still be committed: the person may have changed ignore or attribute files meanwhile.
pub(crate) fn has_same_rules(git: &Git, cache: &PageCache, scan: &Scan) -> Result<bool, MemoryError> {
    if scan.changed.len() < LONG {
        return Ok(true);
    }
    let Walked { files, attribute_folders, .. } = walk(&git.folder)?;
    let is_page = |path: &str| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
    let may_be_committed = |file: &FileChange| file.new.is_none() || is_page(&file.path);
    let rules = Conversion::load(&git.folder, None).fingerprint(&attribute_folders);
    Ok(rules == cache.rules && scan.changed.iter().all(may_be_committed))
}

/// Saves the cache. Without it the next scan only takes longer.
pub(crate) fn save(cache: &PageCache, file: &Path) {
    if let Err(error) = cache.save(file) {
        tracing::debug!(%error, "the cache of pages cannot be saved");
    }
}

fn sorted(mut skipped: Vec<SkippedFile>) -> Vec<SkippedFile> {
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    skipped
}

/// The skipped files of the cache, if the folder is as the cache says and all its pages equal HEAD.
fn unchanged(folder: &Path, cache: &PageCache, files: &[PageFile]) -> Option<Vec<SkippedFile>> {
    let mut files = files.iter();
    let mut skipped = Vec::new();
    let mut is_next = |path: &str, stat: Stat| files.next().is_some_and(|file| file.path == path && file.stat == stat);
    for page in &cache.pages {
        match page.seen {
            Seen::NotInFolder => {}
            Seen::Page(stat, oid) if Some(oid) == page.in_head && is_next(&page.path, stat) => {}
            Seen::NotText(stat) if is_next(&page.path, stat) => skipped.push(not_text(folder, &page.path, stat)),
            _ => return None,
        }
    }
    files.next().is_none().then_some(skipped)
}

fn not_text(folder: &Path, path: &str, stat: Stat) -> SkippedFile {
    let path = path.to_owned();
    let reason = if stat.size > MAX_PAGE_BYTES {
        MemoryError::TooLarge { bytes: stat.size, limit: MAX_PAGE_BYTES }
    } else {
        let decoded = match work_tree::read_bytes(folder, &path) {
            Bytes::File(bytes) => text::decode(&path, &bytes).map(drop),
            Bytes::NotAPage(reason) => Err(reason),
            Bytes::Absent => Ok(()),
        };
        let changed = || MemoryError::NotText { path: path.clone(), reason: "it has changed just now".to_owned() };
        decoded.err().unwrap_or_else(changed)
    };
    SkippedFile { path, reason }
}

/// Brings the versions in HEAD up to date. Reads only trees that have changed, unless git's index must be compared as well.
fn update_in_head(git: &Git, cache: &mut PageCache, tree: Option<Oid>, scan: &mut Scan) -> Result<(), MemoryError> {
    let odb = git.repo.odb().context("read a tree")?;
    let mut differences = Vec::new();
    let mut has_attributes = false;
    let mut compare = |old| {
        differences.clear();
        scan.hidden.clear();
        tree_diff::compare(&odb, old, tree, &mut |Difference { path, new, .. }| {
            has_attributes |= path.ends_with(ATTRIBUTE_FILE.as_bytes());
            let is_candidate = |leaf: &Leaf| leaf.mode & 0o170_000 == 0o100_000;
            match std::str::from_utf8(path).ok().filter(|path| path::check(path).is_ok()) {
                Some(page) if new.as_ref().is_none_or(is_candidate) => {
                    differences.push((page.to_owned(), new.map(|leaf| leaf.oid)));
                }
                page => {
                    scan.hidden.extend(new.map(|leaf| HiddenFile { path: path.to_owned(), leaf: Some(leaf) }));
                    differences.extend(page.map(|page| (page.to_owned(), None)));
                }
            }
        })
    };
    let is_partial = !scan.is_index_unknown && cache.tree.is_some() && compare(cache.tree).is_ok();
    if is_partial {
        scan.has_new_head = cache.tree != tree;
    } else {
        scan.is_index_unknown = true;
        cache.pages.iter_mut().for_each(|page| page.in_head = None);
        compare(None)?;
    }
    if has_attributes && cache.tree != tree {
        cache.forget_files();
    }
    cache.tree = tree;
    cache.pages = merge_heads(std::mem::take(&mut cache.pages), differences);
    Ok(())
}

/// Puts versions of HEAD into pages. Both are sorted by path.
fn merge_heads(pages: Vec<CachedPage>, heads: Vec<(String, Option<Oid>)>) -> Vec<CachedPage> {
    let mut merged = Vec::with_capacity(pages.len().max(heads.len()));
    let mut heads = heads.into_iter().peekable();
    for mut page in pages {
        while let Some((path, in_head)) = heads.next_if(|(path, _)| *path < page.path) {
            merged.push(CachedPage { path, in_head, seen: Seen::Unknown });
        }
        if let Some((_, in_head)) = heads.next_if(|(path, _)| *path == page.path) {
            page.in_head = in_head;
            if page.seen == Seen::NotInFolder {
                page.seen = Seen::Unknown;
            }
        }
        merged.push(page);
    }
    merged.extend(heads.map(|(path, in_head)| CachedPage { path, in_head, seen: Seen::Unknown }));
    merged.retain(|page| page.in_head.is_some() || page.seen != Seen::Unknown);
    merged
}

/// Joins pages and files, both sorted by path.
fn join(pages: Vec<CachedPage>, files: Vec<PageFile>) -> Vec<Row> {
    let mut rows = Vec::with_capacity(pages.len().max(files.len()));
    let mut pages = pages.into_iter().peekable();
    let only = |page| Row { page, file: None, found: None };
    for PageFile { path, stat } in files {
        while let Some(page) = pages.next_if(|page| page.path < path) {
            rows.push(only(page));
        }
        let page = pages.next_if(|page| page.path == path);
        let mut page = page.unwrap_or(CachedPage { path, in_head: None, seen: Seen::Unknown });
        if !matches!(page.seen, Seen::Page(seen, _) | Seen::NotText(seen) if seen == stat) {
            page.seen = Seen::Unknown;
        }
        rows.push(Row { page, file: Some(stat), found: None });
    }
    rows.extend(pages.map(only));
    for row in &mut rows {
        if row.file.is_none() && row.page.seen != Seen::NotInFolder {
            row.page.seen = Seen::Unknown;
        }
    }
    rows
}

/// All paths of a scan, sorted.
struct Rows(Vec<Row>);

impl Rows {
    /// Reads the files that are not known. `recorded` is called after each pack but the last.
    fn read(
        &mut self,
        git: &Git,
        base: &ScanBase,
        started: Option<i64>,
        observer: &dyn AdoptionObserver,
        recorded: &mut dyn FnMut(&[Row]),
    ) -> Result<Outcome, MemoryError> {
        let odb = git.repo.odb().context("read a version")?;
        let has_blob = |page: &CachedPage| match page.seen {
            Seen::Page(_, oid) => Some(oid) == page.in_head || odb.exists_ext(oid, OdbLookupFlags::NO_REFRESH),
            Seen::NotText(_) => true,
            Seen::Unknown | Seen::NotInFolder => false,
        };
        let mut paths = Vec::new();
        for (number, row) in self.0.iter_mut().enumerate() {
            match git.conversion().line_ends(&row.page.path) {
                Ok(LineEnds::AsTheyAre) => {}
                // Whether it is converted depends on the version in HEAD.
                Ok(LineEnds::Convert { .. }) => {
                    let is_same = matches!(row.page.seen, Seen::Page(_, oid) if Some(oid) == row.page.in_head);
                    row.page.seen = if is_same { row.page.seen } else { Seen::Unknown };
                }
                Err(reason) if row.file.is_some() => {
                    row.page.seen = Seen::Unknown;
                    row.found = Some(Found::NotAPage(reason));
                    continue;
                }
                Err(_) => {}
            }
            let Some(stat) = row.file.filter(|_| !has_blob(&row.page) && !base.behind.contains(&row.page.path)) else { continue };
            if stat.size > MAX_PAGE_BYTES {
                row.page.seen = remembered(started, stat, Seen::NotText(stat));
                row.found = Some(Found::NotText);
            } else {
                paths.push((number, row.page.path.clone(), row.page.in_head));
            }
        }
        let wanted: Vec<ToRead<'_>> =
            paths.iter().map(|(number, path, in_head)| ToRead { number: *number, path, in_head: *in_head }).collect();
        let reader = Reader { folder: &git.folder, conversion: git.conversion(), objects: git.objects_folder(), observer };
        let rows = std::cell::RefCell::new(&mut self.0);
        let mut found = |number: usize, found: Found| {
            let row: &mut Row = &mut rows.borrow_mut()[number];
            if let Some(stat) = row.file {
                row.page.seen = match found {
                    Found::Page(oid) => remembered(started, stat, Seen::Page(stat, oid)),
                    Found::NotText => remembered(started, stat, Seen::NotText(stat)),
                    Found::NotAPage(_) | Found::Absent => Seen::Unknown,
                };
            }
            row.found = Some(found);
        };
        reader.read(&wanted, &mut found, &mut || recorded(&rows.borrow()))
    }

    /// Sorts out what was changed by hand.
    fn decide(&mut self, git: &Git, base: &ScanBase, repositories: &Repositories, scan: &mut Scan) -> Result<(), MemoryError> {
        for row in &self.0 {
            if base.behind.contains(&row.page.path) {
                let reason = behind_reason(&row.page.path);
                scan.skipped.push(SkippedFile { path: row.page.path.clone(), reason });
            }
        }
        let is_free = |row: &Row| !base.behind.contains(&row.page.path);
        let mut added = Vec::new();
        for row in self.0.iter_mut().filter(|row| is_free(row)) {
            let Some(stat) = row.file else { continue };
            let path = || row.page.path.clone();
            let oid = match (row.found.take(), row.page.seen) {
                (Some(Found::Page(oid)), _) | (None, Seen::Page(_, oid)) => oid,
                (Some(Found::NotText), _) | (None, Seen::NotText(_)) => {
                    scan.skipped.push(not_text(&git.folder, &row.page.path, stat));
                    continue;
                }
                (Some(Found::NotAPage(reason)), _) => {
                    scan.skipped.push(SkippedFile { path: path(), reason });
                    continue;
                }
                // Deleted since the walk. The next scan commits the deletion if it lasts.
                (Some(Found::Absent), _) | (None, Seen::Unknown | Seen::NotInFolder) => continue,
            };
            match row.page.in_head {
                Some(old) if old == oid => {}
                Some(old) => match git.refuse_kept_edit(&row.page.path) {
                    Ok(()) => scan.changed.push(FileChange { path: path(), old: Some(old), new: Some(oid) }),
                    Err(reason) => scan.skipped.push(SkippedFile { path: path(), reason }),
                },
                None => match git.refuse_kept_edit(&row.page.path) {
                    Ok(()) => added.push(FileChange { path: path(), old: None, new: Some(oid) }),
                    Err(reason) => scan.skipped.push(SkippedFile { path: path(), reason }),
                },
            }
        }
        let removed = self.removed(git, base, repositories, &added, scan)?;
        self.accept_added(git, base, added, &removed, scan)?;
        scan.changed.extend(removed);
        scan.changed.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// Pages of HEAD that were deleted, renamed, or replaced by a folder. Those that cannot be pages are of the server and were
    /// never in the folder.
    fn removed(
        &mut self,
        git: &Git,
        base: &ScanBase,
        repositories: &Repositories,
        added: &[FileChange],
        scan: &mut Scan,
    ) -> Result<Vec<FileChange>, MemoryError> {
        let is_missing = |row: &&mut Row| {
            let path = &row.page.path;
            row.file.is_none() && !base.behind.contains(path) && !repositories.contain(path)
        };
        let mut missing: Vec<&mut Row> = self.0.iter_mut().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        // On many file systems the old name still finds the file after a rename that changes only the letters' case.
        let new_names: HashSet<String> = added.iter().map(|file| path::case_folded(&file.path)).collect();
        let known_to_skip: HashSet<String> = scan.skipped.iter().map(|skipped| skipped.path.clone()).collect();
        let mut removed = Vec::new();
        for row in &mut missing {
            let Some(old) = row.page.in_head else { continue };
            let path = row.page.path.clone();
            let leaf = Leaf { oid: old, mode: FILE };
            if row.page.seen == Seen::NotInFolder {
                if scan.is_index_unknown {
                    scan.hidden.push(HiddenFile { path: path.into_bytes(), leaf: Some(leaf) });
                }
                continue;
            }
            let deletion = FileChange { path: path.clone(), old: Some(old), new: None };
            let is_folder =
                || fs::symlink_metadata(work_tree::file_of(&git.folder, &path)).is_ok_and(|metadata| metadata.is_dir());
            match git.inspect(&path) {
                OnDisk::File(..) if new_names.contains(&path::case_folded(&path)) => removed.push(deletion),
                OnDisk::NotAPage(reason) if !matches!(reason, MemoryError::ReadOnly { .. }) && is_folder() => {
                    removed.push(deletion)
                }
                OnDisk::Outside(_) => {}
                // The first checkout of a clone may have failed: then the page was never here.
                OnDisk::Absent if base.index.is_none() => {}
                OnDisk::Absent if git.is_page(path.as_bytes(), leaf) => match git.refuse_kept_edit(&path) {
                    Ok(()) => removed.push(deletion),
                    Err(reason) => scan.skipped.push(SkippedFile { path, reason }),
                },
                OnDisk::Absent => {
                    row.page.seen = Seen::NotInFolder;
                    scan.hidden.push(HiddenFile { path: path.into_bytes(), leaf: Some(leaf) });
                }
                OnDisk::NotAPage(reason) if !known_to_skip.contains(&path) => scan.skipped.push(SkippedFile { path, reason }),
                OnDisk::NotAPage(_) | OnDisk::File(..) => {}
            }
        }
        Ok(removed)
    }

    /// Accepts new pages whose names no file system confuses with others.
    fn accept_added(
        &self,
        git: &Git,
        base: &ScanBase,
        mut added: Vec<FileChange>,
        removed: &[FileChange],
        scan: &mut Scan,
    ) -> Result<(), MemoryError> {
        if added.is_empty() {
            return Ok(());
        }
        let linked = Linked::new(git.tree(base.head)?);
        added.retain(|file| {
            let is_linked = linked.contains(&file.path);
            if is_linked {
                let reason = path::bad_path(&file.path, INSIDE_NESTED);
                scan.skipped.push(SkippedFile { path: file.path.clone(), reason });
            }
            !is_linked
        });
        let removed: HashSet<&String> = removed.iter().map(|file| &file.path).collect();
        let in_head = self.0.iter().filter(|row| row.page.in_head.is_some()).map(|row| &row.page.path);
        let mut spellings = Spellings::of(in_head.filter(|path| !removed.contains(path)));
        for file in added {
            match spellings.clash(&file.path) {
                Some(other) => {
                    let reason = format!("some file systems treat it as the same name as {other:?}; rename it");
                    let reason = path::bad_path(&file.path, reason);
                    scan.skipped.push(SkippedFile { path: file.path, reason });
                }
                None => {
                    spellings.add(&file.path);
                    scan.changed.push(file);
                }
            }
        }
        Ok(())
    }
}

/// What may be remembered of a file: nothing if it could be written again without another stat.
fn remembered(started: Option<i64>, stat: Stat, seen: Seen) -> Seen {
    match started {
        Some(started) if stat.mtime_ns < started && stat.ctime_ns < started => seen,
        _ => Seen::Unknown,
    }
}
