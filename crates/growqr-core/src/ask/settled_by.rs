//! Who settles asks.

use serde::{Deserialize, Serialize};

/// Who settled an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// The person answered.
    Person,
    /// The person has merged or closed the pull request of the held change in Gitea.
    Gitea,
    /// A rule that was added meanwhile decides the call.
    Rule,
    /// The deadline passed, and the default counts.
    Deadline,
    /// Nobody needs the answer any more.
    Withdrawn,
}

impl SettledBy {
    /// All of them.
    pub const ALL: [SettledBy; 5] =
        [SettledBy::Person, SettledBy::Gitea, SettledBy::Rule, SettledBy::Deadline, SettledBy::Withdrawn];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SettledBy::Person => "person",
            SettledBy::Gitea => "gitea",
            SettledBy::Rule => "rule",
            SettledBy::Deadline => "deadline",
            SettledBy::Withdrawn => "withdrawn",
        }
    }
}
