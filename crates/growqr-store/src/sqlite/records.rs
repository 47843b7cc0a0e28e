//! Read access for people and interfaces.

use super::{SqliteStore, search};
use crate::chain::to_i64;
use crate::error::while_doing;
use crate::rows::{self, AgentRow, EventRow, MessageRow, select_agents};
use async_trait::async_trait;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{AgentView, MessageView, Records, StoreError, StoredEvent};

const AGENTS: &str = select_agents!("where profile_id = ? order by depth > 0, created_at, agent_id");
const AGENT: &str = select_agents!("where profile_id = ? and agent_id = ?");
const EVENTS: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = ? and position > ? order by position limit ?";
const EVENTS_OF_AGENT: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = ? and position > ? and agent_id = ? order by position limit ?";
const EVENTS_BEFORE: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = ? and position < ? order by position desc limit ?";
const EVENTS_OF_AGENT_BEFORE: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash \
    from events \
    where profile_id = ? and position < ? and agent_id = ? order by position desc limit ?";
const TURN_EVENTS_BEFORE: &str = "select position, agent_id, seq, at, kind, schema_version, body, prev_hash, hash from events \
    where profile_id = ? and agent_id = ? and position < ? \
    and kind in ('turn_started', 'turn_ended', 'user_said', 'said_again', 'mail_received') \
    order by position desc limit ?";
const MESSAGES: &str = "select agent_id, seq, author, text, attachments, at from messages \
    where profile_id = ? and agent_id = ? and seq < ? order by seq desc limit ?";

#[async_trait]
impl Records for SqliteStore {
    async fn agents(&self) -> Result<Vec<AgentView>, StoreError> {
        let query = sqlx::query_as(AGENTS).bind(self.profile());
        let rows: Vec<AgentRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("list agents"))?;
        rows::all(rows)
    }

    async fn agent(&self, id: &AgentId) -> Result<Option<AgentView>, StoreError> {
        let query = sqlx::query_as(AGENT).bind(self.profile()).bind(id.as_str());
        let row: Option<AgentRow> = query.fetch_optional(&self.db.readers).await.map_err(while_doing("read an agent"))?;
        row.map(AgentView::try_from).transpose()
    }

    async fn events(&self, after: Position, agent: Option<&AgentId>, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let query = sqlx::query_as(if agent.is_some() { EVENTS_OF_AGENT } else { EVENTS });
        let mut query = query.bind(self.profile()).bind(to_i64(after.0)?);
        if let Some(agent) = agent {
            query = query.bind(agent.as_str());
        }
        let rows: Vec<EventRow> = query.bind(limit).fetch_all(&self.db.readers).await.map_err(while_doing("read events"))?;
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
        let mut rows: Vec<EventRow> = query.bind(limit).fetch_all(&self.db.readers).await.map_err(while_doing("read events"))?;
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
        let query = sqlx::query_as(TURN_EVENTS_BEFORE).bind(self.profile()).bind(agent.as_str()).bind(before).bind(limit);
        let mut rows: Vec<EventRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("read turns"))?;
        rows.reverse();
        rows::all(rows)
    }

    async fn position(&self) -> Result<Position, StoreError> {
        let query = sqlx::query_scalar("select position from profiles where profile_id = ?").bind(self.profile());
        let position: Option<i64> = query.fetch_optional(&self.db.readers).await.map_err(while_doing("read the position"))?;
        rows::number("profiles.position", position.unwrap_or(0)).map(Position)
    }

    async fn messages(&self, agent: &AgentId, before: Option<Seq>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        let before = before.map_or(Ok(i64::MAX), |seq| to_i64(seq.0))?;
        let query = sqlx::query_as(MESSAGES).bind(self.profile()).bind(agent.as_str()).bind(before).bind(limit);
        let mut rows: Vec<MessageRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("read messages"))?;
        rows.reverse();
        rows::all(rows)
    }

    async fn search(&self, text: &str, agent: Option<&AgentId>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        search::search(self, text, agent, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, DbConfig};
    use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

    #[tokio::test]
    async fn frequent_queries_find_their_rows_by_index_and_never_sort() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("growqr.db");
        drop(Db::open(&DbConfig::Sqlite { path: path.clone() }).await.unwrap());
        let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
        let plans = [
            (EVENTS, "(profile_id=? AND position>?)"),
            (EVENTS_OF_AGENT, "(profile_id=? AND agent_id=? AND position>?)"),
            (EVENTS_BEFORE, "(profile_id=? AND position<?)"),
            (EVENTS_OF_AGENT_BEFORE, "(profile_id=? AND agent_id=? AND position<?)"),
            (TURN_EVENTS_BEFORE, "(profile_id=? AND agent_id=? AND position<?)"),
            (crate::sqlite::journal::ENTRIES, "(profile_id=? AND agent_id=? AND seq>?)"),
            (MESSAGES, "(profile_id=? AND agent_id=? AND seq<?)"),
            (search::NEWEST, "SEARCH messages USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
            (search::NEWEST_OF_AGENT, "(profile_id=? AND agent_id=?)"),
            (crate::sqlite::outbox::WAITING, "USING INDEX outbox_waiting (profile_id=?)"),
        ];
        for (sql, expected) in plans {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            let steps = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
            let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
            assert!(matches!(&*steps, [only] if only.starts_with("SEARCH") && only.ends_with(expected)), "{sql}\n{steps:?}");
        }
    }
}
