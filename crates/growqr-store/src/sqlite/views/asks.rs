//! The asks view, for the inbox.

use crate::error::while_doing;
use crate::views::{AskRow, SettledRow, differing};
use growqr_core::journal::StoreError;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

const ROWS: &str = "select ask_id, seq, kind, body, raised_at, deadline, settled_at, settled_by, answer, rule from asks \
    where profile_id = ? and agent_id = ? order by seq";
const DELETE: &str = "delete from asks where profile_id = ? and agent_id = ?";

/// Inserts new asks and updates those that were settled.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: Vec<AskRow>, settled: Vec<SettledRow>) {
    for row in rows {
        sql.push(
            "insert into asks (profile_id, ask_id, agent_id, seq, kind, body, raised_at, deadline, settled_at, settled_by, \
             answer, rule) ",
        );
        sql.push_values([row], |mut values, row| {
            values.push_bind(profile).push_bind(row.ask_id).push_bind(agent).push_bind(row.seq).push_bind(row.kind);
            values.push_bind(row.body).push_bind(row.raised_at).push_bind(row.deadline).push_bind(row.settled_at);
            values.push_bind(row.settled_by).push_bind(row.answer).push_bind(row.rule);
        });
        sql.push(" on conflict do nothing; ");
    }
    for row in settled {
        sql.push("update asks set settled_at = ").push_bind(row.settled_at);
        sql.push(", settled_by = ").push_bind(row.settled_by).push(", answer = ").push_bind(row.answer);
        sql.push(", rule = ").push_bind(row.rule).push(" where profile_id = ").push_bind(profile);
        sql.push(" and ask_id = ").push_bind(row.ask_id).push("; ");
    }
}

/// Replaces the agent's rows if they differ. Returns the number of differing rows.
pub(in crate::sqlite) async fn replace(
    connection: &mut SqliteConnection,
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
        let mut sql = QueryBuilder::new("");
        push(&mut sql, profile, agent, vec![row], Vec::new());
        sql.build().execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    }
    Ok(differing)
}
