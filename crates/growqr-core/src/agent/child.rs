//! What an agent knows of its sub-agents, and of the agents that sent it messages.

use crate::clock::Timestamp;
use crate::id::AgentId;
use crate::money::Money;
use serde::{Deserialize, Serialize};

/// An agent that sent a sub-agent messages for the current turn. It gets a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sponsor {
    pub(super) agent: AgentId,
    /// Money that it gave for the current turn.
    pub(super) given: Money,
    /// The number of its last message.
    pub(super) up_to: u64,
}

/// A sub-agent, as an agent knows it that sent it messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Child {
    /// Messages sent to it.
    pub(super) told: u64,
    /// Of those, the number that it had taken when it last reported.
    pub(super) taken: u64,
    /// It was told to stop: its report begins no turn.
    pub(super) cancelled: bool,
    /// It works for the person: its report begins no turn.
    pub(super) by_person: bool,
    /// When it got the first money of its current work.
    pub(super) granted_at: Timestamp,
    /// The number of the person's message for which it was sent to work.
    pub(super) message: i64,
}

impl Child {
    pub(super) fn new(granted_at: Timestamp, message: i64, by_person: bool) -> Child {
        Child { told: 1, taken: 0, cancelled: false, by_person, granted_at, message }
    }

    /// Whether it has messages that no report covers yet.
    pub(super) fn is_at_work(&self) -> bool {
        self.told > self.taken
    }

    /// Another message for it. While it works, its money counts as given when the first of it was.
    pub(super) fn tell(&mut self, again: Child) {
        let told = self.told + 1;
        if self.is_at_work() {
            self.cancelled = false;
            self.by_person &= again.by_person;
        } else {
            *self = Child { taken: self.taken, ..again };
        }
        self.told = told;
    }
}
