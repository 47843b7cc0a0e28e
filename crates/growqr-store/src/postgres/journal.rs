//! Appends to and reads the journal of one agent.
//!
//! An append takes four round trips: begin; update the profile's row (its row lock orders the appends and assigns positions, and
//! its fence shows whether this process still has the claim); one statement that moves the end of the journal and, if that
//! succeeded, writes the rest; commit. The row lock is taken in a separate statement, so that the next statement sees everything
//! that was committed before the lock was granted.

use super::connections::limited;
use super::{PostgresStore, claims, views};
use crate::chain::{Chain, mail_rows, to_i64};
use crate::error::{appending, while_doing};
use crate::rows::{self, EntryRow, SnapshotRow};
use crate::views::ViewRows;
use async_trait::async_trait;
use growqr_core::event::{Entry, SCHEMA_VERSION};
use growqr_core::id::{AgentId, Position, SegmentHash, Seq};
use growqr_core::journal::{Append, Appended, Head, Journal, Snapshot, StoreError};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Encode, PgConnection, Postgres, QueryBuilder, Type};

/// A process that claims the profile changes the same row, so no append can begin with one fence and end with another.
const NEXT_POSITION: &str = "update profiles set position = position + $2 where profile_id = $1 returning position, fence";

/// The inserts after the statement that moves the end of the journal; they insert nothing if `head` is empty. The inserts of the
/// views and [`COUNT`] follow.
macro_rules! after_head {
    ($head:literal) => {
        concat!(
            "with head as (",
            $head,
            " returning agent_id), \
            new_events as (insert into events \
                (profile_id, agent_id, seq, position, at, kind, schema_version, body, prev_hash, hash) \
                select $1, $2, e.seq, e.position, $7, e.kind, $8, e.body, e.prev_hash, e.hash \
                from head, unnest($9::bigint[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[], $14::bytea[]) \
                as e (seq, position, kind, body, prev_hash, hash)), \
            new_mail as (insert into outbox (profile_id, id, position, sender, receiver, body) \
                select $1, m.id, m.position, m.sender, m.receiver, m.body \
                from head, unnest($15::text[], $16::bigint[], $17::text[], $18::text[], $19::bytea[]) \
                as m (id, position, sender, receiver, body) on conflict do nothing), \
            new_segment as (insert into segments (profile_id, hash, body) \
                select $1, $20, $21 from head where $20::text is not null on conflict do nothing)"
        )
    };
}

const FIRST_APPEND: &str = after_head!(
    "insert into journals (profile_id, agent_id, seq, hash) \
        select $1, $2, $3, $4 where $5::bigint = 0 and $6::bytea is not null on conflict do nothing"
);

const NEXT_APPEND: &str =
    after_head!("update journals set seq = $3, hash = $4 where profile_id = $1 and agent_id = $2 and seq = $5 and hash = $6");

const COUNT: &str = " select count(*) from head";

const ENTRIES: &str = "select seq, at, kind, schema_version, body, hash from events \
    where profile_id = $1 and agent_id = $2 and seq > $3 order by seq limit $4";

#[async_trait]
impl Journal for PostgresStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        limited("append", self.append_in_transaction(append)).await
    }

    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
        let query =
            sqlx::query_as(ENTRIES).bind(self.profile()).bind(agent.as_str()).bind(to_i64(after.0)?).bind(i64::from(limit));
        let rows: Vec<EntryRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("read a journal"))?;
        rows::entries(rows)
    }

    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("select body from segments where profile_id = $1 and hash = $2")
            .bind(self.profile())
            .bind(hash.as_str())
            .fetch_optional(&self.db.pool)
            .await
            .map_err(while_doing("read a segment"))
    }

    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError> {
        let sql = "insert into snapshots (profile_id, agent_id, seq, hash, schema_version, body) values ($1, $2, $3, $4, $5, $6) \
                   on conflict (profile_id, agent_id) do update set \
                   seq = excluded.seq, hash = excluded.hash, schema_version = excluded.schema_version, body = excluded.body";
        sqlx::query(sql)
            .bind(self.profile())
            .bind(agent.as_str())
            .bind(to_i64(snapshot.head.seq.0)?)
            .bind(snapshot.head.hash.to_vec())
            .bind(i64::from(snapshot.schema_version))
            .bind(snapshot.body)
            .execute(&self.db.pool)
            .await
            .map_err(while_doing("save a snapshot"))?;
        Ok(())
    }

    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError> {
        let sql = "select seq, hash, schema_version, body from snapshots where profile_id = $1 and agent_id = $2";
        let query = sqlx::query_as(sql).bind(self.profile()).bind(agent.as_str());
        let row: Option<SnapshotRow> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read a snapshot"))?;
        row.map(Snapshot::try_from).transpose()
    }
}

