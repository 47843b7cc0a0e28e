//! The pages whose committed text is an agent's.

use crate::error_context::Context;
use crate::git::{Git, PagesByAgents};
use crate::message;
use crate::tree_diff;
use git2::{Commit, Odb, Oid, Sort};
use growqr_core::memory::{AgentsPage, MemoryError};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The files of a folder, by their path in it.
type Files = HashMap<String, Oid>;

/// A page of which it is not yet known whose it is.
struct Sought {
    /// Its version at HEAD.
    version: Oid,
    /// Whoever has made these versions has written it: its own one, or those that a merge has put together.
    of: BTreeSet<Oid>,
    /// The commits of agents that have made some of them.
    agents: BTreeSet<String>,
    /// The newest undo or merge that has made a version.
    made_from_others: Option<Oid>,
    /// Whether any of that was an undo, and whether an agent has changed the page.
    is_undone: bool,
    is_changed_by_agent: bool,
}

impl Git {
    /// The pages in `folder` (`skills/`) to which an agent has given their committed text. Walks the history until all pages are found,
    /// and then only what is new in it. An approved change is the agent's too: the person has seen what it changes, not the page. An
    /// undo gives a page back to whoever had written that text, and a merge of two texts is an agent's if one of them is.
    pub(crate) fn by_agents(&self, folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        let Some(head) = self.head()? else { return Ok(BTreeMap::new()) };
        let mut known = self.by_agents.borrow_mut();
        let last = known.take().filter(|last| last.folder == folder);
        let pages = match last {
            Some(last) if last.head == head => last.pages,
            last => self.find_by_agents(head, folder, last.as_ref())?,
        };
        *known = Some(PagesByAgents { head, folder: folder.to_owned(), pages: pages.clone() });
        Ok(pages)
    }

    fn find_by_agents(
        &self,
        head: Oid,
        folder: &str,
        last: Option<&PagesByAgents>,
    ) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        let odb = self.repo.odb().context("walk the history")?;
        let now = changes(&odb, None, self.folder_in(&odb, folder, head)?)?;
        let mut left: HashMap<String, Sought> = now.into_iter().map(|(page, version)| (page, Sought::new(version))).collect();
        let mut found = BTreeMap::new();
        let last = last.filter(|last| self.repo.graph_descendant_of(head, last.head).unwrap_or(false));
        if let Some(last) = last {
            self.walk_for(&mut left, &mut found, (head, Some(last.head)), folder)?;
            let then = changes(&odb, None, self.folder_in(&odb, folder, last.head)?)?;
            for (page, sought) in &mut left {
                if let Some(version) = then.get(page).filter(|version| sought.of.remove(*version)) {
                    let of_agent = last.pages.get(&format!("{folder}{page}"));
                    sought.agents.extend(of_agent.filter(|of| of.version == version.to_string()).map(|of| of.commit.clone()));
                }
            }
            settle(&mut left, &mut found);
        }
        self.walk_for(&mut left, &mut found, (last.map_or(head, |last| last.head), None), folder)?;
        for (page, mut sought) in left {
            // An undo has put a new text together.
            if sought.is_undone && sought.is_changed_by_agent {
                sought.agents.extend(sought.made_from_others.map(|commit| commit.to_string()));
            }
            found.extend(sought.agents_page().map(|of_agent| (page, of_agent)));
        }
        Ok(found.into_iter().map(|(page, of_agent)| (format!("{folder}{page}"), of_agent)).collect())
    }

    /// Looks for those who have made the sought versions, from a commit back to another one, which is not looked at.
    fn walk_for(
        &self,
        left: &mut HashMap<String, Sought>,
        found: &mut BTreeMap<String, AgentsPage>,
        (from, until): (Oid, Option<Oid>),
        folder: &str,
    ) -> Result<(), MemoryError> {
        if left.is_empty() {
            return Ok(());
        }
        let odb = self.repo.odb().context("walk the history")?;
        let mut walk = self.repo.revwalk().context("walk the history")?;
        walk.set_sorting(Sort::TOPOLOGICAL).and_then(|()| walk.push(from)).context("walk the history")?;
        if let Some(until) = until {
            walk.hide(until).context("walk the history")?;
        }
        let shallow = self.shallow_commits();
        for oid in walk {
            if left.is_empty() {
                break;
            }
            let commit = self.find_present_commit(oid.context("walk the history")?)?;
            let after = self.folder_in(&odb, folder, commit.id())?;
            let parents = commit.parent_ids().filter(|_| !shallow.contains(&commit.id()));
            let before = parents.map(|parent| self.folder_in(&odb, folder, parent)).collect::<Result<Vec<_>, _>>()?;
            if before.contains(&after) {
                continue;
            }
            let mut differing = before.iter().map(|before| changes(&odb, *before, after)).collect::<Result<Vec<_>, _>>()?;
            let mut changed = differing.pop().map_or_else(|| changes(&odb, None, after), Ok)?;
            changed.retain(|page, _| left.contains_key(page) && differing.iter().all(|other| other.contains_key(page)));
            if changed.is_empty() {
                continue;
            }
            let merged = match before.len() {
                0 | 1 => Vec::new(),
                _ => before.iter().map(|before| changes(&odb, None, *before)).collect::<Result<_, _>>()?,
            };
            for (page, version) in changed {
                if let Some(sought) = left.get_mut(&page) {
                    sought.look_at(&commit, version, merged.iter().filter_map(|files| files.get(&page)).copied());
                }
            }
            settle(left, found);
        }
        Ok(())
    }

    fn folder_in(&self, odb: &Odb<'_>, folder: &str, commit: Oid) -> Result<Option<Oid>, MemoryError> {
        tree_diff::folder_at(odb, self.find_present_commit(commit)?.tree_id(), folder.trim_end_matches('/'))
    }
}

