//! The messages view, which people read as the conversation.

use crate::error::while_doing;
use crate::views::{MessageRow, ViewRows, differing};
use growqr_core::fold::folded;
use growqr_core::journal::StoreError;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};

const ROWS: &str = "select seq, position, author, text, attachments, at, folded from messages \
    where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4 order by seq";
const DELETE: &str = "delete from messages where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4";

/// A row with the columns that are derived from its text.
#[derive(PartialEq, FromRow)]
struct StoredRow {
    #[sqlx(flatten)]
    row: MessageRow,
    folded: String,
}

/// Inserts the rows.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: &[MessageRow]) {
    sql.push(
        ", new_messages as (insert into messages (profile_id, agent_id, seq, position, author, text, folded, \
         attachments, at) select $1, $2, m.seq, m.position, m.author, m.text, m.folded, m.attachments, m.at from head, unnest(",
    );
    sql.push_bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.position).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.author.as_deref()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| folded(&row.text)).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.attachments.as_deref()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.at).collect::<Vec<_>>()).push("::bigint[]) ");
    sql.push("as m (seq, position, author, text, folded, attachments, at))");
}

/// Deletes the messages that were taken back, and updates those that were changed.
pub(super) fn push_changes(sql: &mut QueryBuilder<Postgres>, withdrawn: Vec<i64>, edited: Vec<(i64, String)>) {
    if !withdrawn.is_empty() {
        sql.push(", gone as (delete from messages using head where profile_id = $1 and messages.agent_id = $2 and seq = any(");
        sql.push_bind(withdrawn).push("))");
    }
    for (index, (seq, text)) in edited.into_iter().enumerate() {
        sql.push(format!(", edited_{index} as (update messages set folded = ")).push_bind(folded(&text));
        sql.push(", text = ").push_bind(text);
        sql.push(" from head where profile_id = $1 and messages.agent_id = $2 and seq = ").push_bind(seq).push(")");
    }
}

/// Replaces the rows of the events in `range` (exclusive start, inclusive end) if they differ. Returns the number of differing
/// rows.
pub(in crate::postgres) async fn replace(
    connection: &mut PgConnection,
    profile: &str,
    agent: &str,
    (after, last): (i64, i64),
    expected: Vec<MessageRow>,
) -> Result<u64, StoreError> {
    let existing = sqlx::query_as(ROWS).bind(profile).bind(agent).bind(after).bind(last);
    let existing: Vec<StoredRow> = existing.fetch_all(&mut *connection).await.map_err(while_doing("rebuild"))?;
    let expected: Vec<StoredRow> = expected.into_iter().map(|row| StoredRow { folded: folded(&row.text), row }).collect();
    if existing == expected {
        return Ok(0);
    }
    let delete = sqlx::query(DELETE).bind(profile).bind(agent).bind(after).bind(last);
    delete.execute(&mut *connection).await.map_err(while_doing("rebuild"))?;
    let differing = differing(&existing, &expected, |row| row.row.seq);
    let messages = expected.into_iter().map(|row| row.row).collect();
    super::write(connection, profile, agent, ViewRows { messages, ..ViewRows::default() }).await?;
    Ok(differing)
}
