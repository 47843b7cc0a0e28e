//! The views, one file per table: how an append writes rows, and how a rebuild compares and replaces them. `crate::views` decides
//! which rows to write.

mod agents;
mod messages;

pub(super) use agents::replace as replace_agent;
pub(super) use messages::{reindex, replace as replace_messages};

use crate::views::ViewRows;
use sqlx::{QueryBuilder, Sqlite};

/// Adds the statements that write these rows; each ends with `; `.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: ViewRows) {
    let ViewRows { agent: row, messages } = rows;
    if let Some(row) = row {
        agents::push(sql, profile, agent, row);
    }
    messages::push(sql, profile, agent, messages);
}
