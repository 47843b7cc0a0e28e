//! Memory: reads it, and changes it in the person's name. Reading needs no network, no key and no host.

use crate::blocking::blocking;
use crate::convert;
use crate::error::AppError;
use crate::library::Library;
use crate::memory_link;
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, Memory, MemoryError};
use growqr_memory::{IndexLock, MemoryRepo, SkippedFile, Survey, UnreachableCommits};
use growqr_wire as wire;
use std::sync::Arc;

/// The most lines that the window shows of a search.
const SEARCH_LIMIT: usize = 200;

/// The most changes that a log returns.
const LOG_LIMIT: usize = 1_000;

impl Library {
    /// The memory repository; `None` if there is none yet, or pages are not read. One that is created later is found later.
    pub(crate) fn pages(&self) -> Option<&MemoryRepo> {
        if self.memory.get().is_none()
            && self.has_memory
            && let Some(memory) = MemoryRepo::open_read_only(&self.profile.memory())
        {
            // Another thread may have opened it meanwhile.
            let _ = self.memory.set(Arc::new(memory));
        }
        self.memory.get().map(|memory| &**memory)
    }

    /// A part of the pages whose path begins with `prefix`: the first one, or the one after [`wire::PageRows::next`] of the part
    /// before. Files that cannot be pages are not among them.
    ///
    /// # Errors
    /// If the repository cannot be read.
    pub fn memory_list(&self, prefix: &str, after: Option<&str>) -> Result<wire::PageRows, AppError> {
        self.page_parts.part(prefix, after, || Ok(self.memory_listing(prefix)?.0))
    }

    /// All pages whose path begins with `prefix`; the files there that are no pages, and why; and the number of files and folders
    /// that git ignores in the whole memory.
    ///
    /// # Errors
    /// If the repository cannot be read.
    pub fn memory_listing(&self, prefix: &str) -> Result<(Vec<wire::PageRow>, Vec<String>, usize), AppError> {
        let Some(pages) = self.pages() else { return Ok((Vec::new(), Vec::new(), 0)) };
        let listing = pages.listing(prefix)?;
        let left_alone = listing.left_alone.iter().map(left_alone_text).collect();
        Ok((listing.pages.into_iter().map(convert::page_row).collect(), left_alone, listing.ignored))
    }

    /// All pages, the files that cannot be pages, and what a person should know about them and about how memory treats their git.
    ///
    /// # Errors
    /// If the repository cannot be read.
    pub(crate) fn memory_survey(&self) -> Result<Survey, AppError> {
        let Some(pages) = self.pages() else { return Ok(Survey::default()) };
        Ok(pages.survey()?)
    }

    /// What keeps memory from being changed now, and how that ends. A memory that has not begun has no problem.
    pub(crate) fn memory_problem(&self) -> Option<MemoryError> {
        self.pages().filter(|_| self.has_repository()).and_then(MemoryRepo::examine)
    }

    /// Whether the memory has begun: there is a repository, valid or not.
    pub(crate) fn has_repository(&self) -> bool {
        memory_link::has_repository(&self.profile)
    }

    /// What the person should know before they go on: what has to be done, or will be done, and by which command.
    #[must_use]
    pub fn memory_notes(&self) -> Vec<wire::Text> {
        let Some(pages) = self.pages() else { return Vec::new() };
        let begins = (!self.has_repository()).then(|| self.memory_begins());
        let unreachable = pages.unreachable_commits().into_iter().map(|commits| {
            let (happened, next) = unreachable_text(pages, &commits);
            format!("{happened}. {next}")
        });
        begins.into_iter().chain(unreachable).chain(pages.remark()).map(|text| wire::Text { text }).collect()
    }

    /// What the first start does with pages that are in the folder already.
    pub(crate) fn memory_begins(&self) -> String {
        format!(
            "The pages in {} are not committed yet: with the next message GrowQR makes a git repository there and commits them in \
             your name, as \"Pages that were here already\". It changes none of them, and adds none.",
            self.profile.memory().display()
        )
    }

    /// Commits that are in no branch any more: what happened, and what the person can do.
    pub(crate) fn memory_unreachable_commits(&self) -> Vec<(String, String)> {
        let Some(pages) = self.pages() else { return Vec::new() };
        pages.unreachable_commits().iter().map(|commits| unreachable_text(pages, commits)).collect()
    }

    /// A lock on git's index.
    pub(crate) fn memory_index_lock(&self) -> Option<IndexLock> {
        self.pages().and_then(MemoryRepo::index_lock)
    }

