//! The change that each line of a page comes from. Follows the page from commit to commit by the entries of the trees: where the
//! entry is the same, no content is read. Follows a rename that keeps the content, and one that changes only the letters' case.

use crate::error_context::Context;
use crate::git::Git;
use crate::message;
use crate::path;
use crate::text;
use crate::tree_diff;
use crate::tree_entry::blob_at;
use git2::{Commit, DiffOptions, Odb, Oid, Patch};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{BlamedLine, MemoryError};
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

/// The author of lines that are older than the history of a shallow clone.
const OLDER: &str = "(older than the history on this computer)";

impl Git {
    /// The change that each line of the last committed version comes from.
    ///
    /// # Errors
    /// [`MemoryError::Missing`] if it was never committed; [`tree_diff::not_here`] if a version is missing that is needed to know.
    pub(crate) fn blame(&self, page: &str) -> Result<Vec<BlamedLine>, MemoryError> {
        let page = self.address(page)?;
        let missing = || MemoryError::Missing { path: page.clone() };
        let head = self.head()?.ok_or_else(missing)?;
        let blob = blob_at(self.tree(Some(head))?.as_ref(), &page).ok_or_else(missing)?;
        let bytes = self.present_blob(blob)?;
        let text = text::decode(&page, &bytes)?.into_owned();
        let odb = self.repo.odb().context("read a version")?;
        let lines = (0..text.lines().count()).map(|line| (line, line)).collect();
        let mut blame =
            Blame { git: self, odb, shallow: self.shallow_commits(), waiting: HashMap::new(), queue: BinaryHeap::new() };
        blame.pass(head, Version { path: page, blob, bytes: Rc::new(bytes) }, lines)?;
        let mut found = BTreeMap::new();
        while let Some((_, commit)) = blame.queue.pop() {
            for (version, lines) in blame.waiting.remove(&commit).unwrap_or_default() {
                let stays = blame.pass_to_parents(commit, &version, lines)?;
                found.extend(stays.into_iter().map(|(_, line)| (line, commit)));
            }
        }
        let mut authors = HashMap::new();
        let mut blamed = Vec::with_capacity(found.len());
        for (line, commit) in found {
            let author = match authors.get(&commit) {
                Some(author) => author,
                None => authors.entry(commit).or_insert(self.blamed(commit, blame.shallow.contains(&commit))?),
            };
            blamed.push(BlamedLine { line: line as u64 + 1, ..author.clone() });
        }
        for (line, text) in blamed.iter_mut().zip(text.lines()) {
            text.clone_into(&mut line.text);
        }
        Ok(blamed)
    }

    fn blamed(&self, oid: Oid, is_boundary: bool) -> Result<BlamedLine, MemoryError> {
        let commit = self.repo.find_commit(oid).context("read a commit")?;
        let author = String::from_utf8_lossy(commit.author().name_bytes()).into_owned();
        Ok(BlamedLine {
            line: 0,
            text: String::new(),
            commit: oid.to_string(),
            author: if is_boundary { OLDER.to_owned() } else { author },
            at: Timestamp(commit.time().seconds() * 1000),
            origin: if is_boundary { None } else { message::read(&commit).1 },
        })
    }
}

/// A version of the page in some commit.
#[derive(Clone)]
struct Version {
    path: String,
    blob: Oid,
    bytes: Rc<Vec<u8>>,
}

/// Lines whose change is not known yet: the number in the version at hand, and in the newest one.
type Lines = Vec<(usize, usize)>;

/// A blame under way.
struct Blame<'a> {
    git: &'a Git,
    odb: Odb<'a>,
    /// Commits whose parents are not on this computer.
    shallow: HashSet<Oid>,
    /// Commits to look at, each with the versions of the page that its children have taken over.
    waiting: HashMap<Oid, Vec<(Version, Lines)>>,
    /// The same commits, newest first.
    queue: BinaryHeap<(i64, Oid)>,
}

impl<'a> Blame<'a> {
    /// Has a commit looked at for these lines.
    fn pass(&mut self, commit: Oid, version: Version, lines: Lines) -> Result<(), MemoryError> {
        let seconds = self.find(commit)?.time().seconds();
        let versions = self.waiting.entry(commit).or_insert_with(|| {
            self.queue.push((seconds, commit));
            Vec::new()
        });
        match versions.iter_mut().find(|(known, _)| known.path == version.path) {
            Some((_, known)) => known.extend(lines),
            None => versions.push((version, lines)),
        }
        Ok(())
    }

