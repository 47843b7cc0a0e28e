//! Appends to and reads the journal of one agent.
//!
//! An append sends two commands to the connection's thread, each with several prepared statements. The first begins the
//! transaction with the write lock, moves the end of the journal if it is where the caller says, and assigns positions. The
//! second inserts the rows and commits. Each command costs a thread switch, which is expensive next to a write of 200 µs.

use super::{SqliteStore, Writer, views};
use crate::chain::{Chain, mail_rows, to_i64};
use crate::error::{appending, while_doing};
use crate::rows::{self, EntryRow, SnapshotRow};
use crate::views::ViewRows;
use async_trait::async_trait;
use futures_util::TryStreamExt;
use growqr_core::event::{Entry, SCHEMA_VERSION};
use growqr_core::id::{AgentId, Position, SegmentHash, Seq};
use growqr_core::journal::{Append, Appended, Head, Journal, Snapshot, StoreError};
use sqlx::{Either, Executor, QueryBuilder, Sqlite};

const FIRST_APPEND: &str = "begin immediate; \
    insert into journals (seq, hash, profile_id, agent_id) values (?, ?, ?, ?) on conflict do nothing; \
    update profiles set position = position + ? where profile_id = ? returning position";

const NEXT_APPEND: &str = "begin immediate; \
    update journals set seq = ?, hash = ? where profile_id = ? and agent_id = ? and seq = ? and hash = ?; \
    update profiles set position = position + ? where profile_id = ? returning position";

/// Appends of up to this many events use prepared statements that the connection caches. Larger appends are rare, and their
/// statements are large.
const MAX_PREPARED_EVENTS: usize = 64;
/// Rows per insert: nine values each, far below SQLite's limit of 32,766.
const ROWS: usize = 1000;

pub(super) const ENTRIES: &str = "select seq, at, kind, schema_version, body, hash from events \
    where profile_id = ? and agent_id = ? and seq > ? order by seq limit ?";

#[async_trait]
impl Journal for SqliteStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let chain = Chain::of(&append)?;
        let mut writer = self.db.writer().await?;
        let Some(last) = self.begin_and_reserve_positions(&mut writer, &append, &chain).await? else {
            writer.execute("rollback").await.map_err(while_doing("roll back"))?;
            writer.release();
            return Err(StoreError::Conflict { agent: append.agent });
        };
        let first = last - chain.len() + 1;
        let mut query = self.remaining_statements(&append, &chain, first)?;
        let query = query.build().persistent(chain.events.len() <= MAX_PREPARED_EVENTS);
        query.execute(&mut *writer).await.map_err(appending(&append.agent))?;
        self.db.log.empty_if_large(&mut writer).await;
        writer.release();
        Ok(Appended { head: chain.head, position: Position(rows::number("profiles.position", first)?) })
    }

    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
        let query = sqlx::query_as(ENTRIES).bind(self.profile()).bind(agent.as_str()).bind(to_i64(after.0)?).bind(limit);
        let rows: Vec<EntryRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("read a journal"))?;
        rows::entries(rows)
    }

    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("select body from segments where profile_id = ? and hash = ?")
            .bind(self.profile())
            .bind(hash.as_str())
            .fetch_optional(&self.db.readers)
            .await
            .map_err(while_doing("read a segment"))
    }

    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError> {
        let sql = "insert into snapshots (profile_id, agent_id, seq, hash, schema_version, body) values (?, ?, ?, ?, ?, ?) \
                   on conflict (profile_id, agent_id) do update set \
                   seq = excluded.seq, hash = excluded.hash, schema_version = excluded.schema_version, body = excluded.body";
        let query = sqlx::query(sql)
            .bind(self.profile())
            .bind(agent.as_str())
            .bind(to_i64(snapshot.head.seq.0)?)
            .bind(snapshot.head.hash.to_vec())
            .bind(snapshot.schema_version)
            .bind(snapshot.body);
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("save a snapshot"))?;
        writer.release();
        Ok(())
    }

    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError> {
        let sql = "select seq, hash, schema_version, body from snapshots where profile_id = ? and agent_id = ?";
        let query = sqlx::query_as(sql).bind(self.profile()).bind(agent.as_str());
        let row: Option<SnapshotRow> = query.fetch_optional(&self.db.readers).await.map_err(while_doing("read a snapshot"))?;
        row.map(Snapshot::try_from).transpose()
    }
}

