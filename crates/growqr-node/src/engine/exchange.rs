//! What goes through the engine between a sender and an agent.

use growqr_actors::{Posted, StopCause};
use growqr_core::agent::Input;
use rivetkit::Action;
use serde::{Deserialize, Serialize};

/// The name of the engine's actors that are agents.
pub(super) const AGENT: &str = "agent";

/// The largest input and the largest result, in bytes. The engine has the same limit.
pub(super) const MESSAGE_LIMIT: u32 = 20 * 1024 * 1024;

/// What a message has besides its input, at most.
const ENVELOPE: u32 = 64 * 1024;

/// Brings an input to an agent and waits until it is recorded.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Post {
    /// The input as JSON. A text: the engine's library changes the numbers of other values.
    pub input: String,
}

impl Action for Post {
    /// [`Outcome`] as JSON.
    type Output = String;

    const NAME: &'static str = "post";
}

impl Post {
    /// Whether the engine takes it.
    pub(super) fn fits(&self) -> bool {
        u32::try_from(self.input.len()).is_ok_and(|bytes| bytes <= MESSAGE_LIMIT - ENVELOPE)
    }
}

/// Wakes an agent. The heartbeat is one too.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Wake;

impl Action for Wake {
    /// [`Outcome`] as JSON.
    type Output = String;

    const NAME: &'static str = "wake";
}

/// Whether an input may be sent again although it may be recorded. The second copy of others could stop what the person has begun
/// since, or would be refused, as if the first one had not been taken.
pub(super) fn can_be_sent_again(input: &Input) -> bool {
    !matches!(
        input,
        Input::Cancel { .. }
            | Input::Finish { .. }
            | Input::Answer { .. }
            | Input::DecidedInGitea { .. }
            | Input::WithdrawMessage { .. }
            | Input::EditMessage { .. }
            | Input::SayAgain { .. }
    )
}

/// What came of a post or a wake.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// The input is recorded, or changes nothing.
    Posted(Box<Posted>),
    /// The agent is awake.
    Awake,
    /// The agent has failed; the input may be recorded.
    Failed(StopCause),
    /// Nothing was read: the agent is about to sleep, or its host has ended. The sender tries again, which wakes it.
    Asleep,
    /// Nothing was read: the inbox is full.
    Overloaded,
}

impl Outcome {
    /// For measurements.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Outcome::Posted(_) => "recorded",
            Outcome::Awake => "awake",
            Outcome::Failed(_) => "failed",
            Outcome::Asleep => "asleep",
            Outcome::Overloaded => "overloaded",
        }
    }
}