    /// Passes lines that the parents have too on to them. Returns the lines that come from this commit.
    fn pass_to_parents(&mut self, commit: Oid, version: &Version, mut lines: Lines) -> Result<Lines, MemoryError> {
        if self.shallow.contains(&commit) {
            return Ok(lines);
        }
        let commit = self.find(commit)?;
        let parents: Vec<Commit<'_>> = (0..commit.parent_count())
            .map(|number| commit.parent_id(number).context("walk the history").and_then(|parent| self.find(parent)))
            .collect::<Result<_, _>>()?;
        let mut there = Vec::with_capacity(parents.len());
        for parent in &parents {
            let entry = tree_diff::entry_at(&self.odb, parent.tree_id(), &version.path)?;
            if entry.is_some_and(|entry| entry.oid == version.blob) {
                self.pass(parent.id(), version.clone(), lines)?;
                return Ok(Lines::new());
            }
            there.push(entry.map(|entry| (version.path.clone(), entry.oid)));
        }
        for (parent, there) in parents.iter().zip(there) {
            let before = match there {
                Some(before) => Some(before),
                None => self.old_name(parent.tree_id(), commit.tree_id(), version)?,
            };
            let Some((path, blob)) = before.filter(|_| !lines.is_empty()) else { continue };
            let bytes = if blob == version.blob { Rc::clone(&version.bytes) } else { Rc::new(self.git.present_blob(blob)?) };
            let same = same_lines(&bytes, &version.bytes)?;
            let (passed, stays): (Lines, Lines) = lines.into_iter().partition(|(line, _)| same.contains_key(line));
            lines = stays;
            if !passed.is_empty() {
                let passed = passed.into_iter().map(|(line, newest)| (same[&line], newest)).collect();
                self.pass(parent.id(), Version { path, blob, bytes }, passed)?;
            }
        }
        Ok(lines)
    }

    /// The page's earlier name: a file that this commit has removed, with the same content or with a name that differs only
    /// in the letters' case.
    fn old_name(&self, before: Oid, after: Oid, version: &Version) -> Result<Option<(String, Oid)>, MemoryError> {
        let folded = path::case_folded(&version.path);
        let mut found: Option<(bool, String, Oid)> = None;
        tree_diff::compare(&self.odb, Some(before), Some(after), &mut |file| {
            let (Some(old), None, Ok(name)) = (file.old, file.new, std::str::from_utf8(file.path)) else { return };
            let is_case_only = path::case_folded(name) == folded;
            let is_better = found.as_ref().is_none_or(|(known, ..)| is_case_only && !known);
            if (is_case_only || old.oid == version.blob) && is_better {
                found = Some((is_case_only, name.to_owned(), old.oid));
            }
        })?;
        Ok(found.map(|(_, name, blob)| (name, blob)))
    }

    fn find(&self, commit: Oid) -> Result<Commit<'a>, MemoryError> {
        self.git.find_present_commit(commit)
    }
}

/// The lines of `new` that are in `old` too, each with its number there. Lines are counted from 0.
fn same_lines(old: &[u8], new: &[u8]) -> Result<HashMap<usize, usize>, MemoryError> {
    let mut options = DiffOptions::new();
    options.force_text(true).context_lines(0);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options)).context("compare versions")?;
    let total = new.split_inclusive(|byte| *byte == b'\n').count();
    let (mut same, mut old_next, mut new_next) = (HashMap::with_capacity(total), 0_usize, 0_usize);
    for number in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(number).context("compare versions")?;
        // Of a side without lines, git names the line before.
        let first = |start: u32, lines: u32| if lines == 0 { start as usize } else { (start as usize).saturating_sub(1) };
        let new_first = first(hunk.new_start(), hunk.new_lines());
        same.extend((new_next..new_first).map(|line| (line, old_next + line - new_next)));
        new_next = new_first + hunk.new_lines() as usize;
        old_next = first(hunk.old_start(), hunk.old_lines()) + hunk.old_lines() as usize;
    }
    same.extend((new_next..total).map(|line| (line, old_next + line - new_next)));
    Ok(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_stay_are_found_in_the_old_version() {
        let same = |old: &str, new: &str| {
            let mut same: Vec<_> = same_lines(old.as_bytes(), new.as_bytes()).unwrap().into_iter().collect();
            same.sort_unstable();
            same
        };
        assert_eq!(same("a\nb\nc\n", "a\nb\nc\n"), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(same("a\nb\nc\n", "a\nc\n"), [(0, 0), (1, 2)]);
        assert_eq!(same("a\nc\n", "x\na\nb\nc"), [(1, 0)]);
        assert_eq!(same("", "a\nb\n"), []);
        assert_eq!(same("a\nb\n", "b\n"), [(0, 1)]);
    }
}
