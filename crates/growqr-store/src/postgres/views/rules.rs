//! The rules that answers have added.

use crate::error::while_doing;
use crate::views::RuleRow;
use growqr_core::journal::StoreError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

const ADD: &str = "insert into rules (profile_id, agent_id, rule_id, line, origin, added_at) \
    values ($1, $2, $3, $4, 'always', $5) on conflict do nothing";

/// Inserts the lines that were never added. A line that the person has removed stays removed.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: Vec<RuleRow>) {
    for (index, row) in rows.into_iter().enumerate() {
        sql.push(format!(
            ", new_rule_{index} as (insert into rules (profile_id, agent_id, origin, rule_id, line, added_at) \
             select $1, $2, 'always', "
        ));
        sql.separated(", ").push_bind(row.rule_id).push_bind(row.line).push_bind(row.added_at);
        sql.push(" from head on conflict do nothing)");
    }
}

/// Inserts the lines that are missing. Returns their number.
pub(in crate::postgres) async fn add_missing(
    connection: &mut PgConnection,
    profile: &str,
    agent: &str,
    expected: Vec<RuleRow>,
) -> Result<u64, StoreError> {
    let mut missing = 0;
    for row in expected {
        let add = sqlx::query(ADD).bind(profile).bind(agent).bind(row.rule_id).bind(row.line).bind(row.added_at);
        missing += add.execute(&mut *connection).await.map_err(while_doing("rebuild"))?.rows_affected();
    }
    Ok(missing)
}
