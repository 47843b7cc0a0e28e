//! The port to the workbench: a program in a container with files, a shell and the web, in which sub-agents work as sessions.
//!
//! A sub-agent has a *mind*: a model that this program calls, or a session of the workbench. The turn machine records each prompt
//! of a session before it is sent and each news of the session; the port only brings news. It keeps nothing in memory that is
//! needed after a restart: the title of a session and the ids of its prompts say what exists already.

use crate::id::{AgentId, MessageId, RequestId, SessionId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The source of untrusted text that sessions read and write.
pub const SOURCE: &str = "workbench";

/// What thinks for an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mind {
    /// A model, called by this program.
    #[default]
    Model,
    /// A session in the workbench.
    Session,
}

impl Mind {
    /// All of them.
    pub const ALL: [Mind; 2] = [Mind::Model, Mind::Session];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mind::Model => "model",
            Mind::Session => "session",
        }
    }

    /// Whether it is a model.
    #[must_use]
    pub fn is_model(&self) -> bool {
        *self == Mind::Model
    }
}

/// Whether new sub-agents can work in the workbench.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Workbench {
    /// They can.
    Available,
    /// They cannot, for this reason: the end of a sentence, for models and people.
    Unavailable(String),
}

impl Default for Workbench {
    fn default() -> Workbench {
        Workbench::Unavailable("it is not set up".to_owned())
    }
}

/// A permission that a session asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// What it wants to do, as the workbench names it: `bash`, `edit`, `webfetch`, …
    pub what: String,
    /// The patterns that the workbench compares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
    /// The patterns that the workbench proposes to permit for longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub always: Vec<String>,
    /// The whole command line, if it is about a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The path, if it is about one file or folder: relative to the agent's own folder if it is in there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The address, if it is about a web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The change that it wants to make to a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// A question of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionQuestion {
    /// The question.
    pub text: String,
    /// The answers that the session offers.
    pub options: Vec<String>,
}

/// What a session waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A permission.
    Permission(Permission),
    /// Answers to one or more questions.
    Answers(Vec<SessionQuestion>),
}

/// A request that blocks a session, or a part of it, until it has a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// Its id in the workbench.
    pub id: RequestId,
    /// The session that asks, or a session below it.
    pub session: SessionId,
    /// What it waits for.
    pub wanted: Wanted,
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionReply {
    /// Permitted this time.
    Once,
    /// Permitted. Earlier builds left later requests of this kind to the workbench; now it is the same as [`SessionReply::Once`].
    Always,
    /// Not permitted. The session reads the text and goes on.
    Reject {
        /// Why, and what to do instead.
        message: String,
    },
    /// The answer to every question of the request.
    Answer {
        /// A label that the session offers, or another text.
        text: String,
    },
}

/// A file that a session has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Its path, relative to the agent's own folder if it is in there.
    pub path: String,
    /// Number of lines added.
    pub added: u64,
    /// Number of lines removed.
    pub removed: u64,
}

/// Tokens of the model calls of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTokens {
    /// Of the prompts, those from the cache included.
    pub input: u64,
    /// Of the prompts, those from the cache.
    pub cached: u64,
    /// Of the answers.
    pub output: u64,
}

/// How a session ended with a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionOutcome {
    /// It has finished.
    Done,
    /// It failed.
    Failed {
        /// The reason, in the words of the workbench or the provider.
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
        /// What was under way and may have happened, in part or whole; empty if nothing was.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        in_doubt: Vec<String>,
    },
    /// It was told to stop, and the workbench did not answer: it may still be at work.
    Abandoned {
        /// Why the workbench could not be reached.
        reason: String,
    },
}

impl SessionOutcome {
    /// Its name in SQL and on the screen.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            SessionOutcome::Done => "done",
            SessionOutcome::Failed { .. } => "failed",
            SessionOutcome::Limit => "limit",
            SessionOutcome::Aborted => "aborted",
            SessionOutcome::Interrupted { .. } => "interrupted",
            SessionOutcome::Abandoned { .. } => "abandoned",
        }
    }
}

