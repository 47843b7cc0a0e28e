//! Converts the view changes of an append to rows, grouped by table, in the same way for both databases. Pure.

use crate::chain::to_i64;
use crate::text::without_nul;
use growqr_core::id::{AgentId, AskId, Seq};
use growqr_core::journal::{
    AgentView, Append, AskView, Author, MessageView, SessionView, Settlement, SpendingView, StoreError, View,
};
use growqr_core::rebuild::ReplayedPage;
use std::collections::{BTreeMap, BTreeSet};

/// One field per table.
#[derive(Default)]
pub(crate) struct ViewRows {
    /// The last row; it replaces earlier ones.
    pub(crate) agent: Option<AgentRow>,
    pub(crate) messages: Vec<MessageRow>,
    /// Messages that were taken back, by event.
    pub(crate) withdrawn: Vec<i64>,
    /// Messages that were changed, by event, with their new text.
    pub(crate) edited: Vec<(i64, String)>,
    pub(crate) asks: Vec<AskRow>,
    /// Asks that were settled by this append and raised by an earlier one.
    pub(crate) settled: Vec<SettledRow>,
    pub(crate) rules: Vec<RuleRow>,
    pub(crate) spendings: Vec<SpendingRow>,
    /// The last row; it replaces earlier ones.
    pub(crate) session: Option<SessionRow>,
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
                View::MessageWithdrawn(message) => rows.withdrawn.push(to_i64(message.0)?),
                View::MessageEdited { message, text } => rows.edited.push((to_i64(message.0)?, without_nul(text))),
                View::Ask(ask) => rows.asks.push(AskRow::of(ask)?),
                View::AskSettled(ask, settlement) => rows.settle(SettledRow::of(ask, settlement)?),
                View::Rule { ask, line, at } => {
                    rows.rules.push(RuleRow { ask_id: ask.as_str().to_owned(), line: without_nul(line), added_at: at.0 })
                }
                View::Spending(spending) => rows.spendings.push(SpendingRow::of(spending)?),
                View::Session(session) => rows.session = Some(SessionRow::of(session)),
            }
        }
        Ok(rows)
    }
}

impl ViewRows {
    fn settle(&mut self, settled: SettledRow) {
        match self.asks.iter_mut().find(|ask| ask.ask_id == settled.ask_id) {
            Some(ask) => ask.settle(settled),
            None => self.settled.push(settled),
        }
    }
}

/// One row of `asks`, without the agent.
#[derive(Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct AskRow {
    pub(crate) ask_id: String,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) body: String,
    pub(crate) raised_at: i64,
    pub(crate) deadline: Option<i64>,
    pub(crate) settled_at: Option<i64>,
    pub(crate) settled_by: Option<String>,
    pub(crate) answer: Option<String>,
    pub(crate) rule: Option<String>,
}

/// Settles asks that earlier pages have raised.
pub(crate) fn settle(asks: &mut [AskRow], settled: Vec<SettledRow>) {
    for row in settled {
        if let Some(ask) = asks.iter_mut().find(|ask| ask.ask_id == row.ask_id) {
            ask.settle(row);
        }
    }
}

/// What settling an ask changes in its row.
#[derive(Clone, PartialEq)]
pub(crate) struct SettledRow {
    pub(crate) ask_id: String,
    pub(crate) settled_at: i64,
    pub(crate) settled_by: String,
    pub(crate) answer: Option<String>,
    pub(crate) rule: Option<String>,
}

impl AskRow {
    fn of(view: &AskView) -> Result<AskRow, StoreError> {
        let mut row = AskRow {
            ask_id: view.ask.id.as_str().to_owned(),
            seq: to_i64(view.seq.0)?,
            kind: view.ask.kind.as_str().to_owned(),
            body: json(&view.ask)?,
            raised_at: view.raised_at.0,
            deadline: view.ask.deadline.map(|deadline| deadline.0),
            settled_at: None,
            settled_by: None,
            answer: None,
            rule: None,
        };
        if let Some(settlement) = &view.settled {
            row.settle(SettledRow::of(&view.ask.id, settlement)?);
        }
        Ok(row)
    }

    pub(crate) fn settle(&mut self, settled: SettledRow) {
        self.settled_at = Some(settled.settled_at);
        self.settled_by = Some(settled.settled_by);
        self.answer = settled.answer;
        self.rule = settled.rule;
    }
}

