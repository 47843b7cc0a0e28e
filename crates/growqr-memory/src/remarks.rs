//! What a person should know of how memory treats their git: pages left to git, pages that are not here, hooks and signatures
//! that are passed over, and a HEAD without a branch.

use crate::MemoryRepo;
use crate::attributes::ATTRIBUTE_FILE;
use crate::conversion::Conversion;
use crate::git::Git;
use crate::git_folder;
use crate::ignore_file::IGNORE_FILE;
use crate::index::NO_INDEX;
use crate::on_disk::OnDisk;
use crate::outside;
use crate::tree_entry::blob_at;
use crate::unreachable::MAX_KEPT;
use crate::walk::PageFile;
use git2::Repository;
use growqr_core::memory::MemoryError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A lock on git's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexLock {
    /// The file.
    pub path: PathBuf,
    /// When it was made.
    pub since: SystemTime,
    /// Whether changes of this program are not in the index yet: a commit of the person's git would undo them.
    pub is_index_behind: bool,
}

/// How many pages a remark names.
const NAMED: usize = 3;

/// From this number of kept commits on, a remark says that their number is limited.
const MANY_KEPT: usize = MAX_KEPT - 10;

impl MemoryRepo {
    /// Sentences for the person about these files and the repository. Looks at every page's attributes, but reads no page.
    pub(crate) fn about_git(&self, files: &[PageFile]) -> Vec<String> {
        let mut remarks = self.filtered_pages(files);
        if outside::may_exist(self.folder())
            && let Ok(pages) = self.git().and_then(|git| git.pages_outside())
            && !pages.is_empty()
        {
            remarks.push(format!(
                "{} committed pages are not on this computer ({}): they can be read, found and changed all the same",
                pages.len(),
                named(pages.iter().map(|page| &page.path))
            ));
        }
        let deleted = self.git().and_then(|git| git.deleted_in_index()).unwrap_or_default();
        if !deleted.is_empty() {
            remarks.push(format!(
                "git's index lacks {} committed pages ({}), because in this sparse checkout private files have their names: a commit of \
                 your own deletes these pages. Rename the private files, then run: git reset -q -- {}",
                deleted.len(),
                named(deleted.iter()),
                quoted(&deleted)
            ));
        }
        let kept = self.unreachable_commits().len();
        if kept >= MANY_KEPT {
            remarks.push(format!(
                "{kept} commits of GrowQR are in no branch any more; it keeps the newest {MAX_KEPT}, and lets go of older ones"
            ));
        }
        if let Ok(repo) = Repository::open(self.folder()) {
            remarks.extend(without_branch(&repo));
            remarks.extend(passed_over(&repo));
            remarks.extend(self.git().ok().and_then(|git| git.uncommitted_rules()));
            let has_index = repo.path().join("index").exists();
            remarks.extend((!has_index && repo.head().is_ok()).then(|| NO_INDEX.to_owned()));
        }
        remarks
    }

    /// A lock on git's index: a git command is at work, or was killed.
    #[must_use]
    pub fn index_lock(&self) -> Option<IndexLock> {
        let git = git_folder::own(self.folder());
        let path = git.join("index.lock");
        let since = fs::symlink_metadata(&path).and_then(|lock| lock.modified()).ok()?;
        let is_index_behind = fs::metadata(git.join("growqr").join("unindexed")).is_ok_and(|noted| noted.len() > 0);
        Some(IndexLock { path, since, is_index_behind })
    }

    fn filtered_pages(&self, files: &[PageFile]) -> Vec<String> {
        let conversion = Conversion::load(self.folder(), None);
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files {
            if let Err(MemoryError::ReadOnly { path, reason }) = conversion.refuse_filtered(&file.path) {
                by_reason.entry(reason).or_default().push(path);
            }
        }
        let remark = |(reason, pages): (String, Vec<String>)| {
            format!("{} pages are read-only ({}): {reason}", pages.len(), named(pages.iter()))
        };
        by_reason.into_iter().map(remark).collect()
    }
}

/// Arguments for a shell.
fn quoted(pages: &[String]) -> String {
    pages.iter().map(|page| format!("\"{page}\"")).collect::<Vec<_>>().join(" ")
}

fn named<'a>(pages: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = pages.len().saturating_sub(NAMED);
    let shown: Vec<&str> = pages.take(NAMED).map(String::as_str).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// What to know about commits while no branch is checked out.
pub(crate) fn without_branch(repo: &Repository) -> Option<String> {
    repo.head_detached().is_ok_and(|detached| detached).then(|| {
        "no branch is checked out in the memory folder (detached HEAD), so commits belong to no branch and are not synced. To give \
         them one, run git there: git switch -c NAME. Or go back with git switch main: GrowQR keeps them and says how to merge them"
            .to_owned()
    })
}

impl Git {
    /// The person's edits of git's own files in the folder: these are no pages, so GrowQR does not commit them.
    fn uncommitted_rules(&self) -> Option<String> {
        let tree = self.head().and_then(|head| self.tree(head)).ok()?;
        // Without git2's status: it matches patterns with code of libgit2 that some of them crash.
        let is_changed = |file: &&str| {
            let now = match self.inspect(file) {
                OnDisk::File(_, oid) => Some(oid),
                OnDisk::Absent => None,
                OnDisk::Outside(_) | OnDisk::NotAPage(_) => return false,
            };
            now != blob_at(tree.as_ref(), file) && !self.left_alone().is_ignored(file)
        };
        let changed: Vec<&str> = [IGNORE_FILE, ATTRIBUTE_FILE].into_iter().filter(is_changed).collect();
        (!changed.is_empty()).then(|| {
            let files = changed.join(" ");
            format!(
                "{files}: changed and obeyed, but not committed, because GrowQR commits only pages. With git: git commit -m Rules {files}"
            )
        })
    }
}

/// Hooks and signatures of the person, which have no effect on memory's own commits.
fn passed_over(repo: &Repository) -> Option<String> {
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    let hooks = config.get_path("core.hooksPath").unwrap_or_else(|_| repo.commondir().join("hooks"));
    let has_hooks = has_hooks(&hooks_folder(repo, hooks));
    let signs = config.get_bool("commit.gpgSign").unwrap_or(false);
    let what = match (has_hooks, signs) {
        (true, true) => "run no hooks and are not signed",
        (true, false) => "run no hooks",
        (false, true) => "are not signed",
        (false, false) => return None,
    };
    Some(format!("memory's own commits {what}, whatever git's settings say"))
}

/// A relative folder of hooks is relative to the working tree.
fn hooks_folder(repo: &Repository, hooks: PathBuf) -> PathBuf {
    repo.workdir().map_or_else(|| hooks.clone(), |folder| folder.join(&hooks))
}

fn has_hooks(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| !name.to_string_lossy().ends_with(".sample"))
}
