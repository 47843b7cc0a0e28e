//! The views, one file for each table. What to write is decided in `crate::views`.

mod agents;
mod messages;

use crate::views::ViewRows;
use sqlx::{QueryBuilder, Sqlite};

/// Adds the statements that write these rows, each ended by `; `.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: ViewRows) {
    let ViewRows { agent: row, messages } = rows;
    if let Some(row) = row {
        agents::push(sql, profile, agent, row);
    }
    messages::push(sql, profile, agent, messages);
}
