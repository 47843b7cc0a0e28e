//! What waits in the inbox besides the asks: failures, and long work that has ended.

use crate::event::{Ended, Shortfall};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An entry of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InboxEntry {
    /// Names this event: the next failure of the same agent has another id.
    pub id: String,
    /// What it is about.
    pub kind: InboxKind,
    /// The agent; `None` if it is about memory or a container.
    pub agent: Option<String>,
    /// The name of the agent or container, for people. A model may have chosen it.
    pub name: String,
    /// Since when, in ms since 1970.
    pub since: i64,
    /// What happened, in a sentence. `None` if `ended` says it.
    pub text: Option<String>,
    /// What the person can do, if `ended` does not say it.
    pub next_step: Option<String>,
    /// How the turn ended, if it is about one.
    pub ended: Option<Ended>,
    /// The money that was missing, if a budget ended the turn.
    pub shortfall: Option<Shortfall>,
    /// How long the turn took, in ms.
    pub took: Option<i64>,
    /// The person has opened it or marked it as read.
    pub is_seen: bool,
}

impl InboxEntry {
    /// Whether the person is to do something about it and has not seen it yet.
    #[must_use]
    pub fn needs_person(&self) -> bool {
        self.kind != InboxKind::Finished && !self.is_seen
    }
}

/// What an entry of the inbox is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum InboxKind {
    /// A turn of an agent has failed.
    Failed,
    /// An agent cannot go on.
    Trouble,
    /// Mail cannot be delivered to an agent.
    Mail,
    /// Memory cannot be changed, or its copy is not updated.
    Memory,
    /// A container has failed and is not started again.
    Stack,
    /// A quest begins no further step until the person decides.
    Quest,
    /// A turn that took long has ended. News: there is nothing to do.
    Finished,
}
