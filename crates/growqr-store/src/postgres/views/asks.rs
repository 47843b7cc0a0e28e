//! The asks view, for the inbox.

use crate::error::while_doing;
use crate::views::{AskRow, SettledRow, ViewRows, differing};
use growqr_core::journal::StoreError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

const ROWS: &str = "select ask_id, seq, kind, body, raised_at, deadline, settled_at, settled_by, answer, rule from asks \
    where profile_id = $1 and agent_id = $2 order by seq";
const DELETE: &str = "delete from asks where profile_id = $1 and agent_id = $2";

/// Inserts new asks and updates those that were settled.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: Vec<AskRow>, settled: Vec<SettledRow>) {
    for (index, row) in rows.into_iter().enumerate() {
        sql.push(format!(
            ", new_ask_{index} as (insert into asks (profile_id, agent_id, ask_id, seq, kind, body, raised_at, deadline, \
             settled_at, settled_by, answer, rule) select $1, $2, "
        ));
        let mut values = sql.separated(", ");
        values.push_bind(row.ask_id).push_bind(row.seq).push_bind(row.kind).push_bind(row.body).push_bind(row.raised_at);
        values.push_bind(row.deadline).push_bind(row.settled_at).push_bind(row.settled_by).push_bind(row.answer);
        values.push_bind(row.rule);
        sql.push(" from head on conflict do nothing)");
    }
    for (index, row) in settled.into_iter().enumerate() {
        sql.push(format!(", settled_ask_{index} as (update asks set settled_at = ")).push_bind(row.settled_at);
        sql.push(", settled_by = ").push_bind(row.settled_by).push(", answer = ").push_bind(row.answer);
        sql.push(", rule = ").push_bind(row.rule);
        sql.push(" from head where profile_id = $1 and ask_id = ").push_bind(row.ask_id).push(")");
    }
}

/// Replaces the agent's rows if they differ. Returns the number of differing rows.
pub(in crate::postgres) async fn replace(
    connection: &mut PgConnection,
    profile: &str,
    agent: &str,
    expected: Vec<AskRow>,
) -> Result<u64, StoreError> {
    let existing = sqlx::query_as(ROWS).bind(profile).bind(agent);
    let existing: Vec<AskRow> = existing.fetch_all(&mut *connection).await.map_err(while_doing("rebuild"))?;
    if existing == expected {
        return Ok(0);
    }
    sqlx::query(DELETE).bind(profile).bind(agent).execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    let differing = differing(&existing, &expected, |row| row.ask_id.clone());
    for row in expected {
        super::write(connection, profile, agent, ViewRows { asks: vec![row], ..ViewRows::default() }).await?;
    }
    Ok(differing)
}