impl Sought {
    fn new(version: Oid) -> Sought {
        let (of, agents) = (BTreeSet::from([version]), BTreeSet::new());
        Sought { version, of, agents, made_from_others: None, is_undone: false, is_changed_by_agent: false }
    }

    /// A commit has given the page this version; `merged` are those of the parents of a merge.
    fn look_at(&mut self, commit: &Commit<'_>, version: Oid, merged: impl Iterator<Item = Oid>) {
        let is_by_agent = message::is_by_agent(commit);
        self.is_changed_by_agent |= is_by_agent;
        if !self.of.contains(&version) {
            return;
        }
        if is_by_agent {
            self.of.remove(&version);
            self.agents.insert(commit.id().to_string());
        } else if message::is_undo(commit) {
            self.is_undone = true;
            self.made_from_others.get_or_insert(commit.id());
        } else {
            self.of.remove(&version);
            if commit.parent_count() > 1 {
                self.made_from_others.get_or_insert(commit.id());
                let merged: BTreeSet<Oid> = merged.collect();
                // A page that only the merge has is a copy of the server's version.
                if merged.is_empty() && message::is_by_program(commit) {
                    self.agents.insert(commit.id().to_string());
                }
                self.of.extend(merged);
            }
        }
    }

    /// The change of an agent that is in the page. `None` if there is none.
    fn agents_page(&self) -> Option<AgentsPage> {
        let one = self.agents.first()?;
        // If there are more: who has accepted one of them has not seen the other.
        let of_all = self.made_from_others.filter(|_| self.agents.len() > 1).map(|commit| commit.to_string());
        Some(AgentsPage { version: self.version.to_string(), commit: of_all.unwrap_or_else(|| one.clone()) })
    }
}

/// Moves the pages of which nothing is sought any more.
fn settle(left: &mut HashMap<String, Sought>, found: &mut BTreeMap<String, AgentsPage>) {
    left.retain(|page, sought| {
        if sought.of.is_empty() {
            found.extend(sought.agents_page().map(|of_agent| (page.clone(), of_agent)));
        }
        !sought.of.is_empty()
    });
}

/// The files of a folder that differ from an earlier version of it, with their new versions.
fn changes(odb: &Odb<'_>, before: Option<Oid>, after: Option<Oid>) -> Result<Files, MemoryError> {
    let mut files = HashMap::new();
    tree_diff::compare(odb, before, after, &mut |file| {
        if let (Ok(path), Some(new)) = (std::str::from_utf8(file.path), file.new) {
            files.insert(path.to_owned(), new.oid);
        }
    })?;
    Ok(files)
}
