//! Rows about asks, and about the rules that decide calls.

use super::{damaged, json, number};
use growqr_core::ask::SettledBy;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{AskView, Settlement, StoreError, StoredRule};
use growqr_core::rules::RuleOrigin;

/// All columns of an ask.
#[derive(sqlx::FromRow)]
pub(crate) struct AskRow {
    agent_id: String,
    seq: i64,
    body: String,
    raised_at: i64,
    settled_at: Option<i64>,
    settled_by: Option<String>,
    answer: Option<String>,
    rule: Option<String>,
}

impl TryFrom<AskRow> for AskView {
    type Error = StoreError;

    fn try_from(row: AskRow) -> Result<AskView, StoreError> {
        let settled = match (row.settled_at, row.settled_by) {
            (Some(at), Some(by)) => {
                let by = SettledBy::ALL
                    .into_iter()
                    .find(|known| known.as_str() == by)
                    .ok_or_else(|| damaged("asks.settled_by", &by))?;
                let answer = row.answer.map(|answer| json("asks.answer", &answer)).transpose()?;
                Some(Settlement { by, answer, rule: row.rule, at: Timestamp(at) })
            }
            _ => None,
        };
        Ok(AskView {
            agent: AgentId::new(row.agent_id),
            seq: Seq(number("asks.seq", row.seq)?),
            ask: json("asks.body", &row.body)?,
            raised_at: Timestamp(row.raised_at),
            settled,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct RuleRow {
    position: i64,
    ask_id: Option<String>,
    line: String,
    added_at: i64,
}

impl From<RuleRow> for StoredRule {
    fn from(row: RuleRow) -> StoredRule {
        let (id, origin) = match row.ask_id {
            Some(ask) => (ask, RuleOrigin::Answer),
            None => (row.position.to_string(), RuleOrigin::Person),
        };
        StoredRule { id, line: row.line, origin, added_at: Timestamp(row.added_at) }
    }
}
