//! The port for rebuilding views from the journal. It stands beside the store: nothing that runs agents needs it.

use crate::event::Entry;
use crate::id::{AgentId, EffectId, Position};
use crate::journal::{Head, StoreError, View};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// Rebuilds the views of one profile. The caller makes sure that nothing is appended meanwhile.
#[async_trait]
pub trait Views: Send + Sync {
    /// All journals of the profile with their recorded ends, by agent. [`StoreError::Corrupt`] if a journal has none.
    async fn journals(&self) -> Result<Vec<(AgentId, Head)>, StoreError>;
    /// Begins to rebuild the views of one agent, in a transaction of its own. Unless [`Rebuild::finish`] has returned,
    /// nothing is changed.
    async fn rebuild<'a>(&'a self, agent: &AgentId) -> Result<Box<dyn Rebuild + 'a>, StoreError>;
    /// Deletes the rows of views that belong to no journal, and makes the index of messages anew, in one transaction.
    /// Returns how many rows were deleted.
    async fn sweep(&self) -> Result<u64, StoreError>;
}

/// The views of one agent on their way back.
#[async_trait]
pub trait Rebuild: Send {
    /// Takes the next entries of the journal; compares their rows with those that are there and replaces what differs.
    async fn put(&mut self, page: Replayed) -> Result<(), StoreError>;
    /// Ends the transaction. [`StoreError::Conflict`] if the journal does not end at `head` any more; then nothing is
    /// changed.
    async fn finish(self: Box<Self>, head: Head) -> Result<Differences, StoreError>;
}

/// Entries that follow each other in one journal, and what they mean for the views.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// At least one, with their positions.
    pub entries: Vec<(Position, Entry)>,
    /// The view changes that they cause.
    pub views: Vec<View>,
    /// Which of the mail that they send was taken by its receiver.
    pub delivered: BTreeSet<EffectId>,
}

/// Rows that were missing, that were not as they should be, or that should not have been there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Of the agents view.
    pub agents: u64,
    /// Of the messages view.
    pub messages: u64,
    /// Of the outbox.
    pub mail: u64,
}

impl Differences {
    /// Whether everything was as it should be.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Differences::default()
    }
}

impl AddAssign for Differences {
    fn add_assign(&mut self, more: Differences) {
        self.agents += more.agents;
        self.messages += more.messages;
        self.mail += more.mail;
    }
}
