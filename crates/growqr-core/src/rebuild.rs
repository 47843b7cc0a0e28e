//! The port for rebuilding views from the journal. It is separate from [`crate::journal::Store`]: code that runs agents does not
//! need it.

use crate::event::Entry;
use crate::id::{AgentId, EffectId, Position};
use crate::journal::{Head, StoreError, View};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// Rebuilds the views of one profile. The caller ensures that nothing is appended meanwhile.
#[async_trait]
pub trait Views: Send + Sync {
    /// All journals of the profile with their recorded ends, by agent. [`StoreError::Corrupt`] if a journal has none.
    async fn journals(&self) -> Result<Vec<(AgentId, Head)>, StoreError>;
    /// Starts to rebuild the views of one agent in its own transaction. Nothing changes until [`Rebuild::finish`] has returned.
    async fn rebuild<'a>(&'a self, agent: &AgentId) -> Result<Box<dyn Rebuild + 'a>, StoreError>;
    /// Deletes view rows that belong to no journal and rebuilds the index of messages, in one transaction. Returns the number of
    /// deleted rows.
    async fn delete_orphans(&self) -> Result<u64, StoreError>;
}

/// A rebuild of the views of one agent that is under way.
#[async_trait]
pub trait Rebuild: Send {
    /// Takes the next entries of the journal: compares their rows with the stored ones and replaces those that differ.
    async fn add_page(&mut self, page: ReplayedPage) -> Result<(), StoreError>;
    /// Commits the transaction. [`StoreError::Conflict`] if the journal no longer ends at `head`; then nothing changes.
    async fn finish(self: Box<Self>, head: Head) -> Result<Differences, StoreError>;
}

/// Consecutive entries of one journal, and their view changes.
#[derive(Clone, Debug, Default)]
pub struct ReplayedPage {
    /// At least one, with their positions.
    pub entries: Vec<(Position, Entry)>,
    /// The view changes that they cause.
    pub views: Vec<View>,
    /// Ids of the mail in these entries that its receiver has already received.
    pub delivered: BTreeSet<EffectId>,
}

/// Numbers of rows that were missing, wrong, or superfluous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Of the agents view.
    pub agents: u64,
    /// Of the messages view.
    pub messages: u64,
    /// Of the asks view.
    pub asks: u64,
    /// Of the rules that answers have added.
    pub rules: u64,
    /// Of the spendings view.
    pub spendings: u64,
    /// Of the sessions view.
    pub sessions: u64,
    /// Of the outbox.
    pub mail: u64,
}

impl Differences {
    /// Whether no row differed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Differences::default()
    }
}

impl AddAssign for Differences {
    fn add_assign(&mut self, more: Differences) {
        self.agents += more.agents;
        self.messages += more.messages;
        self.asks += more.asks;
        self.rules += more.rules;
        self.spendings += more.spendings;
        self.sessions += more.sessions;
        self.mail += more.mail;
    }
}
