//! What a person should know of how memory treats their git: pages left to git, pages that are not here, hooks and signatures
//! that are passed over, and a HEAD without a branch.

use crate::MemoryRepo;
use crate::conversion::Conversion;
use crate::index::NO_INDEX;
use crate::outside;
use crate::walk::PageFile;
use git2::Repository;
use growqr_core::memory::MemoryError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How many pages a remark names.
const NAMED: usize = 3;

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
        if let Ok(repo) = Repository::open(self.folder()) {
            remarks.extend(without_branch(&repo));
            remarks.extend(passed_over(&repo));
            let has_index = repo.path().join("index").exists();
            remarks.extend((!has_index && repo.head().is_ok()).then(|| NO_INDEX.to_owned()));
        }
        remarks
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
