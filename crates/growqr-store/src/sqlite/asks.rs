//! Reads the asks view.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::{self, AskRow};
use async_trait::async_trait;
use growqr_core::id::AskId;
use growqr_core::journal::{AskView, Asks, StoreError};

pub(super) const OPEN: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = ?1 and settled_at is null order by raised_at, agent_id, seq";
pub(super) const SETTLED: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = ?1 and settled_at is not null order by settled_at desc, ask_id limit ?2";
const ONE: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = ?1 and ask_id = ?2";

#[async_trait]
impl Asks for SqliteStore {
    async fn open_asks(&self) -> Result<Vec<AskView>, StoreError> {
        let query = sqlx::query_as(OPEN).bind(self.profile());
        let rows: Vec<AskRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("list the asks"))?;
        Ok(rows::readable("an ask", rows))
    }

    async fn settled_asks(&self, limit: u32) -> Result<Vec<AskView>, StoreError> {
        let query = sqlx::query_as(SETTLED).bind(self.profile()).bind(limit);
        let rows: Vec<AskRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("list the asks"))?;
        Ok(rows::readable("an ask", rows))
    }

    async fn ask(&self, id: &AskId) -> Result<Option<AskView>, StoreError> {
        let query = sqlx::query_as(ONE).bind(self.profile()).bind(id.as_str());
        let row: Option<AskRow> = query.fetch_optional(&self.db.readers).await.map_err(while_doing("read an ask"))?;
        row.map(AskView::try_from).transpose()
    }
}
