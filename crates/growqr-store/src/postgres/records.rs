//! Read access for people and interfaces.

use super::{PostgresStore, search};
use crate::chain::to_i64;
use crate::error::while_doing;
use crate::rows::{self, AgentRow, EventRow, MessageRow, select_agents};
use async_trait::async_trait;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{AgentView, MessageView, Records, StoreError, StoredEvent};

const AGENTS: &str = select_agents!("where profile_id = $1 order by depth > 0, created_at, agent_id");
const AGENT: &str = select_agents!("where profile_id = $1 and agent_id = $2");
const EVENTS: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = $1 and position > $2 order by position limit $3";
const EVENTS_OF_AGENT: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = $1 and position > $2 and agent_id = $3 order by position limit $4";
const EVENTS_BEFORE: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = $1 and position < $2 order by position desc limit $3";
const EVENTS_OF_AGENT_BEFORE: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash \
    from events \
    where profile_id = $1 and position < $2 and agent_id = $3 order by position desc limit $4";
const TURN_EVENTS_BEFORE: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = $1 and agent_id = $2 and position < $3 \
    and kind in ('turn_started', 'turn_ended', 'user_said', 'said_again', 'mail_received') \
    order by position desc limit $4";
const MESSAGES: &str = "select agent_id, seq, author, text, attachments, at from messages \
    where profile_id = $1 and agent_id = $2 and seq < $3 order by seq desc limit $4";

#[async_trait]
impl Records for PostgresStore {
    async fn agents(&self) -> Result<Vec<AgentView>, StoreError> {
        let query = sqlx::query_as(AGENTS).bind(self.profile());
        let rows: Vec<AgentRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list agents"))?;
        rows::all(rows)
    }

    async fn agent(&self, id: &AgentId) -> Result<Option<AgentView>, StoreError> {
        let query = sqlx::query_as(AGENT).bind(self.profile()).bind(id.as_str());
        let row: Option<AgentRow> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read an agent"))?;
        row.map(AgentView::try_from).transpose()
    }

    async fn events(&self, after: Position, agent: Option<&AgentId>, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let query = sqlx::query_as(if agent.is_some() { EVENTS_OF_AGENT } else { EVENTS });
        let mut query = query.bind(self.profile()).bind(to_i64(after.0)?);
        if let Some(agent) = agent {
            query = query.bind(agent.as_str());
        }
        let rows: Vec<EventRow> =
            query.bind(i64::from(limit)).fetch_all(&self.db.pool).await.map_err(while_doing("read events"))?;
        rows::all(rows)
    }

    async fn events_before(
        &self,
        before: Option<Position>,
        agent: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let before = before.map_or(Ok(i64::MAX), |position| to_i64(position.0))?;
        let query = sqlx::query_as(if agent.is_some() { EVENTS_OF_AGENT_BEFORE } else { EVENTS_BEFORE });
        let mut query = query.bind(self.profile()).bind(before);
        if let Some(agent) = agent {
            query = query.bind(agent.as_str());
        }
        let mut rows: Vec<EventRow> =
            query.bind(i64::from(limit)).fetch_all(&self.db.pool).await.map_err(while_doing("read events"))?;
        rows.reverse();
        rows::all(rows)
    }

    async fn turn_events_before(
        &self,
        before: Option<Position>,
        agent: &AgentId,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let before = before.map_or(Ok(i64::MAX), |position| to_i64(position.0))?;
        let query =
            sqlx::query_as(TURN_EVENTS_BEFORE).bind(self.profile()).bind(agent.as_str()).bind(before).bind(i64::from(limit));
        let mut rows: Vec<EventRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("read turns"))?;
        rows.reverse();
        rows::all(rows)
    }

    async fn position(&self) -> Result<Position, StoreError> {
        let query = sqlx::query_scalar("select position from profiles where profile_id = $1").bind(self.profile());
        let position: Option<i64> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read the position"))?;
        rows::number("profiles.position", position.unwrap_or(0)).map(Position)
    }

    async fn messages(&self, agent: &AgentId, before: Option<Seq>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        let before = before.map_or(Ok(i64::MAX), |seq| to_i64(seq.0))?;
        let query = sqlx::query_as(MESSAGES).bind(self.profile()).bind(agent.as_str()).bind(before).bind(i64::from(limit));
        let mut rows: Vec<MessageRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("read messages"))?;
        rows.reverse();
        rows::all(rows)
    }

    async fn search(&self, text: &str, agent: Option<&AgentId>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        search::search(self, text, agent, limit).await
    }
}
