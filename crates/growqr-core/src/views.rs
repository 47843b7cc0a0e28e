//! The views: what the journal says, in rows for people and interfaces. The transaction that appends events also writes their
//! views, and the views can be rebuilt from the journal.

use crate::ask::{Answer, Ask, SettledBy};
use crate::attachment::Attachment;
use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::id::{AgentId, AskId, Seq, SessionId};
use crate::money::Money;
use crate::quota::{Quota, QuotaUse};
use crate::rules::RuleOrigin;
use crate::workbench::Mind;
use serde::{Deserialize, Serialize};

/// The status of an agent in listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No turn is under way.
    Idle,
    /// A model call is open.
    Thinking,
    /// Tool calls are open.
    Working,
    /// It waits for its sub-agents.
    Waiting,
    /// It waits until fewer agents are at work, to begin its turn.
    Queued,
    /// Its last turn succeeded (sub-agents only).
    Done,
    /// Its last turn reached a limit.
    Limit,
    /// Its last turn failed.
    Failed,
    /// Its last turn was stopped.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 9] = [
        Status::Idle,
        Status::Thinking,
        Status::Working,
        Status::Waiting,
        Status::Queued,
        Status::Done,
        Status::Limit,
        Status::Failed,
        Status::Cancelled,
    ];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Idle => "idle",
            Status::Thinking => "thinking",
            Status::Working => "working",
            Status::Waiting => "waiting",
            Status::Queued => "queued",
            Status::Done => "done",
            Status::Limit => "limit",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    /// Whether a turn is under way or waits to begin.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        matches!(self, Status::Thinking | Status::Working | Status::Waiting | Status::Queued)
    }
}

/// One row of the agents view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// Its id.
    pub agent: AgentId,
    /// Its name.
    pub name: String,
    /// The agent that started it.
    pub parent: Option<AgentId>,
    /// 0 for the Grow Agent.
    pub depth: u32,
    /// Its task.
    pub task: Option<String>,
    /// Its status.
    pub status: Status,
    /// The model of its current segment; empty before the first.
    pub model: String,
    /// What thinks for it.
    pub mind: Mind,
    /// Why it has this mind; `None` for the Grow Agent, and before there were sessions.
    pub why: Option<String>,
    /// The number of turns started.
    pub turn: u64,
    /// Known cost of its own model calls so far.
    pub spent: Money,
    /// Reservations of its own calls whose cost will never be known.
    pub unknown: Money,
    /// The money that a sub-agent may still spend.
    pub allowance: Option<Money>,
    /// The sum of its open reservations.
    pub reserved: Money,
    /// The number of its open asks.
    pub asks: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// The time of its last event.
    pub updated_at: Timestamp,
    /// What it has used of its limits. `None` as long as the row is one that an earlier build wrote.
    pub limits: Option<Box<LimitsView>>,
    /// The last entry of its journal.
    pub seq: Seq,
}

/// What an agent has used of its limits. Enough to show the budget without reading journals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsView {
    /// Its money.
    pub budget: Budget,
    /// What it and its sub-agents have used besides money, and what the person has added, for the latest message.
    pub quota: QuotaUse,
    /// What is left of `quota`.
    pub quota_left: Quota,
    /// Its sub-agents at work for the latest message: `quota` counts all that they were given as used until they report.
    pub sub_agents: Vec<AgentId>,
    /// Whether its model has a known price; `None` before its first turn.
    pub has_price: Option<bool>,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The person.
    Person,
    /// An agent.
    Agent(AgentId),
}

/// One row of the messages view, which people read as the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The agent whose conversation this is.
    pub agent: AgentId,
    /// The event that added it; one event adds at most one message.
    pub seq: Seq,
    /// Who wrote it.
    pub author: Author,
    /// The text.
    pub text: String,
    /// The files that the person attached.
    pub attachments: Vec<Attachment>,
    /// The time.
    pub at: Timestamp,
}

