//! The transcripts, and the index that searches them.

use crate::sqlite::search::IDS;
use crate::text::indexed;
use crate::views::MessageRow;
use sqlx::{QueryBuilder, Sqlite};

/// Adds the rows: one statement each, so that the texts of the statements, which the connection keeps prepared, are few.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: Vec<MessageRow>) {
    for row in rows {
        sql.push("insert into messages_index (rowid, folded) select number * ").push_bind(IDS).push(" + ");
        sql.push_bind(row.position).push(", ").push_bind(indexed(&row.text));
        sql.push(" from profiles where profile_id = ").push_bind(profile).push("; ");
        sql.push("insert into messages (id, profile_id, agent_id, seq, author, text, at) select number * ");
        sql.push_bind(IDS).push(" + ").push_bind(row.position).push(", profile_id, ").push_bind(agent).push(", ");
        let mut values = sql.separated(", ");
        values.push_bind(row.seq).push_bind(row.author).push_bind(row.text).push_bind(row.at);
        sql.push(" from profiles where profile_id = ").push_bind(profile).push("; ");
    }
}
