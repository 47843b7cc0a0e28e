//! The view changes of an append as rows, sorted by table; the same for both databases. Pure.

use crate::chain::stored;
use crate::text::shown;
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, Append, Author, MessageView, StoreError, View};

/// One field for each table.
#[derive(Default)]
pub(crate) struct ViewRows {
    /// The last one given: it replaces those before it.
    pub(crate) agent: Option<AgentRow>,
    pub(crate) messages: Vec<MessageRow>,
}

impl ViewRows {
    /// The rows of an append whose first event has the position `first`.
    pub(crate) fn of(append: &Append, first: i64) -> Result<ViewRows, StoreError> {
        let before = first - stored(append.head.seq.0)? - 1;
        let mut rows = ViewRows::default();
        for view in &append.views {
            match view {
                View::Agent(agent) => rows.agent = Some(AgentRow::of(agent)?),
                View::Message(message) => rows.messages.push(MessageRow::of(message, before)?),
            }
        }
        Ok(rows)
    }
}

/// One row of `agents`, but for its key.
pub(crate) struct AgentRow {
    pub(crate) name: String,
    pub(crate) parent: Option<String>,
    pub(crate) depth: i64,
    pub(crate) task: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) model: String,
    pub(crate) turn: i64,
    pub(crate) spent: i64,
    pub(crate) unknown: i64,
    pub(crate) allowance: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl AgentRow {
    fn of(agent: &AgentView) -> Result<AgentRow, StoreError> {
        Ok(AgentRow {
            name: shown(&agent.name),
            parent: agent.parent.as_ref().map(|parent| parent.as_str().to_owned()),
            depth: i64::from(agent.depth),
            task: agent.task.as_deref().map(shown),
            status: agent.status.as_str(),
            model: shown(&agent.model),
            turn: stored(agent.turn)?,
            spent: stored(agent.spent.0)?,
            unknown: stored(agent.unknown.0)?,
            allowance: agent.allowance.map(|money| stored(money.0)).transpose()?,
            created_at: agent.created_at.0,
            updated_at: agent.updated_at.0,
        })
    }
}

/// One row of `messages`, but for the agent and for what is derived from the text.
pub(crate) struct MessageRow {
    pub(crate) seq: i64,
    pub(crate) position: i64,
    pub(crate) author: Option<String>,
    pub(crate) text: String,
    pub(crate) at: i64,
}

impl MessageRow {
    /// `before` is what is added to the event's place in the journal to get its position.
    fn of(message: &MessageView, before: i64) -> Result<MessageRow, StoreError> {
        let (seq, text) = (stored(message.seq.0)?, shown(&message.text));
        Ok(MessageRow {
            seq,
            position: before + seq,
            author: match &message.author {
                Author::Person => None,
                Author::Agent(agent) => Some(AgentId::as_str(agent).to_owned()),
            },
            text,
            at: message.at.0,
        })
    }
}