impl PostgresStore {
    async fn append_in_transaction(&self, append: Append) -> Result<Appended, StoreError> {
        let chain = Chain::of(&append)?;
        if let Some(fence) = &self.fence {
            fence.check()?;
        }
        let mut transaction = self.db.begin().await?;
        let row: Option<(i64, i64)> = sqlx::query_as(NEXT_POSITION)
            .bind(self.profile())
            .bind(chain.len())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(while_doing("append"))?;
        let (last, number) = row.ok_or_else(|| StoreError::Failed(format!("append: there is no profile {}", self.profile)))?;
        if let Some(fence) = self.fence.as_ref().filter(|fence| fence.number != number) {
            let holder = claims::holder(&mut transaction, &self.profile).await?;
            transaction.rollback().await.map_err(while_doing("roll back"))?;
            return Err(fence.lose(holder));
        }
        let first = last - chain.len() + 1;
        if !self.write(&mut transaction, &append, &chain, first).await? {
            transaction.rollback().await.map_err(while_doing("roll back"))?;
            return Err(StoreError::Conflict { agent: append.agent });
        }
        transaction.commit().await.map_err(appending(&append.agent))?;
        Ok(Appended { head: chain.head, position: Position(rows::number("profiles.position", first)?) })
    }

    /// Moves the end of the journal and inserts all rows; `false` if the journal does not end at `append.head`.
    async fn write(&self, connection: &mut PgConnection, append: &Append, chain: &Chain, first: i64) -> Result<bool, StoreError> {
        let statement = if append.head == Head::default() { FIRST_APPEND } else { NEXT_APPEND };
        let mut sql = QueryBuilder::with_arguments(statement, self.arguments(append, chain, first)?);
        views::push(&mut sql, ViewRows::of(append, first)?);
        let row = sql.push(COUNT).build().fetch_one(connection).await.map_err(appending(&append.agent))?;
        let moved: i64 = sqlx::Row::try_get(&row, 0).map_err(while_doing("append"))?;
        Ok(moved == 1)
    }

    /// The arguments $1 to $21.
    fn arguments(&self, append: &Append, chain: &Chain, first: i64) -> Result<PgArguments, StoreError> {
        let mut arguments = Arguments::default();
        arguments.add(self.profile())?;
        arguments.add(append.agent.as_str())?;
        arguments.add(to_i64(chain.head.seq.0)?)?;
        arguments.add(chain.head.hash.as_slice())?;
        arguments.add(to_i64(append.head.seq.0)?)?;
        arguments.add(append.head.hash.as_slice())?;
        let events = || chain.events.iter();
        arguments.add(append.at.0)?;
        arguments.add(i64::from(SCHEMA_VERSION))?;
        arguments.add(events().map(|event| event.seq).collect::<Vec<_>>())?;
        arguments.add((first..).take(chain.events.len()).collect::<Vec<_>>())?;
        arguments.add(events().map(|event| event.kind).collect::<Vec<_>>())?;
        arguments.add(events().map(|event| event.body.as_slice()).collect::<Vec<_>>())?;
        arguments.add(events().map(|event| event.prev_hash.as_slice()).collect::<Vec<_>>())?;
        arguments.add(events().map(|event| event.hash.as_slice()).collect::<Vec<_>>())?;
        let mail = mail_rows(&append.events, first)?;
        arguments.add(mail.iter().map(|row| row.mail.id.as_str()).collect::<Vec<_>>())?;
        arguments.add(mail.iter().map(|row| row.position).collect::<Vec<_>>())?;
        arguments.add(mail.iter().map(|row| row.mail.from.as_str()).collect::<Vec<_>>())?;
        arguments.add(mail.iter().map(|row| row.mail.to.as_str()).collect::<Vec<_>>())?;
        arguments.add(mail.iter().map(|row| row.body.as_slice()).collect::<Vec<_>>())?;
        let (hash, body) = append.segment.as_ref().map(|(hash, body)| (hash.as_str(), body.as_slice())).unzip();
        arguments.add(hash)?;
        arguments.add(body)?;
        Ok(arguments.0)
    }
}

/// Query arguments; encoding errors become [`StoreError`]s.
#[derive(Default)]
struct Arguments(PgArguments);

impl Arguments {
    fn add<'t, T: 't + Encode<'t, Postgres> + Type<Postgres>>(&mut self, value: T) -> Result<(), StoreError> {
        self.0.add(value).map_err(|error| StoreError::Failed(format!("append: {error}")))
    }
}
