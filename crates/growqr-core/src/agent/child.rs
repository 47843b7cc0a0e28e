//! What an agent stores about its sub-agents, and about the agents that sent it messages.

use crate::clock::Timestamp;
use crate::id::{AgentId, AskId};
use crate::money::Money;
use crate::quota::Quota;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of no message of the person: work for a schedule has a budget of its own.
const NO_MESSAGE: i64 = -1;

/// An agent that sent a sub-agent messages for the current turn. It gets a report when the turn ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sender {
    pub(super) agent: AgentId,
    /// Money that it gave for the current turn.
    pub(super) allowance: Money,
    /// What it gave besides money.
    pub(super) quota: Quota,
    /// The person wrote through it.
    pub(super) by_person: bool,
    /// The number of its last message.
    pub(super) up_to: u64,
}

/// A sub-agent, from the view of an agent that sent it messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Child {
    /// Number of messages sent to it.
    pub(super) messages_sent: u64,
    /// Number of those messages that it had received when it last reported.
    pub(super) messages_reported: u64,
    /// It was told to stop: its report starts no turn here.
    pub(super) cancelled: bool,
    /// It was told to finish.
    pub(super) finishing: bool,
    /// It works for the person: its report starts no turn here.
    pub(super) by_person: bool,
    /// Time of the first grant of money for its current work.
    pub(super) granted_at: Timestamp,
    /// The number of the person's message for which it was started; [`NO_MESSAGE`] for a schedule.
    pub(super) message: i64,
    /// How many sub-agents it may have at work itself.
    pub(super) at_once: u64,
    /// Its last message: what is left once the earlier ones are reported.
    pub(super) last: LastMessage,
    /// The questions to the person that it waits for.
    pub(super) asks: BTreeMap<AskId, String>,
}

/// What came with the last message to a sub-agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastMessage {
    granted_at: Timestamp,
    message: i64,
    by_person: bool,
    at_once: u64,
}

impl Child {
    /// It has reported about its messages up to this number. A later one may be under way: then its work is about that one.
    pub(super) fn reported(&mut self, up_to: u64) {
        self.messages_reported = self.messages_reported.max(up_to);
        if self.messages_sent.checked_sub(self.messages_reported) == Some(1) {
            let LastMessage { granted_at, message, by_person, at_once } = self.last;
            (self.granted_at, self.message, self.by_person, self.at_once) = (granted_at, message, by_person, at_once);
        }
    }

    pub(super) fn new(granted_at: Timestamp, message: i64, by_person: bool, at_once: u64) -> Child {
        Child {
            messages_sent: 1,
            messages_reported: 0,
            cancelled: false,
            finishing: false,
            by_person,
            granted_at,
            message,
            at_once,
            last: LastMessage { granted_at, message, by_person, at_once },
            asks: BTreeMap::new(),
        }
    }

    /// A sub-agent that works for a schedule, which no message of the person pays for.
    pub(super) fn scheduled(granted_at: Timestamp) -> Child {
        Child::new(granted_at, NO_MESSAGE, true, 0)
    }

    /// Whether it works for a schedule.
    pub(super) fn is_scheduled(&self) -> bool {
        self.message == NO_MESSAGE
    }

    /// Whether it is told to stop together with the agent above: a run of a schedule is no part of that agent's work.
    pub(super) fn stops_with_parent(&self) -> bool {
        self.is_at_work() && !self.cancelled && !self.is_scheduled()
    }

    /// Whether some messages are not yet covered by a report.
    pub(super) fn is_at_work(&self) -> bool {
        self.messages_sent > self.messages_reported
    }

    /// Adds another message; `first` is the sub-agent as if this message were its first. While the sub-agent works, its money
    /// keeps the time of the first grant.
    pub(super) fn add_message(&mut self, first: Child) {
        let messages_sent = self.messages_sent + 1;
        if self.is_at_work() {
            self.cancelled = false;
            self.finishing = false;
            self.at_once += first.at_once;
            self.by_person &= first.by_person;
            self.last = first.last;
        } else {
            *self = Child { messages_reported: self.messages_reported, ..first };
        }
        self.messages_sent = messages_sent;
    }
}