impl SettledRow {
    fn of(ask: &AskId, settlement: &Settlement) -> Result<SettledRow, StoreError> {
        Ok(SettledRow {
            ask_id: ask.as_str().to_owned(),
            settled_at: settlement.at.0,
            settled_by: settlement.by.as_str().to_owned(),
            answer: settlement.answer.as_ref().map(json).transpose()?,
            rule: settlement.rule.as_deref().map(without_nul),
        })
    }
}

/// JSON escapes the NUL character, which PostgreSQL does not store in a text.
fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(format!("a view: {error}")))
}

/// One row of `rules` that an answer adds, without the agent.
#[derive(Clone, PartialEq)]
pub(crate) struct RuleRow {
    pub(crate) ask_id: String,
    pub(crate) line: String,
    pub(crate) added_at: i64,
}

/// One row of `spendings`, without the agent.
#[derive(Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct SpendingRow {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) purpose: String,
    pub(crate) cost: i64,
    pub(crate) unknown_cost: i64,
    pub(crate) input_tokens: i64,
    pub(crate) cached_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) is_estimate: bool,
}

/// The most tokens, and the most money (a million US dollars), that one row of `spendings` counts. These numbers come from
/// providers. A wrong one may be as large as a `u64`, which neither database stores and whose sum overflows; it must not make the
/// append fail. Larger numbers mean nothing, and millions of rows with this many tokens still have a sum.
const MAX_TOKENS: u64 = 1_000_000_000_000;
const MAX_COST: u64 = 100_000_000_000_000;

/// A number from outside, at most `max`.
fn clamped(number: u64, max: u64) -> i64 {
    i64::try_from(number.min(max)).unwrap_or(i64::MAX)
}

impl SpendingRow {
    pub(crate) fn of(view: &SpendingView) -> Result<SpendingRow, StoreError> {
        Ok(SpendingRow {
            seq: to_i64(view.seq.0)?,
            at: view.at.0,
            purpose: without_nul(&view.purpose),
            cost: clamped(view.cost.0, MAX_COST),
            unknown_cost: clamped(view.unknown.0, MAX_COST),
            input_tokens: clamped(view.input_tokens, MAX_TOKENS),
            cached_tokens: clamped(view.cached_tokens, MAX_TOKENS),
            output_tokens: clamped(view.output_tokens, MAX_TOKENS),
            is_estimate: view.is_estimate,
        })
    }
}

/// One row of `sessions`, without the agent.
#[derive(PartialEq, sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub(crate) session_id: String,
    pub(crate) title: String,
    pub(crate) state: String,
    pub(crate) why: Option<String>,
    pub(crate) started_at: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) outcome: Option<String>,
}

impl SessionRow {
    fn of(view: &SessionView) -> SessionRow {
        SessionRow {
            session_id: without_nul(view.session.as_str()),
            title: without_nul(&view.title),
            state: view.status.as_str().to_owned(),
            why: view.why.as_deref().map(without_nul),
            started_at: view.started_at.0,
            ended_at: view.ended_at.map(|at| at.0),
            outcome: view.outcome.as_deref().map(without_nul),
        }
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
    pub(crate) mind: String,
    #[sqlx(rename = "mind_reason")]
    pub(crate) why: Option<String>,
    pub(crate) turn: i64,
    pub(crate) spent: i64,
    #[sqlx(rename = "unknown_cost")]
    pub(crate) unknown: i64,
    pub(crate) allowance: Option<i64>,
    pub(crate) reserved: i64,
    pub(crate) asks: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// What it has used of its limits, as JSON.
    pub(crate) budget: Option<String>,
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
            mind: agent.mind.as_str().to_owned(),
            why: agent.why.as_deref().map(without_nul),
            turn: to_i64(agent.turn)?,
            // Sums of costs, which come from providers.
            spent: clamped(agent.spent.0, u64::MAX),
            unknown: clamped(agent.unknown.0, u64::MAX),
            allowance: agent.allowance.map(|money| clamped(money.0, u64::MAX)),
            reserved: clamped(agent.reserved.0, u64::MAX),
            asks: i64::from(agent.asks),
            created_at: agent.created_at.0,
            updated_at: agent.updated_at.0,
            budget: agent.limits.as_ref().map(json).transpose()?,
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
    /// The attached files as JSON; `None` if there are none.
    pub(crate) attachments: Option<String>,
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
            attachments: Some(&message.attachments).filter(|files| !files.is_empty()).map(json).transpose()?,
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
