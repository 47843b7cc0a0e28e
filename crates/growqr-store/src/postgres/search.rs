//! Searches messages by text.
//!
//! The newest messages are scanned first: a common text is found among them, while the index would return most of the table. If
//! they contain too few matches, all messages are queried, through the trigram index if it exists. A text of one or two
//! characters has no trigram, so the server compares every message.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{self, MessageRow};
use crate::text::{like_pattern, search_form};
use growqr_core::id::AgentId;
use growqr_core::journal::{MessageView, StoreError};

/// Number of newest messages to scan before the index is used.
const NEWEST_SCANNED: i64 = 5_000;

const NEWEST: &str = "select agent_id, seq, author, text, attachments, at from \
    (select agent_id, seq, author, text, attachments, folded, at, position from messages \
        where profile_id = $1 order by position desc limit $4) as newest \
    where folded like $2 escape '\\' order by position desc limit $3";
const NEWEST_OF_AGENT: &str = "select agent_id, seq, author, text, attachments, at from \
    (select agent_id, seq, author, text, attachments, folded, at from messages \
        where profile_id = $1 and agent_id = $5 order by seq desc limit $4) as newest \
    where folded like $2 escape '\\' order by seq desc limit $3";

/// Materialised: otherwise the planner scans the messages in order, because it expects a match soon.
const INDEXED: &str = "with found as materialized (select agent_id, seq, author, text, attachments, at, position from messages \
        where profile_id = $1 and folded like $2 escape '\\') \
    select agent_id, seq, author, text, attachments, at from found order by position desc limit $3";
const INDEXED_OF_AGENT: &str = "with found as materialized (select agent_id, seq, author, text, attachments, at from messages \
        where profile_id = $1 and folded like $2 escape '\\' and agent_id = $4) \
    select agent_id, seq, author, text, attachments, at from found order by seq desc limit $3";

pub(super) async fn search(
    store: &PostgresStore,
    text: &str,
    agent: Option<&AgentId>,
    limit: u32,
) -> Result<Vec<MessageView>, StoreError> {
    let search =
        Search { store, pattern: like_pattern(&search_form(text)), agent: agent.map(AgentId::as_str), limit: i64::from(limit) };
    let newest = search.newest(NEWEST_SCANNED).await?;
    if newest.len() >= limit as usize {
        return rows::all(newest);
    }
    rows::all(search.indexed().await?)
}

struct Search<'a> {
    store: &'a PostgresStore,
    pattern: String,
    agent: Option<&'a str>,
    limit: i64,
}

impl Search<'_> {
    async fn newest(&self, count: i64) -> Result<Vec<MessageRow>, StoreError> {
        let query = sqlx::query_as(if self.agent.is_some() { NEWEST_OF_AGENT } else { NEWEST });
        let mut query = query.bind(self.store.profile()).bind(&self.pattern).bind(self.limit).bind(count);
        if let Some(agent) = self.agent {
            query = query.bind(agent);
        }
        query.fetch_all(&self.store.db.pool).await.map_err(while_doing("search messages"))
    }

    /// Not a prepared statement: a generic plan is slow for rare texts.
    async fn indexed(&self) -> Result<Vec<MessageRow>, StoreError> {
        let query = sqlx::query_as(if self.agent.is_some() { INDEXED_OF_AGENT } else { INDEXED });
        let mut query = query.bind(self.store.profile()).bind(&self.pattern).bind(self.limit);
        if let Some(agent) = self.agent {
            query = query.bind(agent);
        }
        query.persistent(false).fetch_all(&self.store.db.pool).await.map_err(while_doing("search messages"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{Connection, Executor, PgConnection};

    const ROWS: &str = "insert into profiles (profile_id, position, created_at) values ('local', 20000, 0); \
        insert into messages (profile_id, agent_id, seq, position, text, folded, at) \
        select 'local', 'grow', n, n, md5(n::text), md5(n::text), n from generate_series(1, 20000) n; \
        analyze messages";

    #[tokio::test]
    async fn each_query_of_a_search_uses_its_index() {
        let Some(url) = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap() else { return };
        crate::Db::open(&crate::DbConfig::Postgres { url: crate::DatabaseUrl::new(url.clone()) }).await.unwrap().close().await;
        let mut connection = PgConnection::connect(&url).await.unwrap();
        connection.execute(ROWS).await.unwrap();
        let plans = [
            (NEWEST, "messages_by_position"),
            (NEWEST_OF_AGENT, "messages_pkey"),
            (INDEXED, TRIGRAMS),
            (INDEXED_OF_AGENT, TRIGRAMS),
        ];
        for (sql, index) in plans {
            let sql = sql.replace("$1", "'local'").replace("$2", "'%abcdef%'").replace("$3", "20");
            let agent_or_read = if index == TRIGRAMS { "'grow'" } else { "5000" };
            let sql = sql.replace("$4", agent_or_read).replace("$5", "'grow'");
            let explain = sqlx::AssertSqlSafe(format!("explain {sql}"));
            let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.unwrap();
            assert!(plan.iter().any(|step| step.contains(index)), "{sql}\n{}", plan.join("\n"));
        }
    }

    const TRIGRAMS: &str = "messages_trigrams";
}
