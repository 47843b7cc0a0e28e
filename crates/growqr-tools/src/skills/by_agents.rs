//! Skills in memory whose text is an agent's: they are off until the person has turned on this very text.

use super::{IN_MEMORY, SkillPlace};
use growqr_core::id::sha256_hex;
use growqr_core::memory::{AgentsPage, Memory};
use std::collections::{BTreeMap, BTreeSet};

/// How much of a change's id is stored: nobody writes a second change with the same beginning.
const ID_LENGTH: usize = 16;

/// The changes of agents that are in a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentsChanges {
    /// These, by the beginning of their ids. A folder of the person has none.
    Known(BTreeSet<String>),
    /// It cannot be found out now, because the history cannot be read.
    Unknown,
}

impl AgentsChanges {
    /// No agent has written any of it.
    pub(super) fn none() -> AgentsChanges {
        AgentsChanges::Known(BTreeSet::new())
    }

    /// Whether the person has accepted all of them.
    pub(super) fn are_in(&self, accepted: Option<&BTreeSet<String>>) -> bool {
        match self {
            AgentsChanges::Known(changes) => changes.iter().all(|change| accepted.is_some_and(|known| known.contains(change))),
            AgentsChanges::Unknown => false,
        }
    }

    /// A mark that changes with each of them.
    #[must_use]
    pub fn mark(&self) -> String {
        match self {
            AgentsChanges::Known(changes) => {
                let ids: Vec<&str> = changes.iter().map(String::as_str).collect();
                sha256_hex(ids.join(" ").as_bytes())[..ID_LENGTH].to_owned()
            }
            AgentsChanges::Unknown => String::new(),
        }
    }
}

/// The pages of skills in memory that are an agent's.
pub(super) struct AgentsPages<'a> {
    memory: Option<&'a dyn Memory>,
    /// `None`: the history cannot be read.
    pages: Option<BTreeMap<String, AgentsPage>>,
}

impl<'a> AgentsPages<'a> {
    pub(super) fn of(memory: Option<&'a dyn Memory>) -> AgentsPages<'a> {
        let pages = memory.map_or_else(|| Ok(BTreeMap::new()), |memory| memory.by_agents(IN_MEMORY));
        if let Err(error) = &pages {
            tracing::warn!(%error, "it is not known which skills are written by agents; those in memory are off");
        }
        AgentsPages { memory, pages: pages.ok() }
    }

    /// The changes in one skill. A page that was edited by hand since, and is not committed yet, is the person's.
    pub(super) fn changes(&self, place: &SkillPlace) -> AgentsChanges {
        let SkillPlace::Memory(folder) = place else { return AgentsChanges::none() };
        let Some(pages) = &self.pages else { return AgentsChanges::Unknown };
        let is_as_written = |path: &str, written: &AgentsPage| {
            self.memory.is_some_and(|memory| memory.read(path).is_ok_and(|page| page.version == written.version))
        };
        let inside = pages.iter().filter(|(path, written)| path.starts_with(folder.as_str()) && is_as_written(path, written));
        AgentsChanges::Known(inside.map(|(_, written)| written.commit.chars().take(ID_LENGTH).collect()).collect())
    }
}
