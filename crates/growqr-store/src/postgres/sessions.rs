//! Reads the sessions view.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{self, SessionRow};
use async_trait::async_trait;
use growqr_core::id::SessionId;
use growqr_core::journal::{SessionRecords, SessionView, StoreError};

const ALL: &str = "select agent_id, session_id, title, state, why, started_at, ended_at, outcome from sessions \
    where profile_id = $1 order by started_at desc, agent_id";
const ONE: &str = "select agent_id, session_id, title, state, why, started_at, ended_at, outcome from sessions \
    where profile_id = $1 and session_id = $2 order by started_at desc limit 1";

#[async_trait]
impl SessionRecords for PostgresStore {
    async fn sessions(&self) -> Result<Vec<SessionView>, StoreError> {
        let query = sqlx::query_as(ALL).bind(self.profile());
        let rows: Vec<SessionRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the sessions"))?;
        rows::all(rows)
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionView>, StoreError> {
        let query = sqlx::query_as(ONE).bind(self.profile()).bind(id.as_str());
        let row: Option<SessionRow> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read a session"))?;
        row.map(SessionView::try_from).transpose()
    }
}
