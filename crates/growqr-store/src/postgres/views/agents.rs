//! The agents view, for listings.

use crate::error::while_doing;
use crate::views::{AgentRow, ViewRows};
use growqr_core::journal::StoreError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

const ROW: &str = "select name, parent_id, depth, task, status, model, turn, spent, unknown_cost, allowance, reserved, \
    asks, mind, mind_reason, created_at, updated_at, budget from agents where profile_id = $1 and agent_id = $2";

/// Inserts or updates the row.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, row: AgentRow) {
    sql.push(
        ", new_agent as (insert into agents (profile_id, agent_id, name, parent_id, depth, task, status, model, turn, spent, \
         unknown_cost, allowance, reserved, asks, mind, mind_reason, created_at, updated_at, budget) select $1, $2, ",
    );
    let mut values = sql.separated(", ");
    values.push_bind(row.name).push_bind(row.parent).push_bind(row.depth).push_bind(row.task).push_bind(row.status);
    values.push_bind(row.model).push_bind(row.turn).push_bind(row.spent).push_bind(row.unknown).push_bind(row.allowance);
    values.push_bind(row.reserved).push_bind(row.asks).push_bind(row.mind).push_bind(row.why);
    values.push_bind(row.created_at).push_bind(row.updated_at).push_bind(row.budget);
    sql.push(
        " from head on conflict (profile_id, agent_id) do update set name = excluded.name, parent_id = excluded.parent_id, \
         depth = excluded.depth, task = excluded.task, status = excluded.status, model = excluded.model, \
         turn = excluded.turn, spent = excluded.spent, unknown_cost = excluded.unknown_cost, \
         allowance = excluded.allowance, reserved = excluded.reserved, asks = excluded.asks, mind = excluded.mind, \
         mind_reason = excluded.mind_reason, created_at = excluded.created_at, updated_at = excluded.updated_at, budget = excluded.budget)",
    );
}

/// Replaces the stored row if it differs. Returns 1 if it differed, else 0.
pub(in crate::postgres) async fn replace(
    connection: &mut PgConnection,
    profile: &str,
    agent: &str,
    row: AgentRow,
) -> Result<u64, StoreError> {
    let existing: Option<AgentRow> =
        sqlx::query_as(ROW).bind(profile).bind(agent).fetch_optional(&mut *connection).await.map_err(while_doing("rebuild"))?;
    if existing.as_ref() == Some(&row) {
        return Ok(0);
    }
    super::write(connection, profile, agent, ViewRows { agent: Some(row), ..ViewRows::default() }).await?;
    Ok(1)
}
