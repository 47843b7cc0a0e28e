//! Appending to and reading one agent's journal.
//!
//! An append is four round trips: begin, the profile's row (its lock orders the appends and gives out positions), one
//! statement that moves the agent's head and writes the rest if that could be done, commit. The lock comes in a
//! statement of its own so that the next one sees everything that was committed before it was granted.

use super::PostgresStore;
use crate::chain::{AgentNumbers, Chain, mail_rows, message_rows, shown, stored};
use crate::error::{appending, at};
use crate::rows::{self, EntryRow, SnapshotRow};
use async_trait::async_trait;
use growqr_core::event::{Entry, SCHEMA_VERSION};
use growqr_core::id::{AgentId, Position, SegmentHash, Seq};
use growqr_core::journal::{Append, Appended, Head, Journal, Snapshot, StoreError};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};

const PLACE: &str = "update profiles set position = position + $2 where profile_id = $1 returning position";

/// What follows the moved head; nothing is written where `head` is empty.
macro_rules! after_head {
    ($head:literal) => {
        concat!(
            "with head as (",
            $head,
            " returning agent_id), \
            new_events as (insert into events \
                (profile_id, agent_id, seq, position, at, kind, schema_version, body, prev_hash, hash) \
                select $1, $2, e.seq, e.position, $19, e.kind, $20, e.body, e.prev_hash, e.hash \
                from head, unnest($21::bigint[], $22::bigint[], $23::text[], $24::bytea[], $25::bytea[], $26::bytea[]) \
                as e (seq, position, kind, body, prev_hash, hash)), \
            new_mail as (insert into outbox (profile_id, id, position, sender, receiver, body) \
                select $1, m.id, m.position, m.sender, m.receiver, m.body \
                from head, unnest($27::text[], $28::bigint[], $29::text[], $30::text[], $31::bytea[]) \
                as m (id, position, sender, receiver, body) on conflict do nothing), \
            new_messages as (insert into messages (profile_id, agent_id, seq, position, author, text, folded, at) \
                select $1, $2, m.seq, m.position, m.author, m.text, m.folded, m.at \
                from head, unnest($32::bigint[], $33::bigint[], $34::text[], $35::text[], $36::text[], $37::bigint[]) \
                as m (seq, position, author, text, folded, at)), \
            new_segment as (insert into segments (profile_id, hash, body) \
                select $1, $38, $39 from head where $38::text is not null on conflict do nothing) \
            select count(*) from head"
        )
    };
}

const FIRST: &str = after_head!(
    "insert into agents (profile_id, agent_id, name, parent_id, depth, task, status, model, turn, spent, \
        unknown_cost, allowance, created_at, updated_at, seq, hash) \
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16 \
        where $17::bigint = 0 and $18::bytea is not null on conflict do nothing"
);

const NEXT: &str = after_head!(
    "update agents set name = $3, parent_id = $4, depth = $5, task = $6, status = $7, model = $8, turn = $9, \
        spent = $10, unknown_cost = $11, allowance = $12, created_at = $13, updated_at = $14, seq = $15, hash = $16 \
        where profile_id = $1 and agent_id = $2 and seq = $17 and hash = $18"
);

const ENTRIES: &str = "select seq, at, kind, schema_version, body, hash from events \
    where profile_id = $1 and agent_id = $2 and seq > $3 order by seq limit $4";

#[async_trait]
impl Journal for PostgresStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let chain = Chain::of(&append)?;
        let mut transaction = self.db.pool.begin().await.map_err(at("append"))?;
        let last: Option<i64> = sqlx::query_scalar(PLACE)
            .bind(self.profile())
            .bind(chain.len())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(at("append"))?;
        let last = last.ok_or_else(|| StoreError::Failed(format!("append: there is no profile {}", self.profile)))?;
        let first = last - chain.len() + 1;
        if !self.write(&mut transaction, &append, &chain, first).await? {
            transaction.rollback().await.map_err(at("roll back"))?;
            return Err(StoreError::Conflict { agent: append.agent.agent });
        }
        transaction.commit().await.map_err(appending(&append.agent.agent))?;
        Ok(Appended { head: chain.head, position: Position(rows::number("profiles.position", first)?) })
    }

    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
        let query =
            sqlx::query_as(ENTRIES).bind(self.profile()).bind(agent.as_str()).bind(stored(after.0)?).bind(i64::from(limit));
        let rows: Vec<EntryRow> = query.fetch_all(&self.db.pool).await.map_err(at("read a journal"))?;
        rows::entries(rows)
    }

    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("select body from segments where profile_id = $1 and hash = $2")
            .bind(self.profile())
            .bind(hash.as_str())
            .fetch_optional(&self.db.pool)
            .await
            .map_err(at("read a segment"))
    }

    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError> {
        let sql = "insert into snapshots (profile_id, agent_id, seq, hash, schema_version, body) values ($1, $2, $3, $4, $5, $6) \
                   on conflict (profile_id, agent_id) do update set \
                   seq = excluded.seq, hash = excluded.hash, schema_version = excluded.schema_version, body = excluded.body";
        sqlx::query(sql)
            .bind(self.profile())
            .bind(agent.as_str())
            .bind(stored(snapshot.head.seq.0)?)
            .bind(snapshot.head.hash.to_vec())
            .bind(i64::from(snapshot.schema_version))
            .bind(snapshot.body)
            .execute(&self.db.pool)
            .await
            .map_err(at("save a snapshot"))?;
        Ok(())
    }

    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError> {
        let sql = "select seq, hash, schema_version, body from snapshots where profile_id = $1 and agent_id = $2";
        let query = sqlx::query_as(sql).bind(self.profile()).bind(agent.as_str());
        let row: Option<SnapshotRow> = query.fetch_optional(&self.db.pool).await.map_err(at("read a snapshot"))?;
        row.map(Snapshot::try_from).transpose()
    }
}

