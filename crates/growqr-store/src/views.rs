//! Converts the view changes of an append to rows, grouped by table, in the same way for both databases. Pure.

use crate::chain::to_i64;
use crate::text::without_nul;
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{AgentView, Append, Author, MessageView, StoreError, View};
use growqr_core::rebuild::ReplayedPage;
use std::collections::{BTreeMap, BTreeSet};

/// One field per table.
#[derive(Default)]
pub(crate) struct ViewRows {
    /// The last row; it replaces earlier ones.
    pub(crate) agent: Option<AgentRow>,
    pub(crate) messages: Vec<MessageRow>,
}

impl ViewRows {
    /// The rows of an append; `first` is the position of its first event.
    pub(crate) fn of(append: &Append, first: i64) -> Result<ViewRows, StoreError> {
        // Within one append, positions and event numbers grow together.
        let offset = first - to_i64(append.head.seq.0)? - 1;
        ViewRows::with(&append.views, |seq| Ok(offset + to_i64(seq.0)?))
    }

    /// The rows of replayed entries.
    pub(crate) fn replayed(page: &ReplayedPage) -> Result<ViewRows, StoreError> {
        ViewRows::with(&page.views, |seq| {
            let index = page.entries.binary_search_by_key(&seq, |(_, entry)| entry.seq);
            let index = index.map_err(|_| StoreError::Failed(format!("a view of event {seq}, which is not replayed")))?;
            to_i64(page.entries[index].0.0)
        })
    }

    /// `position` returns the position of an event.
    fn with(views: &[View], position: impl Fn(Seq) -> Result<i64, StoreError>) -> Result<ViewRows, StoreError> {
        let mut rows = ViewRows::default();
        for view in views {
            match view {
                View::Agent(agent) => rows.agent = Some(AgentRow::of(agent)?),
                View::Message(message) => rows.messages.push(MessageRow::of(message, position(message.seq)?)?),
            }
        }
        Ok(rows)
    }
}

/// One row of `agents`, without its key.
#[derive(PartialEq, sqlx::FromRow)]
pub(crate) struct AgentRow {
    pub(crate) name: String,
    #[sqlx(rename = "parent_id")]
    pub(crate) parent: Option<String>,
    pub(crate) depth: i64,
    pub(crate) task: Option<String>,
    pub(crate) status: String,
    pub(crate) model: String,
    pub(crate) turn: i64,
    pub(crate) spent: i64,
    #[sqlx(rename = "unknown_cost")]
    pub(crate) unknown: i64,
    pub(crate) allowance: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl AgentRow {
    fn of(agent: &AgentView) -> Result<AgentRow, StoreError> {
        Ok(AgentRow {
            name: without_nul(&agent.name),
            parent: agent.parent.as_ref().map(|parent| parent.as_str().to_owned()),
            depth: i64::from(agent.depth),
            task: agent.task.as_deref().map(without_nul),
            status: agent.status.as_str().to_owned(),
            model: without_nul(&agent.model),
            turn: to_i64(agent.turn)?,
            spent: to_i64(agent.spent.0)?,
            unknown: to_i64(agent.unknown.0)?,
            allowance: agent.allowance.map(|money| to_i64(money.0)).transpose()?,
            created_at: agent.created_at.0,
            updated_at: agent.updated_at.0,
        })
    }
}

/// One row of `messages`, without the agent and the columns that are derived from the text.
#[derive(PartialEq, sqlx::FromRow)]
pub(crate) struct MessageRow {
    pub(crate) seq: i64,
    pub(crate) position: i64,
    pub(crate) author: Option<String>,
    pub(crate) text: String,
    pub(crate) at: i64,
}

impl MessageRow {
    fn of(message: &MessageView, position: i64) -> Result<MessageRow, StoreError> {
        Ok(MessageRow {
            seq: to_i64(message.seq.0)?,
            position,
            author: match &message.author {
                Author::Person => None,
                Author::Agent(agent) => Some(AgentId::as_str(agent).to_owned()),
            },
            text: without_nul(&message.text),
            at: message.at.0,
        })
    }
}

/// The number of rows that differ between the two lists. Rows with the same `key` are compared with each other.
pub(crate) fn differing<T: PartialEq, K: Ord>(existing: &[T], expected: &[T], key: impl Fn(&T) -> K) -> u64 {
    let existing_by_key: BTreeMap<K, &T> = existing.iter().map(|row| (key(row), row)).collect();
    let expected_keys: BTreeSet<K> = expected.iter().map(&key).collect();
    let changed = expected.iter().filter(|row| existing_by_key.get(&key(row)).is_none_or(|existing| existing != row)).count();
    (changed + existing_by_key.keys().filter(|key| !expected_keys.contains(key)).count()) as u64
}
