//! The sessions view: which agent works in which session of the workbench.

use crate::error::while_doing;
use crate::views::SessionRow;
use growqr_core::journal::StoreError;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

const ROW: &str = "select session_id, title, state, why, started_at, ended_at, outcome from sessions \
    where profile_id = ? and agent_id = ?";
const DELETE: &str = "delete from sessions where profile_id = ? and agent_id = ?";
const UPDATE: &str = " on conflict (profile_id, agent_id) do update set session_id = excluded.session_id, title = excluded.title, \
    state = excluded.state, why = excluded.why, started_at = excluded.started_at, ended_at = excluded.ended_at, \
    outcome = excluded.outcome; ";

/// Inserts or updates the row.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, row: SessionRow) {
    sql.push("insert into sessions (profile_id, agent_id, session_id, title, state, why, started_at, ended_at, outcome) ");
    sql.push_values([row], |mut values, row| {
        values.push_bind(profile).push_bind(agent).push_bind(row.session_id).push_bind(row.title).push_bind(row.state);
        values.push_bind(row.why).push_bind(row.started_at).push_bind(row.ended_at).push_bind(row.outcome);
    });
    sql.push(UPDATE);
}

/// Replaces or deletes the stored row if it differs. Returns 1 if it differed, else 0.
pub(in crate::sqlite) async fn replace(
    connection: &mut SqliteConnection,
    profile: &str,
    agent: &str,
    expected: Option<SessionRow>,
) -> Result<u64, StoreError> {
    let existing: Option<SessionRow> =
        sqlx::query_as(ROW).bind(profile).bind(agent).fetch_optional(&mut *connection).await.map_err(while_doing("rebuild"))?;
    if existing == expected {
        return Ok(0);
    }
    match expected {
        Some(row) => {
            let mut sql = QueryBuilder::new("");
            push(&mut sql, profile, agent, row);
            sql.build().execute(connection).await
        }
        None => sqlx::query(DELETE).bind(profile).bind(agent).execute(connection).await,
    }
    .map_err(while_doing("rebuild"))?;
    Ok(1)
}
