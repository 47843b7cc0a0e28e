//! The views, one file per table: how an append writes rows, and how a rebuild compares and replaces them. `crate::views` decides
//! which rows to write.

mod agents;
mod asks;
mod messages;
mod rules;
mod sessions;
mod spendings;

pub(super) use agents::replace as replace_agent;
pub(super) use asks::replace as replace_asks;
pub(super) use messages::{reindex, replace as replace_messages};
pub(super) use rules::add_missing as add_missing_rules;
pub(super) use sessions::replace as replace_session;
pub(super) use spendings::{insert_missing as insert_missing_spendings, replace as replace_spendings};

use crate::views::ViewRows;
use sqlx::{QueryBuilder, Sqlite};

/// Adds the statements that write these rows; each ends with `; `.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: ViewRows) {
    let ViewRows { agent: row, messages, withdrawn, edited, asks, settled, rules, spendings, session } = rows;
    if let Some(row) = row {
        agents::push(sql, profile, agent, row);
    }
    messages::push(sql, profile, agent, messages);
    messages::push_changes(sql, profile, agent, withdrawn, edited);
    asks::push(sql, profile, agent, asks, settled);
    rules::push(sql, profile, agent, rules);
    spendings::push(sql, profile, agent, spendings);
    if let Some(row) = session {
        sessions::push(sql, profile, agent, row);
    }
}
