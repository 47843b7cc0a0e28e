//! The rules that answers have added.

use crate::error::while_doing;
use crate::views::RuleRow;
use growqr_core::journal::StoreError;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Inserts the lines that were never added. A line that the person has removed stays removed.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: Vec<RuleRow>) {
    for row in rows {
        sql.push("insert into rules (profile_id, ask_id, agent_id, line, added_at) ");
        sql.push_values([row], |mut values, row| {
            values.push_bind(profile).push_bind(row.ask_id).push_bind(agent).push_bind(row.line).push_bind(row.added_at);
        });
        sql.push(" on conflict do nothing; ");
    }
}

/// Inserts the lines that are missing. Returns their number.
pub(in crate::sqlite) async fn add_missing(
    connection: &mut SqliteConnection,
    profile: &str,
    agent: &str,
    expected: Vec<RuleRow>,
) -> Result<u64, StoreError> {
    let mut missing = 0;
    for row in expected {
        let mut sql = QueryBuilder::new("");
        push(&mut sql, profile, agent, vec![row]);
        missing += sql.build().execute(&mut *connection).await.map_err(while_doing("rebuild"))?.rows_affected();
    }
    Ok(missing)
}
