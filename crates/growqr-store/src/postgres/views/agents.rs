//! The agents, for listings.

use crate::views::AgentRow;
use sqlx::{Postgres, QueryBuilder};

/// Writes the row, over the former one if there is one.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, row: AgentRow) {
    sql.push(
        ", new_agent as (insert into agents (profile_id, agent_id, name, parent_id, depth, task, status, model, turn, spent, \
         unknown_cost, allowance, created_at, updated_at) select $1, $2, ",
    );
    let mut values = sql.separated(", ");
    values.push_bind(row.name).push_bind(row.parent).push_bind(row.depth).push_bind(row.task).push_bind(row.status);
    values.push_bind(row.model).push_bind(row.turn).push_bind(row.spent).push_bind(row.unknown).push_bind(row.allowance);
    values.push_bind(row.created_at).push_bind(row.updated_at);
    sql.push(
        " from head on conflict (profile_id, agent_id) do update set name = excluded.name, parent_id = excluded.parent_id, \
         depth = excluded.depth, task = excluded.task, status = excluded.status, model = excluded.model, \
         turn = excluded.turn, spent = excluded.spent, unknown_cost = excluded.unknown_cost, \
         allowance = excluded.allowance, created_at = excluded.created_at, updated_at = excluded.updated_at)",
    );
}
