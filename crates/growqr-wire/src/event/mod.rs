//! The events of a journal, as every interface reads them.
//!
//! Each kind has the JSON shape in which `growqr-core` stores it; a test of `growqr-app`, which knows both, compares the
//! two. TypeScript is generated from here. To add a kind: its struct in `body.rs` and a line in `events!`.
//!
//! A field that version 1 of the shapes did not have is an `Option`, or is omitted when it has its default.

mod ask;
mod body;
mod ended;
mod mail;
mod model;
mod raw;
mod tool;
mod wording;
mod workbench;

pub use ask::{
    Ask, AskAnswer, AskDetail, AskKind, AskOption, AskOutcome, AskReason, AskScope, ConflictPage, DueWork, EditedPage, SettledBy,
};
pub use body::*;
pub use ended::{Ended, LimitReached, Limits, Quota, Raise, Shortfall, Unpriced};
pub use mail::{ChangeDecided, Mail, MailBody, Report, ReportEnding, SpawnRequest};
pub use model::{
    Block, CatalogueEntry, Counted, Effort, Failure, FailureKind, ModelCard, ModelReply, Nudge, Price, Source, StopReason, Usage,
    Verdict,
};
pub use raw::Raw;
pub use tool::{CommitPlan, ContentBlock, Repeat, ToolContent};
pub use wording::{EndingText, Endings, Tone, Wording};
pub use workbench::{ChangedFile, Mind, Permission, SessionOutcome, SessionReply, SessionTokens};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident => $kind:literal,)*) => {
        /// The kind of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        #[ts(rename = "EventKind")]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All kinds of this build.
            pub const ALL: &[Kind] = &[$(Kind::$name),*];

            /// The name that is stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$name => $kind,)* }
            }

            /// The kind of this name; `None` if this build does not know it.
            #[must_use]
            pub fn of(name: &str) -> Option<Kind> {
                match name {
                    $($kind => Some(Kind::$name),)*
                    _ => None,
                }
            }
        }

        /// An event of an agent.
        #[derive(Clone, Debug, PartialEq, Serialize, TS)]
        #[serde(tag = "kind", content = "data", rename_all = "snake_case")]
        #[ts(rename = "JournalEvent")]
        pub enum Event { $($(#[$doc])* $name($name),)* }

        impl Event {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Event::$name(_) => Kind::$name,)* }
            }

            /// Reads stored JSON.
            ///
            /// # Errors
            /// If the JSON does not have the shape of its kind.
            pub fn read(kind: Kind, data: &str) -> Result<Event, serde_json::Error> {
                match kind { $(Kind::$name => serde_json::from_str(data).map(Event::$name),)* }
            }
        }

        pub(crate) fn declare(config: &ts_rs::Config, out: &mut String) {
            $(out.push_str(&format!("\nexport {}\n", <$name as TS>::decl(config)));)*
        }
    };
}

events! {
    /// The agent was created.
    AgentCreated => "agent_created",
    /// The journal got its name.
    JournalNamed => "journal_named",
    /// The person sent the agent a message.
    UserSaid => "user_said",
    /// The person writes an earlier message anew: what was said from that message on is set aside.
    SaidAgain => "said_again",
    /// The person asks for a fresh start, which takes effect once the turn under way has ended.
    FreshRequested => "fresh_requested",
    /// A fresh start: the agent reads nothing more of what was said before.
    FreshStarted => "fresh_started",
    /// Mail from another agent arrived.
    MailReceived => "mail_received",
    /// Provider, model, system text or tools changed.
    SegmentStarted => "segment_started",
    /// A turn begins.
    TurnStarted => "turn_started",
    /// A model call is about to be made.
    ModelRequested => "model_requested",
    /// The model answered.
    ModelAnswered => "model_answered",
    /// A model call gave no answer.
    ModelFailed => "model_failed",
    /// A tool call is about to be carried out.
    ToolStarted => "tool_started",
    /// The program stopped during a tool call; its executor is asked for the outcome.
    ToolInterrupted => "tool_interrupted",
    /// An interrupted tool call had no effect and is carried out again.
    ToolResumed => "tool_resumed",
    /// A memory change is about to be committed.
    CommitIntended => "commit_intended",
    /// A tool call has its result.
    ToolFinished => "tool_finished",
    /// A sub-agent is created.
    ChildRequested => "child_requested",
    /// A scheduled run, or a step of a quest, begins: a sub-agent is created.
    ScheduledWorkStarted => "scheduled_work_started",
    /// A sub-agent is sent another message.
    ChildTold => "child_told",
    /// A sub-agent is told to stop.
    ChildCancelled => "child_cancelled",
    /// The person or the parent agent wants the agent to stop.
    CancelRequested => "cancel_requested",
    /// Money is reserved for something other than the agent's own model calls.
    ChargeReserved => "charge_reserved",
    /// A reservation is settled with the actual cost.
    ChargeSettled => "charge_settled",
    /// The money for a model call of a session could not be reserved.
    ChargeRefused => "charge_refused",
    /// A session in the workbench is about to be sent a prompt.
    SessionIntended => "session_intended",
    /// The workbench has named the session.
    SessionStarted => "session_started",
    /// What the session has done meanwhile.
    SessionProgressed => "session_progressed",
    /// A rule has decided a request of the session.
    SessionDecided => "session_decided",
    /// A request of the session has its reply.
    SessionReplied => "session_replied",
    /// The session has finished with the prompt, or was stopped.
    SessionEnded => "session_ended",
    /// The person is asked something.
    AskRaised => "ask_raised",
    /// An ask has its answer, or needs none any more.
    AskSettled => "ask_settled",
    /// A held change of memory that the person has approved is about to be committed.
    ReviewIntended => "review_intended",
    /// A held change of memory is committed or dropped, or could not be committed.
    ReviewClosed => "review_closed",
    /// The person or the parent agent wants the agent to finish with a report.
    FinishRequested => "finish_requested",
    /// A limit is reached; the turn waits for money that comes back, or for the person.
    TurnPaused => "turn_paused",
    /// The person takes back a message that the model has not read yet.
    MessageWithdrawn => "message_withdrawn",
    /// The person changes a message that the model has not read yet.
    MessageEdited => "message_edited",
    /// A sub-agent's turn ends as soon as its own sub-agents have stopped.
    TurnEnding => "turn_ending",
    /// The agent's turn has ended.
    TurnEnded => "turn_ended",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_same_name_in_the_journal_and_in_typescript() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(Kind::of(kind.as_str()), Some(*kind));
        }
        assert_eq!(Kind::of("dreamed"), None);
    }

    #[test]
    fn received_json_keeps_its_digits() {
        let data = r#"{"call":"c","name":"n","input":{"a":1.000,"b":1e999},"effect":"e"}"#;
        let event = Event::read(Kind::ToolStarted, data).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), format!(r#"{{"kind":"tool_started","data":{data}}}"#));
    }
}
