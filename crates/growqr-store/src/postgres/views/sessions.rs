//! The sessions view: which agent works in which session of the workbench.

use crate::error::while_doing;
use crate::views::{SessionRow, ViewRows};
use growqr_core::journal::StoreError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

const ROW: &str = "select session_id, title, state, why, started_at, ended_at, outcome from sessions \
    where profile_id = $1 and agent_id = $2";
const DELETE: &str = "delete from sessions where profile_id = $1 and agent_id = $2";
const UPDATE: &str = " from head on conflict (profile_id, agent_id) do update set session_id = excluded.session_id, title = excluded.title, \
    state = excluded.state, why = excluded.why, started_at = excluded.started_at, ended_at = excluded.ended_at, \
    outcome = excluded.outcome)";

/// Inserts or updates the row.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, row: SessionRow) {
    sql.push(
        ", new_session as (insert into sessions (profile_id, agent_id, session_id, title, state, why, started_at, ended_at, \
         outcome) select $1, $2, ",
    );
    let mut values = sql.separated(", ");
    values.push_bind(row.session_id).push_bind(row.title).push_bind(row.state).push_bind(row.why).push_bind(row.started_at);
    values.push_bind(row.ended_at).push_bind(row.outcome);
    sql.push(UPDATE);
}

/// Replaces or deletes the stored row if it differs. Returns 1 if it differed, else 0.
pub(in crate::postgres) async fn replace(
    connection: &mut PgConnection,
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
            super::write(connection, profile, agent, ViewRows { session: Some(row), ..ViewRows::default() }).await?;
        }
        None => {
            let delete = sqlx::query(DELETE).bind(profile).bind(agent);
            delete.execute(connection).await.map_err(while_doing("rebuild"))?;
        }
    }
    Ok(1)
}
