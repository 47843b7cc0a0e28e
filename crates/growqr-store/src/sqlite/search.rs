//! Searches messages by text.
//!
//! The index (`messages_index`) only names candidates; the text of each is compared here, so the index affects the speed but not
//! the result. Texts of one or two characters, common in Chinese and Japanese, have no trigram: the newest messages are scanned
//! first, and if too few of them match, the index is queried for all trigrams that begin with the text.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::{self, MessageRow};
use crate::text::{TRIGRAM, search_form, with_all_trigrams, with_one_of};
use futures_util::{Stream, TryStreamExt};
use growqr_core::id::AgentId;
use growqr_core::journal::{MessageView, StoreError};

/// `messages.id` is the profile's number times this constant, plus the position.
pub(super) const IDS_PER_PROFILE: i64 = 1 << 40;

pub(super) const NEWEST: &str = "select agent_id, seq, author, text, attachments, at from messages \
    where id >= ? and id < ? order by id desc limit ?";
pub(super) const NEWEST_OF_AGENT: &str = "select agent_id, seq, author, text, attachments, at from messages \
    where profile_id = ? and agent_id = ? order by seq desc limit ?";
const INDEXED: &str = "select m.agent_id, m.seq, m.author, m.text, m.attachments, m.at \
    from messages_index cross join messages m on m.id = messages_index.rowid \
    where messages_index match ?1 and messages_index.rowid >= ?2 and messages_index.rowid < ?3 \
    and (?4 is null or m.agent_id = ?4) order by messages_index.rowid desc";
const TRIGRAMS: &str = "select term from messages_trigrams where term >= ? and term <= ? limit ?";

/// Number of newest messages to scan for a short text before the index is used.
const NEWEST_SCANNED: i64 = 5_000;
/// The most trigrams in one query. If more begin with a short text, the text is so common that a scan finds enough messages soon.
const MAX_TRIGRAMS: usize = 500;

pub(super) async fn search(
    store: &SqliteStore,
    text: &str,
    agent: Option<&AgentId>,
    limit: u32,
) -> Result<Vec<MessageView>, StoreError> {
    let number = sqlx::query_scalar("select number from profiles where profile_id = ?").bind(store.profile());
    let number: Option<i64> = number.fetch_optional(&store.db.readers).await.map_err(while_doing("search messages"))?;
    let Some(number) = number else { return Ok(Vec::new()) };
    let search = Search { store, first: number * IDS_PER_PROFILE, text: search_form(text), agent, limit: limit as usize };
    rows::all(search.run().await?)
}

struct Search<'a> {
    store: &'a SqliteStore,
    /// The lowest message id of the profile.
    first: i64,
    /// The folded text to search for.
    text: String,
    agent: Option<&'a AgentId>,
    limit: usize,
}

impl Search<'_> {
    async fn run(&self) -> Result<Vec<MessageRow>, StoreError> {
        if self.text.chars().count() >= TRIGRAM {
            return self.indexed(&with_all_trigrams(&self.text)).await;
        }
        let newest = self.newest(NEWEST_SCANNED).await?;
        if newest.len() >= self.limit {
            return Ok(newest);
        }
        let trigrams = self.trigrams().await?;
        if trigrams.len() > MAX_TRIGRAMS { self.newest(i64::MAX).await } else { self.indexed(&with_one_of(&trigrams)).await }
    }

    /// Matches among the newest `count` messages, without the index.
    async fn newest(&self, count: i64) -> Result<Vec<MessageRow>, StoreError> {
        let query = match self.agent {
            None => sqlx::query_as(NEWEST).bind(self.first).bind(self.first + IDS_PER_PROFILE),
            Some(agent) => sqlx::query_as(NEWEST_OF_AGENT).bind(self.store.profile()).bind(agent.as_str()),
        };
        self.first_matches(query.bind(count).fetch(&self.store.db.readers)).await
    }

    /// Matches among the candidates of the index.
    async fn indexed(&self, query: &str) -> Result<Vec<MessageRow>, StoreError> {
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let query = sqlx::query_as(INDEXED).bind(query).bind(self.first).bind(self.first + IDS_PER_PROFILE);
        self.first_matches(query.bind(self.agent.map(AgentId::as_str)).fetch(&self.store.db.readers)).await
    }

    /// The indexed trigrams that begin with the text.
    async fn trigrams(&self) -> Result<Vec<String>, StoreError> {
        let last = format!("{}{}", self.text, "\u{10ffff}".repeat(TRIGRAM));
        let query = sqlx::query_scalar(TRIGRAMS).bind(&self.text).bind(last).bind(MAX_TRIGRAMS as i64 + 1);
        query.fetch_all(&self.store.db.readers).await.map_err(while_doing("search messages"))
    }

    /// The first `limit` rows that contain the text.
    async fn first_matches(
        &self,
        mut rows: impl Stream<Item = Result<MessageRow, sqlx::Error>> + Unpin,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let mut found = Vec::new();
        while found.len() < self.limit
            && let Some(row) = rows.try_next().await.map_err(while_doing("search messages"))?
        {
            if row.contains(&self.text) {
                found.push(row);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, DbConfig};
    use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

    #[tokio::test]
    async fn a_search_uses_the_index_newest_first_and_never_sorts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("growqr.db");
        drop(Db::open(&DbConfig::Sqlite { path: path.clone() }).await.unwrap());
        let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
        let plan = async |sql: &str, connection: &mut SqliteConnection| -> Vec<String> {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            sqlx::query(explain).fetch_all(connection).await.unwrap().iter().map(|step| step.get("detail")).collect()
        };
        let steps = plan(INDEXED, &mut connection).await;
        let [index, message] = &*steps else { panic!("{steps:?}") };
        // In the plan, M means a match, and > and < mean a range of rowids.
        assert!(index.starts_with("SCAN messages_index VIRTUAL TABLE INDEX") && index.ends_with("M1><"), "{steps:?}");
        assert_eq!(message, "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)");
        let steps = plan(TRIGRAMS, &mut connection).await;
        assert!(matches!(&*steps, [only] if only.starts_with("SCAN messages_trigrams VIRTUAL TABLE INDEX")), "{steps:?}");
    }
}
