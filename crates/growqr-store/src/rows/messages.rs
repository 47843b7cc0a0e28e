//! Rows about the messages of a conversation.

use super::{json, number};
use growqr_core::clock::Timestamp;
use growqr_core::fold::folded;
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{Author, MessageView, StoreError, Unread};

#[derive(sqlx::FromRow)]
pub(crate) struct MessageRow {
    agent_id: String,
    seq: i64,
    author: Option<String>,
    text: String,
    attachments: Option<String>,
    at: i64,
}

impl MessageRow {
    /// Whether the folded text of the message contains `text`, which must be folded.
    pub(crate) fn contains(&self, text: &str) -> bool {
        folded(&self.text).contains(text)
    }
}

impl TryFrom<MessageRow> for MessageView {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<MessageView, StoreError> {
        Ok(MessageView {
            agent: AgentId::new(row.agent_id),
            seq: Seq(number("messages.seq", row.seq)?),
            author: row.author.map_or(Author::Person, |agent| Author::Agent(AgentId::new(agent))),
            text: row.text,
            attachments: row.attachments.map_or(Ok(Vec::new()), |files| json("messages.attachments", &files))?,
            at: Timestamp(row.at),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UnreadRow {
    agent_id: String,
    seen: i64,
    messages: i64,
}

impl TryFrom<UnreadRow> for Unread {
    type Error = StoreError;

    fn try_from(row: UnreadRow) -> Result<Unread, StoreError> {
        Ok(Unread {
            agent: AgentId::new(row.agent_id),
            seen: Seq(number("reading_marks.seq", row.seen)?),
            messages: number("the number of unread messages", row.messages)?,
        })
    }
}
