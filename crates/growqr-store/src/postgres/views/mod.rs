//! The views, one file for each table. What to write is decided in `crate::views`.

mod agents;
mod messages;

use crate::views::ViewRows;
use sqlx::{Postgres, QueryBuilder};

/// Adds the part of an append's statement that writes these rows: one `, name as (...)` for each table with rows. In the
/// statement `$1` is the profile, `$2` the agent, and `head` has one row if the append may be made and none if not.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: ViewRows) {
    let ViewRows { agent, messages } = rows;
    if let Some(row) = agent {
        agents::push(sql, row);
    }
    if !messages.is_empty() {
        messages::push(sql, &messages);
    }
}
