//! The spendings view, for sums by agent, model and day.

use crate::error::while_doing;
use crate::views::{SpendingRow, ViewRows, differing};
use growqr_core::journal::StoreError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

const ROWS: &str = "select seq, at, purpose, cost, unknown_cost, input_tokens, cached_tokens, output_tokens, is_estimate \
    from spendings where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4 order by seq";
const INSERT: &str = "insert into spendings \
    (profile_id, agent_id, seq, at, purpose, cost, unknown_cost, input_tokens, cached_tokens, output_tokens, is_estimate) ";
const DELETE: &str = "delete from spendings where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4";

/// Inserts the rows.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: &[SpendingRow]) {
    let rows: Vec<&SpendingRow> = rows.iter().collect();
    sql.push(", new_spendings as (").push(INSERT).push("select $1, $2, s.* from head, unnest(");
    push_columns(sql, &rows);
    sql.push(") as s)");
}

/// Inserts rows of any agents, except those that exist.
pub(in crate::postgres) async fn insert_missing(
    connection: &mut PgConnection,
    profile: &str,
    rows: &[(String, SpendingRow)],
) -> Result<(), StoreError> {
    let (agents, rows): (Vec<&str>, Vec<&SpendingRow>) = rows.iter().map(|(agent, row)| (agent.as_str(), row)).unzip();
    let mut sql = QueryBuilder::new(INSERT);
    sql.push("select ").push_bind(profile).push(", s.* from unnest(").push_bind(agents).push("::text[], ");
    push_columns(&mut sql, &rows);
    let insert = sql.push(") as s on conflict do nothing").build();
    insert.execute(connection).await.map_err(while_doing("write spendings"))?;
    Ok(())
}

/// Pushes one array for each column of [`INSERT`] after the agent.
fn push_columns(sql: &mut QueryBuilder<Postgres>, rows: &[&SpendingRow]) {
    sql.push_bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.at).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.purpose.clone()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.cost).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.unknown_cost).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.input_tokens).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.cached_tokens).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.output_tokens).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.is_estimate).collect::<Vec<_>>()).push("::boolean[]");
}

/// Replaces the rows of the events in `range` (exclusive start, inclusive end) if they differ. Returns the number of differing
/// rows.
pub(in crate::postgres) async fn replace(
    connection: &mut PgConnection,
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
    super::write(connection, profile, agent, ViewRows { spendings: expected, ..ViewRows::default() }).await?;
    Ok(differing)
}