impl PostgresStore {
    /// Moves the head and writes everything; `false` if the journal does not end where the append says.
    async fn write(&self, connection: &mut PgConnection, append: &Append, chain: &Chain, first: i64) -> Result<bool, StoreError> {
        let query = sqlx::query(if append.head == Head::default() { FIRST } else { NEXT });
        let query = self.bind_agent(query, append, chain)?;
        let query = bind_events(query, append, chain, first);
        let query = bind_mail(query, append, first)?;
        let query = bind_messages(query, append, first)?;
        let (hash, body) = append.segment.as_ref().map(|(hash, body)| (hash.as_str(), body.as_slice())).unzip();
        let row = query.bind(hash).bind(body).fetch_one(connection).await.map_err(appending(&append.agent.agent))?;
        let moved: i64 = sqlx::Row::try_get(&row, 0).map_err(at("append"))?;
        Ok(moved == 1)
    }

    /// $1 to $18.
    fn bind_agent<'q>(&self, query: Statement<'q>, append: &Append, chain: &Chain) -> Result<Statement<'q>, StoreError> {
        let (agent, numbers) = (&append.agent, AgentNumbers::of(&append.agent)?);
        Ok(query
            .bind(self.profile().to_owned())
            .bind(agent.agent.as_str().to_owned())
            .bind(shown(&agent.name))
            .bind(agent.parent.as_ref().map(|parent| parent.as_str().to_owned()))
            .bind(i64::from(agent.depth))
            .bind(agent.task.as_deref().map(shown))
            .bind(agent.status.as_str())
            .bind(shown(&agent.model))
            .bind(numbers.turn)
            .bind(numbers.spent)
            .bind(numbers.unknown)
            .bind(numbers.allowance)
            .bind(agent.created_at.0)
            .bind(agent.updated_at.0)
            .bind(stored(chain.head.seq.0)?)
            .bind(chain.head.hash.to_vec())
            .bind(stored(append.head.seq.0)?)
            .bind(append.head.hash.to_vec()))
    }
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// $19 to $26.
fn bind_events<'q>(query: Statement<'q>, append: &Append, chain: &Chain, first: i64) -> Statement<'q> {
    let events = || chain.events.iter();
    query
        .bind(append.at.0)
        .bind(i64::from(SCHEMA_VERSION))
        .bind(events().map(|event| event.seq).collect::<Vec<_>>())
        .bind((first..).take(chain.events.len()).collect::<Vec<_>>())
        .bind(events().map(|event| event.kind).collect::<Vec<_>>())
        .bind(events().map(|event| event.body.as_slice()).collect::<Vec<_>>())
        .bind(events().map(|event| event.prev_hash.as_slice()).collect::<Vec<_>>())
        .bind(events().map(|event| event.hash.as_slice()).collect::<Vec<_>>())
}

/// $27 to $31.
fn bind_mail<'q>(query: Statement<'q>, append: &Append, first: i64) -> Result<Statement<'q>, StoreError> {
    let rows = mail_rows(&append.events, first)?;
    Ok(query
        .bind(rows.iter().map(|row| row.mail.id.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.mail.from.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.mail.to.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.body.as_slice()).collect::<Vec<_>>()))
}

/// $32 to $37.
fn bind_messages<'q>(query: Statement<'q>, append: &Append, first: i64) -> Result<Statement<'q>, StoreError> {
    let rows = message_rows(append, first)?;
    Ok(query
        .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.author.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.folded.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>()))
}