    /// One page.
    ///
    /// # Errors
    /// If there is none of that path.
    pub fn memory_read(&self, path: &str) -> Result<wire::Page, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::Missing { path: path.to_owned() })?;
        Ok(convert::page(pages.read(path)?))
    }

    /// The first 200 lines that contain a text.
    ///
    /// # Errors
    /// If the repository cannot be read.
    pub fn memory_search(&self, text: &str) -> Result<Vec<wire::Found>, AppError> {
        self.memory_search_up_to(text, SEARCH_LIMIT)
    }

    /// The first lines that contain a text, at most `limit`.
    ///
    /// # Errors
    /// If the repository cannot be read.
    pub fn memory_search_up_to(&self, text: &str, limit: usize) -> Result<Vec<wire::Found>, AppError> {
        let Some(pages) = self.pages() else { return Ok(Vec::new()) };
        Ok(pages.search(text, limit)?.into_iter().map(convert::found).collect())
    }

    /// Changes, the newest first; of one page if `path` is given.
    ///
    /// # Errors
    /// If no page has or had this path, or the repository cannot be read.
    pub fn memory_log(&self, path: Option<&str>) -> Result<Vec<wire::Change>, AppError> {
        let Some(pages) = self.pages() else { return Ok(Vec::new()) };
        let changes = if self.has_repository() { pages.history(path, LOG_LIMIT)? } else { Vec::new() };
        if let (true, Some(path)) = (changes.is_empty(), path) {
            // A page without changes was created by hand and is not committed yet. If there is no such page, reading it
            // fails.
            pages.read(path)?;
        }
        Ok(changes.into_iter().map(convert::change).collect())
    }

    /// What a change did, as a unified diff.
    ///
    /// # Errors
    /// If there is no such change.
    pub fn memory_diff(&self, rev: &str) -> Result<wire::Text, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::UnknownChange { rev: rev.to_owned() })?;
        Ok(wire::Text { text: pages.diff(rev)? })
    }

    /// A page as it is after a change.
    ///
    /// # Errors
    /// If there is no such change, or no such page after it.
    pub fn memory_page_at(&self, path: &str, rev: &str) -> Result<wire::Page, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::UnknownChange { rev: rev.to_owned() })?;
        Ok(convert::page(pages.page_at(path, rev)?))
    }

    /// A held change beside its page as it is now.
    ///
    /// # Errors
    /// If the change is no longer in the repository, or the page cannot be read.
    pub fn held_change(&self, held: &wire::event::CommitPlan) -> Result<wire::HeldChange, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::UnknownChange { rev: held.commit.clone() })?;
        Ok(convert::held_change(pages.compare_proposal(&convert::commit_plan(held))?))
    }

    /// For each line of a page, the change that wrote it.
    ///
    /// # Errors
    /// If there is no such page.
    pub fn memory_blame(&self, path: &str) -> Result<Vec<wire::BlamedLine>, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::Missing { path: path.to_owned() })?;
        Ok(pages.blame(path)?.into_iter().map(convert::blamed).collect())
    }
}

/// A file that is no page, and why.
pub(crate) fn left_alone_text(file: &SkippedFile) -> String {
    let reason = file.reason.to_string();
    if reason.contains(&file.path) { reason } else { format!("{}: {reason}", file.path) }
}

fn unreachable_text(pages: &MemoryRepo, unreachable: &UnreachableCommits) -> (String, String) {
    let UnreachableCommits { commit, kept_by_ref, command, commits, title } = unreachable;
    let (folder, commit) = (pages.folder().display(), commit.get(..12).unwrap_or(commit));
    let what = if *commits == 1 {
        format!("A change that GrowQR committed is in no branch any more: {title:?} ({commit})")
    } else {
        format!("{commits} changes that GrowQR committed are in no branch any more, the last one is {title:?} ({commit})")
    };
    let happened = format!("{what}. No branch was checked out, or it was moved back, as by git reset; GrowQR keeps the commit");
    let next = format!(
        "To bring it back: git -C \"{folder}\" {command} {commit}. To let it go: git -C \"{folder}\" update-ref -d {kept_by_ref}"
    );
    (happened, next)
}

/// Writes a page as the person.
pub(crate) async fn write(
    memory: &Arc<MemoryRepo>,
    path: String,
    text: String,
    base: Option<String>,
    at: Timestamp,
) -> Result<wire::Reply, AppError> {
    let write = move |memory: &MemoryRepo| {
        // Without a base the person wants to overwrite the page, whatever its text is.
        let base = base.or_else(|| memory.read(&path).ok().map(|page| page.version));
        memory.write_as_person(&path, &text, base.as_deref(), &format!("Write {path}"), at)
    };
    change(memory, write).await
}

/// Deletes a page as the person. With a `base`, only if the page still has that version.
pub(crate) async fn delete(
    memory: &Arc<MemoryRepo>,
    path: String,
    base: Option<String>,
    at: Timestamp,
) -> Result<wire::Reply, AppError> {
    change(memory, move |memory| memory.delete_as_person(&path, base.as_deref(), &format!("Delete {path}"), at)).await
}

/// Undoes a change as the person.
pub(crate) async fn restore(memory: &Arc<MemoryRepo>, rev: String, at: Timestamp) -> Result<wire::Reply, AppError> {
    change(memory, move |memory| memory.restore(&rev, at)).await
}

/// Makes a change on a thread that may block on the disk.
async fn change(
    memory: &Arc<MemoryRepo>,
    work: impl FnOnce(&MemoryRepo) -> Result<CommitInfo, MemoryError> + Send + 'static,
) -> Result<wire::Reply, AppError> {
    let memory = Arc::clone(memory);
    let change = blocking(move || work(&memory)).await?;
    Ok(wire::Reply::Changed { commit: change.commit, paths: change.paths, more_paths: change.more_paths })
}