/// The end of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// The last text of the session; what there is of it, if it was stopped.
    pub words: String,
    /// The files that the session has changed since the prompt.
    pub files: Vec<ChangedFile>,
    /// How it ended.
    pub outcome: SessionOutcome,
}

impl SessionEnd {
    /// An end without words.
    #[must_use]
    pub fn without_words(outcome: SessionOutcome) -> SessionEnd {
        SessionEnd { words: String::new(), files: Vec::new(), outcome }
    }
}

/// One prompt of a session, with all that is recorded of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionJob {
    /// The agent.
    pub agent: AgentId,
    /// The title of its session.
    pub title: String,
    /// The session, once it is recorded.
    pub session: Option<SessionId>,
    /// The id of the prompt in the workbench.
    pub message: MessageId,
    /// The prompt.
    pub prompt: Arc<str>,
    /// The requests that are recorded and have no reply yet.
    pub requests: Vec<RequestId>,
    /// The number of steps that are recorded; `None` if no more are wanted.
    pub steps: Option<u64>,
}

/// Something new about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionNews {
    /// The session exists. Told before the prompt is sent, and again if another session took its place.
    Started {
        /// The session.
        session: SessionId,
    },
    /// The session waits for replies.
    Asked(Vec<SessionRequest>),
    /// The session no longer waits for the reply to this request.
    Withdrawn(RequestId),
    /// The session has done these steps.
    Progressed {
        /// Short texts, one for each step that is not recorded yet.
        steps: Vec<String>,
    },
    /// The session has finished with the prompt.
    Ended(SessionEnd),
}

/// Why the workbench did not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkbenchError {
    /// It does not answer now.
    #[error("the workbench does not answer: {0}")]
    Unreachable(String),
    /// The request is no longer there.
    #[error("the session no longer waits for this reply")]
    Gone,
}

/// The sessions of the workbench. Every call may be dropped at any time, and repeated after a restart of the program.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Brings the job on until there is something new, and returns it:
    ///
    /// - without `job.session`: finds the session with this title or creates it, and returns [`SessionNews::Started`];
    /// - sends the prompt, unless a message with its id is there;
    /// - then waits for the first thing that the job does not list: requests, steps, or the end.
    ///
    /// The caller records the news and calls again. As long as the workbench cannot be reached, this waits.
    async fn advance(&self, job: &SessionJob) -> SessionNews;

    /// Replies to a request. The same reply may come twice.
    ///
    /// # Errors
    /// [`WorkbenchError`]. After [`WorkbenchError::Unreachable`] the caller tries again.
    async fn reply(&self, job: &SessionJob, request: &RequestId, reply: &SessionReply) -> Result<(), WorkbenchError>;

    /// Stops the session and those below it, clears their requests, and returns once it is idle. Without `job.session`, it is
    /// found by its title; if there is none, nothing runs. A prompt that an `advance` has sent shortly before may still arrive: it
    /// must not run after this has returned.
    ///
    /// # Errors
    /// [`WorkbenchError::Unreachable`]: the session may still be at work.
    async fn abort(&self, job: &SessionJob) -> Result<SessionEnd, WorkbenchError>;
}

/// For hosts without a workbench: every session fails, with this reason.
pub struct NoWorkbench(pub String);

#[async_trait]
impl Sessions for NoWorkbench {
    async fn advance(&self, _job: &SessionJob) -> SessionNews {
        let outcome = SessionOutcome::Failed { reason: format!("the workbench cannot be used: {}", self.0), retryable: true };
        SessionNews::Ended(SessionEnd::without_words(outcome))
    }

    async fn reply(&self, _job: &SessionJob, _request: &RequestId, _reply: &SessionReply) -> Result<(), WorkbenchError> {
        Err(WorkbenchError::Gone)
    }

    async fn abort(&self, _job: &SessionJob) -> Result<SessionEnd, WorkbenchError> {
        Err(WorkbenchError::Unreachable(self.0.clone()))
    }
}
