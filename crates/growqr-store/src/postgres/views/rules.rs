//! The rules that answers have added.

use crate::error::while_doing;
use crate::views::RuleRow;
use growqr_core::journal::StoreError;
use sqlx::{PgConnection, Postgres, QueryBuilder};

const ADD: &str = "insert into rules (profile_id, agent_id, ask_id, line, added_at) \
    values ($1, $2, $3, $4, $5) on conflict do nothing";

/// Inserts the lines that were never added, in this order. A line that the person has removed stays removed.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: &[RuleRow]) {
    sql.push(
        ", new_rules as (insert into rules (profile_id, agent_id, ask_id, line, added_at) \
         select $1, $2, r.ask_id, r.line, r.added_at from head, unnest(",
    );
    sql.push_bind(rows.iter().map(|row| row.ask_id.clone()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.line.clone()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.added_at).collect::<Vec<_>>()).push("::bigint[]) ");
    sql.push("with ordinality as r (ask_id, line, added_at, number) order by r.number on conflict do nothing)");
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
        let add = sqlx::query(ADD).bind(profile).bind(agent).bind(row.ask_id).bind(row.line).bind(row.added_at);
        missing += add.execute(&mut *connection).await.map_err(while_doing("rebuild"))?.rows_affected();
    }
    Ok(missing)
}
