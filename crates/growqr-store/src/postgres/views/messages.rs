//! The transcripts.

use crate::views::MessageRow;
use growqr_core::fold::folded;
use sqlx::{Postgres, QueryBuilder};

/// Adds the rows.
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, rows: &[MessageRow]) {
    sql.push(
        ", new_messages as (insert into messages (profile_id, agent_id, seq, position, author, text, folded, at) \
         select $1, $2, m.seq, m.position, m.author, m.text, m.folded, m.at from head, unnest(",
    );
    sql.push_bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.position).collect::<Vec<_>>()).push("::bigint[], ");
    sql.push_bind(rows.iter().map(|row| row.author.as_deref()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| folded(&row.text)).collect::<Vec<_>>()).push("::text[], ");
    sql.push_bind(rows.iter().map(|row| row.at).collect::<Vec<_>>()).push("::bigint[]) ");
    sql.push("as m (seq, position, author, text, folded, at))");
}
