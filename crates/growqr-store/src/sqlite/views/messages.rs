//! The messages view, which people read as the conversation, and its search index.

use crate::error::while_doing;
use crate::sqlite::search::IDS_PER_PROFILE;
use crate::text::index_form;
use crate::views::{MessageRow, differing};
use growqr_core::journal::StoreError;
use sqlx::{Executor, QueryBuilder, Sqlite, SqliteConnection};

/// `messages.id` modulo [`IDS_PER_PROFILE`] is the position.
const ROWS: &str = "select seq, id % ?1 as position, author, text, attachments, at from messages \
    where profile_id = ?2 and agent_id = ?3 and seq > ?4 and seq <= ?5 order by seq";
const DELETE_FROM_INDEX: &str = "delete from messages_index where rowid in (select id from messages \
    where profile_id = ?1 and agent_id = ?2 and seq > ?3 and seq <= ?4)";
const DELETE: &str = "delete from messages where profile_id = ?1 and agent_id = ?2 and seq > ?3 and seq <= ?4";
/// These two free the id of a row to be inserted, if another row has it.
const DELETE_ONE_FROM_INDEX: &str =
    "delete from messages_index where rowid = ?1 * (select number from profiles where profile_id = ?2) + ?3";
const DELETE_ONE: &str = "delete from messages where id = ?1 * (select number from profiles where profile_id = ?2) + ?3";
/// Rows that a rebuild inserts at once.
const ROWS_PER_COMMAND: usize = 32;

const ALL: &str = "select id, text from messages where id > ? order by id limit ?";
/// Messages per page when the index is rebuilt.
const PAGE: usize = 1_000;

/// Inserts the rows, one statement each, so that the connection caches only a few prepared statements.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, profile: &str, agent: &str, rows: Vec<MessageRow>) {
    for row in rows {
        sql.push("insert into messages_index (rowid, folded) select number * ").push_bind(IDS_PER_PROFILE).push(" + ");
        sql.push_bind(row.position).push(", ").push_bind(index_form(&row.text));
        sql.push(" from profiles where profile_id = ").push_bind(profile).push("; ");
        sql.push("insert into messages (id, profile_id, agent_id, seq, author, text, attachments, at) select number * ");
        sql.push_bind(IDS_PER_PROFILE).push(" + ").push_bind(row.position).push(", profile_id, ").push_bind(agent).push(", ");
        let mut values = sql.separated(", ");
        values.push_bind(row.seq).push_bind(row.author).push_bind(row.text).push_bind(row.attachments).push_bind(row.at);
        sql.push(" from profiles where profile_id = ").push_bind(profile).push("; ");
    }
}

/// Deletes the messages that were taken back, and updates those that were changed.
pub(super) fn push_changes(
    sql: &mut QueryBuilder<Sqlite>,
    profile: &str,
    agent: &str,
    withdrawn: Vec<i64>,
    edited: Vec<(i64, String)>,
) {
    let key = |sql: &mut QueryBuilder<Sqlite>, seq: i64| {
        sql.push(" where profile_id = ").push_bind(profile.to_owned()).push(" and agent_id = ").push_bind(agent.to_owned());
        sql.push(" and seq = ").push_bind(seq);
    };
    for seq in withdrawn.iter().copied().chain(edited.iter().map(|(seq, _)| *seq)) {
        sql.push("delete from messages_index where rowid in (select id from messages");
        key(sql, seq);
        sql.push("); ");
    }
    for seq in withdrawn {
        sql.push("delete from messages");
        key(sql, seq);
        sql.push("; ");
    }
    for (seq, text) in edited {
        sql.push("insert into messages_index (rowid, folded) select id, ").push_bind(index_form(&text)).push(" from messages");
        key(sql, seq);
        sql.push("; update messages set text = ").push_bind(text);
        key(sql, seq);
        sql.push("; ");
    }
}

/// Replaces the rows of the events in `range` (exclusive start, inclusive end) if they differ. Returns the number of differing
/// rows.
pub(in crate::sqlite) async fn replace(
    connection: &mut SqliteConnection,
    profile: &str,
    agent: &str,
    (after, last): (i64, i64),
    mut expected: Vec<MessageRow>,
) -> Result<u64, StoreError> {
    let existing = sqlx::query_as(ROWS).bind(IDS_PER_PROFILE).bind(profile).bind(agent).bind(after).bind(last);
    let existing: Vec<MessageRow> = existing.fetch_all(&mut *connection).await.map_err(while_doing("rebuild"))?;
    if existing == expected {
        return Ok(0);
    }
    for sql in [DELETE_FROM_INDEX, DELETE] {
        let delete = sqlx::query(sql).bind(profile).bind(agent).bind(after).bind(last);
        delete.execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    }
    let differing = differing(&existing, &expected, |row| row.seq);
    for row in &expected {
        for sql in [DELETE_ONE_FROM_INDEX, DELETE_ONE] {
            let delete = sqlx::query(sql).bind(IDS_PER_PROFILE).bind(profile).bind(row.position);
            delete.execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
        }
    }
    while !expected.is_empty() {
        let rest = expected.split_off(expected.len().min(ROWS_PER_COMMAND));
        let mut sql = QueryBuilder::new("");
        push(&mut sql, profile, agent, std::mem::replace(&mut expected, rest));
        sql.build().persistent(false).execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    }
    Ok(differing)
}

/// Rebuilds the index for all profiles.
pub(in crate::sqlite) async fn reindex(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let empty = "insert into messages_index (messages_index) values ('delete-all')";
    connection.execute(empty).await.map_err(while_doing("rebuild"))?;
    let mut last = 0_i64;
    loop {
        let page = sqlx::query_as(ALL).bind(last).bind(PAGE as i64);
        let page: Vec<(i64, String)> = page.fetch_all(&mut *connection).await.map_err(while_doing("rebuild"))?;
        let Some((id, _)) = page.last() else { return Ok(()) };
        last = *id;
        let mut sql = QueryBuilder::new("insert into messages_index (rowid, folded) ");
        sql.push_values(page, |mut values, (id, text)| {
            values.push_bind(id).push_bind(index_form(&text));
        });
        sql.build().persistent(false).execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    }
}
