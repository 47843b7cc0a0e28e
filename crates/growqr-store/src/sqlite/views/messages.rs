//! The transcripts.

use crate::views::MessageRow;
use sqlx::{QueryBuilder, Sqlite};

/// Adds the rows: one statement each, so that the texts of the statements, which the connection keeps prepared, are few.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: Vec<MessageRow>) {
    for row in rows {
        sql.push("insert into messages (profile_id, agent_id, seq, position, author, text, folded, at) ");
        sql.push_values([row], |mut values, row| {
            values.push_bind(profile).push_bind(agent).push_bind(row.seq).push_bind(row.position);
            values.push_bind(row.author).push_bind(row.text).push_bind(row.folded).push_bind(row.at);
        });
        sql.push("; ");
    }
}
