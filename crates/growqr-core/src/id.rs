//! Names of things. Every id of an effect is made from the journal, so that doing it twice is doing it once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// Whose data it is: `local`, or one per signed-in identity. Part of every table's key.
    ProfileId
}
text_id! {
    /// An agent within a profile. The Grow Agent is [`AgentId::grow`]; a sub-agent's id is made from its spawn.
    AgentId
}
text_id! {
    /// One effect on the world (a child, a commit, a mail): the agent and the tool call that wanted it.
    EffectId
}
text_id! {
    /// One message of the person, chosen by whoever sends it, so that sending twice is saying once.
    MessageId
}
text_id! {
    /// A tool call's id as the model gave it. Unique within one answer only.
    CallId
}
text_id! {
    /// SHA-256 in lower-case hex of a stored segment.
    SegmentHash
}

impl AgentId {
    /// The person's Grow Agent.
    #[must_use]
    pub fn grow() -> AgentId {
        AgentId::new("grow")
    }
}

/// Position in one agent's journal: 1 for the first event, gap-free. 0 means "before anything".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Position of an event among all events of a profile: a total order for readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

/// The id of the effect that the `ordinal`-th tool call of a turn has. It does not depend on sequence numbers or on
/// ids from the model, so a retried model call leads to the same effect.
#[must_use]
pub fn effect_id(agent: &AgentId, turn: u64, ordinal: u64) -> EffectId {
    let digest = Sha256::digest(format!("{agent}\n{turn}\n{ordinal}").as_bytes());
    EffectId::new(hex(&digest[..8]))
}

/// The id of the sub-agent that this spawn makes.
#[must_use]
pub fn child_id(spawn: &EffectId) -> AgentId {
    AgentId::new(format!("a-{spawn}"))
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char]).collect()
}

/// SHA-256 of some bytes in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
