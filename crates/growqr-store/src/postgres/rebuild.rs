//! Rebuilds the views, in one transaction per agent; dropping it rolls back.

use super::{PostgresStore, views};
use crate::chain::{SentRow, sent_rows, stored};
use crate::error::at;
use crate::rows::{self, JournalRow};
use crate::views::{AgentRow, ViewRows, differing};
use async_trait::async_trait;
use growqr_core::id::AgentId;
use growqr_core::journal::{Head, StoreError};
use growqr_core::rebuild::{Differences, Rebuild, Replayed, Views};
use sqlx::{Postgres, Transaction};
use std::collections::HashSet;

const JOURNALS: &str = "select known.agent_id, journals.seq, journals.hash \
    from (select distinct agent_id from events where profile_id = $1) as known \
    left join journals on journals.profile_id = $1 and journals.agent_id = known.agent_id order by known.agent_id";

/// Mail has the position of its event.
const SENT: &str = "select id, position, sender, receiver, body, delivered from outbox where profile_id = $1 and position in \
    (select position from events where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4) order by position, id";
const UNSEND: &str = "delete from outbox where profile_id = $1 and position in \
    (select position from events where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4)";
const SEND: &str = "insert into outbox (profile_id, id, position, sender, receiver, body, delivered) \
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (profile_id, id) do update set position = excluded.position, \
    sender = excluded.sender, receiver = excluded.receiver, body = excluded.body, delivered = excluded.delivered";

const STRAY_AGENTS: &str = "delete from agents where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = agents.agent_id)";
const STRAY_MESSAGES: &str = "delete from messages where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = messages.agent_id)";
const STRAY_MAIL: &str = "delete from outbox where profile_id = $1 \
    and not exists (select 1 from events where profile_id = $1 and events.position = outbox.position)";

/// The server maintains the index, so it cannot differ from the table, but it may be missing.
const INDEX: &str = "select growqr_index_messages()";

#[async_trait]
impl Views for PostgresStore {
    async fn journals(&self) -> Result<Vec<(AgentId, Head)>, StoreError> {
        let rows: Vec<JournalRow> =
            sqlx::query_as(JOURNALS).bind(self.profile()).fetch_all(&self.db.pool).await.map_err(at("list the journals"))?;
        rows::all(rows)
    }

    async fn rebuild<'a>(&'a self, agent: &AgentId) -> Result<Box<dyn Rebuild + 'a>, StoreError> {
        let transaction = self.db.begin().await?;
        let (agent, sent, found) = (agent.clone(), HashSet::new(), Differences::default());
        Ok(Box::new(OneAgent { store: self, transaction, agent, row: None, seq: 0, sent, found }))
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let mut transaction = self.db.begin().await?;
        let mut strays = 0;
        for sql in [STRAY_AGENTS, STRAY_MESSAGES, STRAY_MAIL] {
            let done = sqlx::query(sql).bind(self.profile()).execute(&mut *transaction).await.map_err(at("rebuild"))?;
            strays += done.rows_affected();
        }
        sqlx::query(INDEX).execute(&mut *transaction).await.map_err(at("rebuild"))?;
        transaction.commit().await.map_err(at("rebuild"))?;
        Ok(strays)
    }
}

struct OneAgent<'a> {
    store: &'a PostgresStore,
    transaction: Transaction<'static, Postgres>,
    agent: AgentId,
    /// The agent's row after the last page.
    row: Option<AgentRow>,
    /// The number of the last event so far.
    seq: i64,
    /// Ids of the mail so far.
    sent: HashSet<String>,
    found: Differences,
}

#[async_trait]
impl Rebuild for OneAgent<'_> {
    async fn put(&mut self, page: Replayed) -> Result<(), StoreError> {
        let Some((_, last)) = page.entries.last() else { return Ok(()) };
        let range = (self.seq, stored(last.seq.0)?);
        let rows = ViewRows::replayed(&page)?;
        let (profile, agent) = (self.store.profile(), self.agent.as_str());
        self.found.messages += views::replace_messages(&mut self.transaction, profile, agent, range, rows.messages).await?;
        let sent = sent_rows(&page, &mut self.sent)?;
        self.put_mail(range, sent).await?;
        self.row = rows.agent;
        self.seq = range.1;
        Ok(())
    }

    async fn finish(mut self: Box<Self>, head: Head) -> Result<Differences, StoreError> {
        let (profile, agent) = (self.store.profile(), self.agent.as_str());
        self.found.messages +=
            views::replace_messages(&mut self.transaction, profile, agent, (self.seq, i64::MAX), Vec::new()).await?;
        self.found.messages += views::replace_messages(&mut self.transaction, profile, agent, (i64::MIN, 0), Vec::new()).await?;
        if let Some(row) = self.row.take() {
            self.found.agents += views::replace_agent(&mut self.transaction, profile, agent, row).await?;
        }
        let end = sqlx::query_scalar(
            "select count(*) from journals where profile_id = $1 and agent_id = $2 and seq = $3 and hash = $4",
        );
        let end = end.bind(profile).bind(agent).bind(stored(head.seq.0)?).bind(head.hash.to_vec());
        let is_there: i64 = end.fetch_one(&mut *self.transaction).await.map_err(at("rebuild"))?;
        if is_there != 1 || stored(head.seq.0)? != self.seq {
            return Err(StoreError::Conflict { agent: self.agent });
        }
        self.transaction.commit().await.map_err(at("rebuild"))?;
        Ok(self.found)
    }
}

impl OneAgent<'_> {
    async fn put_mail(&mut self, (after, last): (i64, i64), wanted: Vec<SentRow>) -> Result<(), StoreError> {
        let (profile, agent) = (self.store.profile(), self.agent.as_str());
        let there = sqlx::query_as(SENT).bind(profile).bind(agent).bind(after).bind(last);
        let there: Vec<SentRow> = there.fetch_all(&mut *self.transaction).await.map_err(at("rebuild"))?;
        if there == wanted {
            return Ok(());
        }
        self.found.mail += differing(&there, &wanted, |row| row.id.clone());
        let unsend = sqlx::query(UNSEND).bind(profile).bind(agent).bind(after).bind(last);
        unsend.execute(&mut *self.transaction).await.map_err(at("rebuild"))?;
        for row in wanted {
            let send = sqlx::query(SEND).bind(profile).bind(row.id).bind(row.position).bind(row.sender).bind(row.receiver);
            send.bind(row.body).bind(row.delivered).execute(&mut *self.transaction).await.map_err(at("rebuild"))?;
        }
        Ok(())
    }
}
