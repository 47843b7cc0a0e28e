//! The messages view, for transcripts, and its search index.

use crate::error::at;
use crate::sqlite::search::IDS;
use crate::text::indexed;
use crate::views::{MessageRow, differing};
use growqr_core::journal::StoreError;
use sqlx::{Executor, QueryBuilder, Sqlite, SqliteConnection};

/// `messages.id` modulo [`IDS`] is the position.
const ROWS: &str = "select seq, id % ?1 as position, author, text, at from messages \
    where profile_id = ?2 and agent_id = ?3 and seq > ?4 and seq <= ?5 order by seq";
const UNINDEX: &str = "delete from messages_index where rowid in (select id from messages \
    where profile_id = ?1 and agent_id = ?2 and seq > ?3 and seq <= ?4)";
const DELETE: &str = "delete from messages where profile_id = ?1 and agent_id = ?2 and seq > ?3 and seq <= ?4";
/// Frees an id that a row to be inserted needs, if another row has it.
const UNINDEX_ONE: &str =
    "delete from messages_index where rowid = ?1 * (select number from profiles where profile_id = ?2) + ?3";
const DELETE_ONE: &str = "delete from messages where id = ?1 * (select number from profiles where profile_id = ?2) + ?3";
/// Rows per command of a rebuild.
const TOGETHER: usize = 32;

const ALL: &str = "select id, text from messages where id > ? order by id limit ?";
/// Messages per page when the index is rebuilt.
const PAGE: usize = 1_000;

/// Inserts the rows, one statement each, so that the connection caches only a few prepared statements.
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

/// Replaces the rows of the events in `range` (exclusive start, inclusive end) if they differ. Returns the number of differing
/// rows.
pub(in crate::sqlite) async fn replace(
    connection: &mut SqliteConnection,
    profile: &str,
    agent: &str,
    (after, last): (i64, i64),
    mut wanted: Vec<MessageRow>,
) -> Result<u64, StoreError> {
    let there = sqlx::query_as(ROWS).bind(IDS).bind(profile).bind(agent).bind(after).bind(last);
    let there: Vec<MessageRow> = there.fetch_all(&mut *connection).await.map_err(at("rebuild"))?;
    if there == wanted {
        return Ok(0);
    }
    for sql in [UNINDEX, DELETE] {
        let delete = sqlx::query(sql).bind(profile).bind(agent).bind(after).bind(last);
        delete.execute(&mut *connection).await.map_err(at("rebuild"))?;
    }
    let differing = differing(&there, &wanted, |row| row.seq);
    for row in &wanted {
        for sql in [UNINDEX_ONE, DELETE_ONE] {
            let delete = sqlx::query(sql).bind(IDS).bind(profile).bind(row.position);
            delete.execute(&mut *connection).await.map_err(at("rebuild"))?;
        }
    }
    while !wanted.is_empty() {
        let rest = wanted.split_off(wanted.len().min(TOGETHER));
        let mut sql = QueryBuilder::new("");
        push(&mut sql, profile, agent, std::mem::replace(&mut wanted, rest));
        sql.build().persistent(false).execute(&mut *connection).await.map_err(at("rebuild"))?;
    }
    Ok(differing)
}

/// Rebuilds the index for all profiles.
pub(in crate::sqlite) async fn reindex(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let empty = "insert into messages_index (messages_index) values ('delete-all')";
    connection.execute(empty).await.map_err(at("rebuild"))?;
    let mut last = 0_i64;
    loop {
        let page = sqlx::query_as(ALL).bind(last).bind(PAGE as i64);
        let page: Vec<(i64, String)> = page.fetch_all(&mut *connection).await.map_err(at("rebuild"))?;
        let Some((id, _)) = page.last() else { return Ok(()) };
        last = *id;
        let mut sql = QueryBuilder::new("insert into messages_index (rowid, folded) ");
        sql.push_values(page, |mut values, (id, text)| {
            values.push_bind(id).push_bind(indexed(&text));
        });
        sql.build().persistent(false).execute(&mut *connection).await.map_err(at("rebuild"))?;
    }
}
