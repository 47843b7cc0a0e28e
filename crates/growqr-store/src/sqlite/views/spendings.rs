//! The spendings view, for sums by agent, model and day.

use crate::error::while_doing;
use crate::views::{SpendingRow, differing};
use growqr_core::journal::StoreError;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

const ROWS: &str = "select seq, at, purpose, cost, unknown_cost, input_tokens, cached_tokens, output_tokens, is_estimate \
    from spendings where profile_id = ? and agent_id = ? and seq > ? and seq <= ? order by seq";
const INSERT: &str = "insert into spendings \
    (profile_id, agent_id, seq, at, purpose, cost, unknown_cost, input_tokens, cached_tokens, output_tokens, is_estimate) ";
const DELETE: &str = "delete from spendings where profile_id = ? and agent_id = ? and seq > ? and seq <= ?";

/// Rows per insert: eleven values each, far below SQLite's limit of 32,766.
const ROWS_PER_INSERT: usize = 1000;

/// Inserts the rows, one statement each, so that the connection caches only a few prepared statements.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: Vec<SpendingRow>) {
    for row in rows {
        sql.push(INSERT);
        sql.push_values([row], |mut values, row| {
            values.push_bind(profile).push_bind(agent).push_bind(row.seq).push_bind(row.at).push_bind(row.purpose);
            values.push_bind(row.cost).push_bind(row.unknown_cost).push_bind(row.input_tokens);
            values.push_bind(row.cached_tokens).push_bind(row.output_tokens).push_bind(row.is_estimate);
        });
        sql.push("; ");
    }
}

/// Inserts rows of any agents, except those that exist.
pub(in crate::sqlite) async fn insert_missing(
    connection: &mut SqliteConnection,
    profile: &str,
    rows: &[(String, SpendingRow)],
) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let mut sql = QueryBuilder::new(INSERT);
        sql.push_values(rows, |mut values, (agent, row)| {
            values.push_bind(profile).push_bind(agent).push_bind(row.seq).push_bind(row.at).push_bind(&row.purpose);
            values.push_bind(row.cost).push_bind(row.unknown_cost).push_bind(row.input_tokens);
            values.push_bind(row.cached_tokens).push_bind(row.output_tokens).push_bind(row.is_estimate);
        });
        let insert = sql.push(" on conflict do nothing").build().persistent(false);
        insert.execute(&mut *connection).await.map_err(while_doing("write spendings"))?;
    }
    Ok(())
}

/// Replaces the rows of the events in `range` (exclusive start, inclusive end) if they differ. Returns the number of differing
/// rows.
pub(in crate::sqlite) async fn replace(
    connection: &mut SqliteConnection,
    profile: &str,
    agent: &str,
    (after, last): (i64, i64),
    expected: Vec<SpendingRow>,
) -> Result<u64, StoreError> {
    let existing = sqlx::query_as(ROWS).bind(profile).bind(agent).bind(after).bind(last);
    let existing: Vec<SpendingRow> = existing.fetch_all(&mut *connection).await.map_err(while_doing("rebuild"))?;
    if existing == expected {
        return Ok(0);
    }
    let delete = sqlx::query(DELETE).bind(profile).bind(agent).bind(after).bind(last);
    delete.execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    let differing = differing(&existing, &expected, |row| row.seq);
    for row in expected {
        let mut sql = QueryBuilder::new("");
        push(&mut sql, profile, agent, vec![row]);
        sql.build().execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    }
    Ok(differing)
}