impl SqliteStore {
    /// Begins the transaction, moves the end of the journal and returns the last of the new positions; `None` if the journal does
    /// not end at `append.head`.
    async fn begin_and_reserve_positions(
        &self,
        writer: &mut Writer<'_>,
        append: &Append,
        chain: &Chain,
    ) -> Result<Option<i64>, StoreError> {
        let is_first = append.head == Head::default();
        let mut query = sqlx::query(if is_first { FIRST_APPEND } else { NEXT_APPEND })
            .bind(to_i64(chain.head.seq.0)?)
            .bind(chain.head.hash.to_vec())
            .bind(self.profile())
            .bind(append.agent.as_str());
        if !is_first {
            query = query.bind(to_i64(append.head.seq.0)?).bind(append.head.hash.to_vec());
        }
        let query = query.bind(chain.len()).bind(self.profile());
        let (mut changed, mut position) = (Vec::with_capacity(3), None);
        let mut results = (&mut **writer).fetch_many(query);
        while let Some(result) = results.try_next().await.map_err(appending(&append.agent))? {
            match result {
                Either::Left(done) => changed.push(done.rows_affected()),
                Either::Right(row) => position = Some(sqlx::Row::try_get(&row, 0).map_err(while_doing("append"))?),
            }
        }
        // One result per statement; the second statement moves the end of the journal.
        if changed.get(1) != Some(&1) {
            return Ok(None);
        }
        position.map(Some).ok_or_else(|| StoreError::Failed(format!("append: there is no profile {}", self.profile)))
    }

    /// The remaining statements of the append, including the commit.
    fn remaining_statements(&self, append: &Append, chain: &Chain, first: i64) -> Result<QueryBuilder<Sqlite>, StoreError> {
        let (profile, agent) = (self.profile(), append.agent.as_str());
        let mut sql = QueryBuilder::new("");
        let positions: Vec<i64> = (first..).take(chain.events.len()).collect();
        for (events, positions) in chain.events.chunks(ROWS).zip(positions.chunks(ROWS)) {
            sql.push(
                "insert into events (profile_id, agent_id, seq, position, at, kind, schema_version, body, prev_hash, hash) ",
            );
            sql.push_values(events.iter().zip(positions), |mut row, (event, position)| {
                row.push_bind(profile).push_bind(agent).push_bind(event.seq).push_bind(position).push_bind(append.at.0);
                row.push_bind(event.kind).push_bind(SCHEMA_VERSION).push_bind(event.body.as_slice());
                row.push_bind(event.prev_hash.as_slice()).push_bind(event.hash.as_slice());
            });
            sql.push("; ");
        }
        for mail in mail_rows(&append.events, first)? {
            sql.push("insert into outbox (profile_id, id, position, sender, receiver, body) ");
            sql.push_values([mail], |mut row, mail| {
                row.push_bind(profile).push_bind(mail.mail.id.as_str()).push_bind(mail.position);
                row.push_bind(mail.mail.from.as_str()).push_bind(mail.mail.to.as_str()).push_bind(mail.body);
            });
            sql.push(" on conflict do nothing; ");
        }
        views::push(&mut sql, profile, agent, ViewRows::of(append, first)?);
        if let Some((hash, body)) = &append.segment {
            sql.push("insert into segments (profile_id, hash, body) ");
            sql.push_values([(hash, body)], |mut row, (hash, body)| {
                row.push_bind(profile).push_bind(hash.as_str()).push_bind(body.as_slice());
            });
            sql.push(" on conflict do nothing; ");
        }
        sql.push("commit");
        Ok(sql)
    }
}
