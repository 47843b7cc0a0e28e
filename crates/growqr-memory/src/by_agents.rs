//! The pages whose committed text is an agent's.

use crate::error_context::Context;
use crate::git::Git;
use crate::message;
use crate::tree_diff;
use git2::{Commit, Odb, Oid, Sort};
use growqr_core::memory::{AgentsPage, MemoryError};
use std::collections::{BTreeMap, HashMap};

impl Git {
    /// The pages in `folder` (`skills/`) to which an agent has given their committed text. Walks the history until all pages are found,
    /// once for each HEAD. An approved change is the agent's too: the person has seen what it changes, not the page.
    pub(crate) fn by_agents(&self, folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        let Some(head) = self.head()? else { return Ok(BTreeMap::new()) };
        let mut known = self.by_agents.borrow_mut();
        if let Some((_, _, pages)) = known.as_ref().filter(|(of_head, of, _)| *of_head == head && of == folder) {
            return Ok(pages.clone());
        }
        let pages = self.find_by_agents(head, folder)?;
        *known = Some((head, folder.to_owned(), pages.clone()));
        Ok(pages)
    }

    fn find_by_agents(&self, head: Oid, folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        let odb = self.repo.odb().context("walk the history")?;
        let folder_in = |commit: &Commit<'_>| tree_diff::folder_at(&odb, commit.tree_id(), folder.trim_end_matches('/'));
        let now = folder_in(&self.find_present_commit(head)?)?;
        let mut left = changes(&odb, None, now)?;
        let mut found = BTreeMap::new();
        let mut walk = self.repo.revwalk().context("walk the history")?;
        walk.set_sorting(Sort::TOPOLOGICAL).and_then(|()| walk.push(head)).context("walk the history")?;
        let shallow = self.shallow_commits();
        for oid in walk {
            if left.is_empty() {
                break;
            }
            let commit = self.find_present_commit(oid.context("walk the history")?)?;
            let after = folder_in(&commit)?;
            let parents = commit.parent_ids().filter(|_| !shallow.contains(&commit.id()));
            let before = parents.map(|parent| folder_in(&self.find_present_commit(parent)?)).collect::<Result<Vec<_>, _>>()?;
            if before.contains(&after) {
                continue;
            }
            let mut changed = left.clone();
            let first = if before.is_empty() { Some(None) } else { None };
            for before in before.into_iter().chain(first) {
                let differing = changes(&odb, before, after)?;
                changed.retain(|page, version| differing.get(page) == Some(version));
            }
            for (page, version) in changed {
                left.remove(&page);
                if message::is_by_agent(&commit) {
                    let change = AgentsPage { version: version.to_string(), commit: commit.id().to_string() };
                    found.insert(format!("{folder}{page}"), change);
                }
            }
        }
        Ok(found)
    }
}

/// The files of a folder that differ from an earlier version of it, with their new versions.
fn changes(odb: &Odb<'_>, before: Option<Oid>, after: Option<Oid>) -> Result<HashMap<String, Oid>, MemoryError> {
    let mut files = HashMap::new();
    tree_diff::compare(odb, before, after, &mut |file| {
        if let (Ok(path), Some(new)) = (std::str::from_utf8(file.path), file.new) {
            files.insert(path.to_owned(), new.oid);
        }
    })?;
    Ok(files)
}
