//! Rebuilds the views, in one transaction per agent. Dropping an unfinished rebuild rolls back.

use super::connections::{MIGRATION_TIMEOUT, limited, limited_to};
use super::{PostgresStore, views};
use crate::chain::{OutboxRow, outbox_rows, to_i64};
use crate::error::while_doing;
use crate::rows::{self, JournalRow};
use crate::views::{AgentRow, AskRow, RuleRow, SessionRow, ViewRows, differing, settle};
use async_trait::async_trait;
use growqr_core::id::AgentId;
use growqr_core::journal::{Head, StoreError};
use growqr_core::rebuild::{Differences, Rebuild, ReplayedPage, Views};
use sqlx::{Postgres, Transaction};
use std::collections::HashSet;

const JOURNALS: &str = "select known.agent_id, journals.seq, journals.hash \
    from (select distinct agent_id from events where profile_id = $1) as known \
    left join journals on journals.profile_id = $1 and journals.agent_id = known.agent_id order by known.agent_id";

/// Mail has the position of its event.
const MAIL: &str = "select id, position, sender, receiver, body, delivered from outbox where profile_id = $1 and position in \
    (select position from events where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4) order by position, id";
const DELETE_MAIL: &str = "delete from outbox where profile_id = $1 and position in \
    (select position from events where profile_id = $1 and agent_id = $2 and seq > $3 and seq <= $4)";
const INSERT_MAIL: &str = "insert into outbox (profile_id, id, position, sender, receiver, body, delivered) \
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (profile_id, id) do update set position = excluded.position, \
    sender = excluded.sender, receiver = excluded.receiver, body = excluded.body, delivered = excluded.delivered";

const DELETE_ORPHANED_AGENTS: &str = "delete from agents where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = agents.agent_id)";
const DELETE_ORPHANED_MESSAGES: &str = "delete from messages where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = messages.agent_id)";
const DELETE_ORPHANED_ASKS: &str = "delete from asks where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = asks.agent_id)";
const DELETE_ORPHANED_SPENDINGS: &str = "delete from spendings where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = spendings.agent_id)";
const DELETE_ORPHANED_SESSIONS: &str = "delete from sessions where profile_id = $1 \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = sessions.agent_id)";
const DELETE_ORPHANED_RULES: &str = "delete from rules where profile_id = $1 and agent_id is not null \
    and not exists (select 1 from journals where profile_id = $1 and journals.agent_id = rules.agent_id)";
const DELETE_ORPHANED_MAIL: &str = "delete from outbox where profile_id = $1 \
    and not exists (select 1 from events where profile_id = $1 and events.position = outbox.position)";

/// Looking through whole tables, and creating an index, may take long.
const NO_LIMIT: &str = "set local statement_timeout = 0";

/// The server maintains the index, so it cannot differ from the table, but it may be missing.
const INDEX: &str = "select growqr_index_messages()";

const DELETE_ORPHANS: [&str; 7] = [
    DELETE_ORPHANED_AGENTS,
    DELETE_ORPHANED_MESSAGES,
    DELETE_ORPHANED_ASKS,
    DELETE_ORPHANED_SPENDINGS,
    DELETE_ORPHANED_SESSIONS,
    DELETE_ORPHANED_RULES,
    DELETE_ORPHANED_MAIL,
];

#[async_trait]
impl Views for PostgresStore {
    async fn journals(&self) -> Result<Vec<(AgentId, Head)>, StoreError> {
        let rows: Vec<JournalRow> = sqlx::query_as(JOURNALS)
            .bind(self.profile())
            .fetch_all(&self.db.pool)
            .await
            .map_err(while_doing("list the journals"))?;
        rows::all(rows)
    }

    async fn rebuild<'a>(&'a self, agent: &AgentId) -> Result<Box<dyn Rebuild + 'a>, StoreError> {
        let transaction = self.db.begin().await?;
        let (agent, sent, differences) = (agent.clone(), HashSet::new(), Differences::default());
        Ok(Box::new(AgentRebuild {
            store: self,
            transaction,
            agent,
            row: None,
            session: None,
            asks: Vec::new(),
            rules: Vec::new(),
            seq: 0,
            sent,
            differences,
        }))
    }

    async fn delete_orphans(&self) -> Result<u64, StoreError> {
        limited_to(MIGRATION_TIMEOUT, "rebuild", self.delete_all_orphans()).await
    }
}

impl PostgresStore {
    async fn delete_all_orphans(&self) -> Result<u64, StoreError> {
        let mut transaction = self.db.begin().await?;
        sqlx::query(NO_LIMIT).execute(&mut *transaction).await.map_err(while_doing("rebuild"))?;
        let mut orphans = 0;
        for sql in DELETE_ORPHANS {
            let done = sqlx::query(sql).bind(self.profile()).execute(&mut *transaction).await.map_err(while_doing("rebuild"))?;
            orphans += done.rows_affected();
        }
        sqlx::query(INDEX).execute(&mut *transaction).await.map_err(while_doing("rebuild"))?;
        transaction.commit().await.map_err(while_doing("rebuild"))?;
        Ok(orphans)
    }
}

