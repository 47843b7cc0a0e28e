//! The agents view, for listings.

use crate::error::while_doing;
use crate::views::AgentRow;
use growqr_core::journal::StoreError;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

const ROW: &str = "select name, parent_id, depth, task, status, model, turn, spent, unknown_cost, allowance, reserved, \
    asks, mind, mind_reason, created_at, updated_at, budget from agents where profile_id = ? and agent_id = ?";

/// Inserts or updates the row.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, row: AgentRow) {
    sql.push(
        "insert into agents (profile_id, agent_id, name, parent_id, depth, task, status, model, turn, spent, unknown_cost, \
         allowance, reserved, asks, mind, mind_reason, created_at, updated_at, budget) ",
    );
    sql.push_values([row], |mut values, row| {
        values.push_bind(profile).push_bind(agent).push_bind(row.name).push_bind(row.parent);
        values.push_bind(row.depth).push_bind(row.task).push_bind(row.status).push_bind(row.model).push_bind(row.turn);
        values.push_bind(row.spent).push_bind(row.unknown).push_bind(row.allowance);
        values.push_bind(row.reserved).push_bind(row.asks).push_bind(row.mind).push_bind(row.why);
        values.push_bind(row.created_at).push_bind(row.updated_at).push_bind(row.budget);
    });
    sql.push(
        " on conflict (profile_id, agent_id) do update set name = excluded.name, parent_id = excluded.parent_id, \
         depth = excluded.depth, task = excluded.task, status = excluded.status, model = excluded.model, \
         turn = excluded.turn, spent = excluded.spent, unknown_cost = excluded.unknown_cost, \
         allowance = excluded.allowance, reserved = excluded.reserved, asks = excluded.asks, mind = excluded.mind, \
         mind_reason = excluded.mind_reason, created_at = excluded.created_at, updated_at = excluded.updated_at, budget = excluded.budget; ",
    );
}

/// Replaces the stored row if it differs. Returns 1 if it differed, else 0.
pub(in crate::sqlite) async fn replace(
    connection: &mut SqliteConnection,
    profile: &str,
    agent: &str,
    row: AgentRow,
) -> Result<u64, StoreError> {
    let existing: Option<AgentRow> =
        sqlx::query_as(ROW).bind(profile).bind(agent).fetch_optional(&mut *connection).await.map_err(while_doing("rebuild"))?;
    if existing.as_ref() == Some(&row) {
        return Ok(0);
    }
    let mut sql = QueryBuilder::new("");
    push(&mut sql, profile, agent, row);
    sql.build().execute(connection).await.map_err(while_doing("rebuild"))?;
    Ok(1)
}
