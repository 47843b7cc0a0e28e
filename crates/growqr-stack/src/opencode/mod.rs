//! OpenCode, in which sub-agents with files and a shell work: its configuration, its HTTP client and the driver of one session.
//!
//! REST is the truth. Events only say when to look again, because the server does not repeat lost ones. A session is found
//! again by its title and a prompt by its id, so that after a crash of either side nothing is done twice.

mod asks;
mod changes;
mod client;
mod config;
mod error;
mod events;
mod feed;
mod files;
mod id;
mod paths;
mod session;
mod sse;
mod transport;
mod usage;
mod wire;

pub use asks::{PendingRequest, PermissionReply};
pub use changes::{ChangeKind, FileChange};
pub use client::{NewSession, OpenCode, OpenedSession, Prompt};
pub use config::{Action, AgentConfig, Rule, ServedModel, ServerConfig, TOKEN_VARIABLE, config};
pub use error::OpenCodeError;
pub use events::{Event, EventKind};
pub use feed::EventFeed;
pub use id::{InvalidId, MessageId, PermissionId, QuestionId, SessionId};
pub use session::{Ending, Failure, Known, Phase, SessionJob, SessionOutcome, SessionView, Snapshot, phase, run_session};
pub use transport::Limits;
pub use usage::SessionUsage;
pub use wire::{
    CacheTokens, Choice, FileDiff, FileEntry, FileKind, Message, MessageInfo, Part, PermissionRequest, Question, QuestionRequest,
    Role, RunError, Session, Status, Times, Tokens, ToolCall, ToolState,
};
