//! The agents, for listings.

use crate::views::AgentRow;
use sqlx::{QueryBuilder, Sqlite};

/// Writes the row, over the former one if there is one.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, row: AgentRow) {
    sql.push(
        "insert into agents (profile_id, agent_id, name, parent_id, depth, task, status, model, turn, spent, unknown_cost, \
         allowance, created_at, updated_at) ",
    );
    sql.push_values([row], |mut values, row| {
        values.push_bind(profile).push_bind(agent).push_bind(row.name).push_bind(row.parent);
        values.push_bind(row.depth).push_bind(row.task).push_bind(row.status).push_bind(row.model).push_bind(row.turn);
        values.push_bind(row.spent).push_bind(row.unknown).push_bind(row.allowance);
        values.push_bind(row.created_at).push_bind(row.updated_at);
    });
    sql.push(
        " on conflict (profile_id, agent_id) do update set name = excluded.name, parent_id = excluded.parent_id, \
         depth = excluded.depth, task = excluded.task, status = excluded.status, model = excluded.model, \
         turn = excluded.turn, spent = excluded.spent, unknown_cost = excluded.unknown_cost, \
         allowance = excluded.allowance, created_at = excluded.created_at, updated_at = excluded.updated_at; ",
    );
}