/// One change of one view, made in the transaction of the append that causes it. To add a view, see `ARCHITECTURE.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// The agent's row; replaces the previous one.
    Agent(AgentView),
    /// A new row of the messages view.
    Message(MessageView),
    /// The person took back a message: its row is deleted.
    MessageWithdrawn(Seq),
    /// The person changed a message.
    MessageEdited {
        /// The event that recorded it.
        message: Seq,
        /// The new text.
        text: String,
    },
    /// A new ask.
    Ask(Box<AskView>),
    /// The ask with this id is settled.
    AskSettled(AskId, Settlement),
    /// An answer with the scope "always" adds this line to the rules. A line that was added once is not added again.
    Rule {
        /// The ask.
        ask: AskId,
        /// The line.
        line: String,
        /// The time.
        at: Timestamp,
    },
    /// Money, or tokens, were spent.
    Spending(SpendingView),
    /// The agent's session in the workbench; replaces the previous row.
    Session(SessionView),
}

/// Whether a session works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It works on a prompt.
    Open,
    /// It has ended with its last prompt.
    Ended,
}

impl SessionStatus {
    /// All of them.
    pub const ALL: [SessionStatus; 2] = [SessionStatus::Open, SessionStatus::Ended];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SessionStatus::Open => "open",
            SessionStatus::Ended => "ended",
        }
    }
}

/// One row of the sessions view: the session of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The agent.
    pub agent: AgentId,
    /// The session, as the workbench names it.
    pub session: SessionId,
    /// Its title in the workbench.
    pub title: String,
    /// Whether it works.
    pub status: SessionStatus,
    /// Why the agent works in the workbench.
    pub why: Option<String>,
    /// When the workbench had named it.
    pub started_at: Timestamp,
    /// When it ended with its last prompt; `None` while it works.
    pub ended_at: Option<Timestamp>,
    /// How its last prompt ended.
    pub outcome: Option<String>,
}

/// One row of the asks view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskView {
    /// The agent that asks.
    pub agent: AgentId,
    /// The event that raised it.
    pub seq: Seq,
    /// The question.
    pub ask: Ask,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// `None` as long as it is open.
    pub settled: Option<Settlement>,
}

/// How an ask was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Who settled it.
    pub by: SettledBy,
    /// The answer, if there is one.
    pub answer: Option<Answer>,
    /// The line of the rules that it added, or that decided.
    pub rule: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// One row of the spendings view: a model call, or a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingView {
    /// The event that recorded it.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// The model, or the purpose of the charge.
    pub purpose: String,
    /// The known cost.
    pub cost: Money,
    /// What counts as spent although the bill is not known.
    pub unknown: Money,
    /// Tokens of the prompt, those from the cache included.
    pub input_tokens: u64,
    /// Tokens of the prompt that came from the cache.
    pub cached_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
    /// Whether the tokens are this program's estimate, because the provider did not count them.
    pub is_estimate: bool,
}

/// What was spent, summed up for one agent, one model or one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingSum {
    /// The agent's id, the model or purpose, or the day as `YYYY-MM-DD` (UTC).
    pub key: String,
    /// Number of model calls and charges.
    pub calls: u64,
    /// The time of the last of them.
    pub at: Timestamp,
    /// The known cost.
    pub cost: Money,
    /// What counts as spent although the bill is not known.
    pub unknown: Money,
    /// Tokens of the prompts, those from the cache included.
    pub input_tokens: u64,
    /// Tokens of the prompts that came from the cache.
    pub cached_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// Number of calls whose tokens are estimates.
    pub estimates: u64,
}

/// How spendings are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendingBy {
    /// By agent.
    Agent,
    /// By model, or purpose of a charge.
    Model,
    /// By UTC day.
    Day,
}

/// A line of the rules that the person or one of their answers added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRule {
    /// Names it, to remove it.
    pub id: String,
    /// The line in its text form.
    pub line: String,
    /// Person or Always.
    pub origin: RuleOrigin,
    /// When it was added.
    pub added_at: Timestamp,
}
