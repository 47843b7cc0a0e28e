//! Sessions in the workbench.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What thinks for an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Mind {
    /// A model, called by this program.
    #[default]
    Model,
    /// A session in the workbench.
    Session,
}

impl Mind {
    /// Whether it is a model.
    #[must_use]
    pub fn is_model(&self) -> bool {
        *self == Mind::Model
    }
}

/// A permission that a session asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Permission {
    /// What it wants to do: `bash`, `edit`, `webfetch`, …
    pub what: String,
    /// The patterns that the workbench compares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub patterns: Vec<String>,
    /// The patterns that the workbench proposes to permit for longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub always: Vec<String>,
    /// The command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub command: Option<String>,
    /// The path, relative to the agent's own folder if it is in there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub path: Option<String>,
    /// The address of a web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// The change that it wants to make to a file, or its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub diff: Option<String>,
}

/// The reply to a request of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SessionReply {
    /// Permitted this time.
    Once,
    /// Permitted, in journals of earlier builds for the whole session.
    Always,
    /// Not permitted.
    Reject {
        /// The text that the session reads.
        message: String,
    },
    /// The answer to its questions.
    Answer {
        /// The text that the session reads.
        text: String,
    },
}

/// A file that a session has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangedFile {
    /// Its path, relative to the agent's own folder if it is in there.
    pub path: String,
    /// Number of lines added.
    pub added: u64,
    /// Number of lines removed.
    pub removed: u64,
}

/// Tokens of the model calls of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionTokens {
    /// Of the prompts, those from the cache included.
    pub input: u64,
    /// Of the prompts, those from the cache.
    pub cached: u64,
    /// Of the answers.
    pub output: u64,
}

/// How a session ended with a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SessionOutcome {
    /// It has finished.
    Done,
    /// It failed.
    Failed {
        /// The reason.
        reason: String,
        /// Whether it may work later.
        retryable: bool,
    },
    /// A limit of money was reached.
    Limit,
    /// It was stopped.
    Aborted,
    /// The workbench stopped while the session was at work.
    Interrupted {
        /// What may have happened, in part or whole.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<String>>", optional)]
        in_doubt: Vec<String>,
    },
    /// It was told to stop, and the workbench did not answer: it may still be at work.
    Abandoned {
        /// Why the workbench could not be reached.
        reason: String,
    },
}

impl SessionOutcome {
    /// What happened, for people; `None` if it has finished.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        Some(match self {
            SessionOutcome::Done => return None,
            SessionOutcome::Failed { reason, .. } => format!("failed: {reason}"),
            SessionOutcome::Limit => "reached a limit of money".to_owned(),
            SessionOutcome::Aborted => "was stopped".to_owned(),
            SessionOutcome::Interrupted { in_doubt } if in_doubt.is_empty() => {
                "was interrupted: the workbench stopped; nothing was under way".to_owned()
            }
            SessionOutcome::Interrupted { in_doubt } => {
                format!("was interrupted: the workbench stopped; this may have happened: {}", in_doubt.join("; "))
            }
            SessionOutcome::Abandoned { reason } => {
                format!("could not be stopped ({reason}): it may still be at work, but can spend nothing any more")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_but_a_finished_one_has_words() {
        let reason = || "no route".to_owned();
        assert_eq!(SessionOutcome::Done.text(), None);
        for (outcome, words) in [
            (SessionOutcome::Failed { reason: reason(), retryable: true }, "failed: no route"),
            (SessionOutcome::Limit, "limit of money"),
            (SessionOutcome::Aborted, "stopped"),
            (SessionOutcome::Interrupted { in_doubt: Vec::new() }, "nothing was under way"),
            (SessionOutcome::Interrupted { in_doubt: vec!["git push".to_owned()] }, "may have happened: git push"),
            (SessionOutcome::Abandoned { reason: reason() }, "(no route): it may still be at work"),
        ] {
            assert!(outcome.text().is_some_and(|text| text.contains(words)), "{outcome:?}");
        }
    }
}
