//! Compares a held change with the page as it is now: what each side has changed, and what an approval would commit.

use crate::MemoryRepo;
use crate::error_context::Context;
use crate::prepare::parse_plan;
use crate::text;
use git2::{DiffOptions, Patch};
use growqr_core::memory::{CommitPlan, Memory, MemoryError, Page};

/// A held change beside the page as it is now. Texts are as people see them; `None` stands for no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The page that the change was made from.
    pub base: Option<String>,
    /// The page now.
    pub now: Option<Page>,
    /// The page that the change proposes.
    pub proposed: Option<String>,
    /// The page after an approval: the proposal, merged into what has changed since. After a conflict, the proposal alone.
    pub result: Option<String>,
    /// Whether both sides have changed the same lines.
    pub is_conflict: bool,
    /// From `now` to `result`: what an approval commits.
    pub diff: String,
    /// From `base` to `now`: what has changed since; empty if nothing has.
    pub yours: String,
    /// From `base` to `proposed`.
    pub proposal: String,
}

impl MemoryRepo {
    /// Compares a held change with its page as it is now.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`] if the change is no longer in the repository; errors of reading the page.
    pub fn compare_proposal(&self, held: &CommitPlan) -> Result<Comparison, MemoryError> {
        let plan = parse_plan(held)?;
        let now = match self.read(&held.path) {
            Ok(page) => Some(page),
            Err(MemoryError::Missing { .. }) => None,
            Err(error) => return Err(error),
        };
        let git = self.git()?;
        let proposed = git.proposal(&plan)?.text;
        let base = match plan.files.first().and_then(|file| file.old) {
            Some(old) => Some(text::decode(&held.path, &git.present_blob(old)?)?.into_owned()),
            None => None,
        };
        drop(git);
        let is_same = now.as_ref().map(|page| &page.version) == held.old_blob.as_ref();
        let text_now = now.as_ref().map(|page| page.content.as_str());
        let (result, is_conflict) = match (&base, text_now, &proposed) {
            _ if is_same => (proposed.clone(), false),
            (_, Some(now), Some(proposed)) if now == proposed => (Some(proposed.clone()), false),
            (Some(base), Some(now), Some(proposed)) => match text::merge_texts(base, now, proposed)? {
                Some(merged) => (Some(merged), false),
                None => (Some(proposed.clone()), true),
            },
            (_, None, None) => (None, false),
            _ => (proposed.clone(), true),
        };
        let diff = |old: Option<&str>, new: Option<&str>| diff_texts(&held.path, old, new);
        Ok(Comparison {
            diff: diff(text_now, result.as_deref())?,
            yours: diff(base.as_deref(), text_now)?,
            proposal: diff(base.as_deref(), proposed.as_deref())?,
            base,
            proposed,
            result,
            is_conflict,
            now,
        })
    }
}

/// The unified diff between two versions of a page; empty if they are the same.
///
/// # Errors
/// If git cannot compare them.
pub fn diff_texts(page: &str, old: Option<&str>, new: Option<&str>) -> Result<String, MemoryError> {
    let (before, after) = (old.unwrap_or_default(), new.unwrap_or_default());
    if before == after && old.is_some() == new.is_some() {
        return Ok(String::new());
    }
    let mut options = DiffOptions::new();
    options.force_text(true);
    let page = std::path::Path::new(page);
    let patch = Patch::from_buffers(before.as_bytes(), Some(page), after.as_bytes(), Some(page), Some(&mut options));
    let mut patch = patch.context("compare versions")?;
    let text = patch.to_buf().context("compare versions")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