struct AgentRebuild<'a> {
    store: &'a PostgresStore,
    transaction: Transaction<'static, Postgres>,
    agent: AgentId,
    /// The agent's row after the last page.
    row: Option<AgentRow>,
    /// The row of its session after the last page that has one.
    session: Option<SessionRow>,
    /// The asks so far, and the rules that they have added.
    asks: Vec<AskRow>,
    rules: Vec<RuleRow>,
    /// The number of the last event so far.
    seq: i64,
    /// Ids of the mail that the pages so far have sent.
    sent: HashSet<String>,
    differences: Differences,
}

#[async_trait]
impl Rebuild for AgentRebuild<'_> {
    async fn add_page(&mut self, page: ReplayedPage) -> Result<(), StoreError> {
        limited("rebuild", self.replace_page(page)).await
    }

    async fn finish(self: Box<Self>, head: Head) -> Result<Differences, StoreError> {
        limited("rebuild", self.replace_rest(head)).await
    }
}

impl AgentRebuild<'_> {
    async fn replace_page(&mut self, page: ReplayedPage) -> Result<(), StoreError> {
        let Some((_, last)) = page.entries.last() else { return Ok(()) };
        let range = (self.seq, to_i64(last.seq.0)?);
        let rows = ViewRows::replayed(&page)?;
        let (profile, agent) = (self.store.profile(), self.agent.as_str());
        self.differences.messages += views::replace_messages(&mut self.transaction, profile, agent, range, rows.messages).await?;
        self.differences.spendings +=
            views::replace_spendings(&mut self.transaction, profile, agent, range, rows.spendings).await?;
        self.asks.extend(rows.asks);
        settle(&mut self.asks, rows.settled);
        self.rules.extend(rows.rules);
        let sent = outbox_rows(&page, &mut self.sent)?;
        self.replace_mail(range, sent).await?;
        self.row = rows.agent;
        self.session = rows.session.or(self.session.take());
        self.seq = range.1;
        Ok(())
    }

    async fn replace_rest(mut self: Box<Self>, head: Head) -> Result<Differences, StoreError> {
        let (profile, agent) = (self.store.profile(), self.agent.as_str());
        self.differences.messages +=
            views::replace_messages(&mut self.transaction, profile, agent, (self.seq, i64::MAX), Vec::new()).await?;
        self.differences.messages +=
            views::replace_messages(&mut self.transaction, profile, agent, (i64::MIN, 0), Vec::new()).await?;
        if let Some(row) = self.row.take() {
            self.differences.agents += views::replace_agent(&mut self.transaction, profile, agent, row).await?;
        }
        let session = self.session.take();
        self.differences.sessions += views::replace_session(&mut self.transaction, profile, agent, session).await?;
        let (asks, rules) = (std::mem::take(&mut self.asks), std::mem::take(&mut self.rules));
        self.differences.asks += views::replace_asks(&mut self.transaction, profile, agent, asks).await?;
        self.differences.rules += views::add_missing_rules(&mut self.transaction, profile, agent, rules).await?;
        for range in [(self.seq, i64::MAX), (i64::MIN, 0)] {
            self.differences.spendings +=
                views::replace_spendings(&mut self.transaction, profile, agent, range, Vec::new()).await?;
        }
        let end = sqlx::query_scalar(
            "select count(*) from journals where profile_id = $1 and agent_id = $2 and seq = $3 and hash = $4",
        );
        let end = end.bind(profile).bind(agent).bind(to_i64(head.seq.0)?).bind(head.hash.to_vec());
        let matching: i64 = end.fetch_one(&mut *self.transaction).await.map_err(while_doing("rebuild"))?;
        if matching != 1 || to_i64(head.seq.0)? != self.seq {
            return Err(StoreError::Conflict { agent: self.agent });
        }
        self.transaction.commit().await.map_err(while_doing("rebuild"))?;
        Ok(self.differences)
    }

    async fn replace_mail(&mut self, (after, last): (i64, i64), expected: Vec<OutboxRow>) -> Result<(), StoreError> {
        let (profile, agent) = (self.store.profile(), self.agent.as_str());
        let existing = sqlx::query_as(MAIL).bind(profile).bind(agent).bind(after).bind(last);
        let existing: Vec<OutboxRow> = existing.fetch_all(&mut *self.transaction).await.map_err(while_doing("rebuild"))?;
        if existing == expected {
            return Ok(());
        }
        self.differences.mail += differing(&existing, &expected, |row| row.id.clone());
        let delete = sqlx::query(DELETE_MAIL).bind(profile).bind(agent).bind(after).bind(last);
        delete.execute(&mut *self.transaction).await.map_err(while_doing("rebuild"))?;
        for row in expected {
            let insert =
                sqlx::query(INSERT_MAIL).bind(profile).bind(row.id).bind(row.position).bind(row.sender).bind(row.receiver);
            insert.bind(row.body).bind(row.delivered).execute(&mut *self.transaction).await.map_err(while_doing("rebuild"))?;
        }
        Ok(())
    }
}
