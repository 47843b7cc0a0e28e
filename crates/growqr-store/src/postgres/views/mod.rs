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
pub(super) use messages::replace as replace_messages;
pub(super) use rules::add_missing as add_missing_rules;
pub(super) use sessions::replace as replace_session;
pub(super) use spendings::{insert_missing as insert_missing_spendings, replace as replace_spendings};

use crate::error::while_doing;
use crate::views::ViewRows;
use growqr_core::journal::StoreError;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, PgConnection, Postgres, QueryBuilder};

/// Adds the inserts of these rows to the statement of an append: one `, name as (...)` for each table with rows. In the
/// statement, `$1` is the profile, `$2` is the agent, and `head` has one row if the append is allowed and none otherwise.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: ViewRows) {
    let ViewRows { agent, messages, withdrawn, edited, asks, settled, rules, spendings, session } = rows;
    if let Some(row) = agent {
        agents::push(sql, row);
    }
    if !messages.is_empty() {
        messages::push(sql, &messages);
    }
    messages::push_changes(sql, withdrawn, edited);
    asks::push(sql, asks, settled);
    if !rules.is_empty() {
        rules::push(sql, &rules);
    }
    if !spendings.is_empty() {
        spendings::push(sql, &spendings);
    }
    if let Some(row) = session {
        sessions::push(sql, row);
    }
}

/// Writes the rows as an append does, but outside of an append.
async fn write(connection: &mut PgConnection, profile: &str, agent: &str, rows: ViewRows) -> Result<(), StoreError> {
    let mut arguments = PgArguments::default();
    for key in [profile, agent] {
        arguments.add(key).map_err(|error| StoreError::Failed(format!("rebuild: {error}")))?;
    }
    let mut sql = QueryBuilder::with_arguments("with head as (select $1::text, $2::text)", arguments);
    push(&mut sql, rows);
    sql.push(" select count(*) from head").build().execute(connection).await.map_err(while_doing("rebuild"))?;
    Ok(())
}
