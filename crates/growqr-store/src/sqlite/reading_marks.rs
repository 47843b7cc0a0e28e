//! How far the person has read each conversation.

use super::SqliteStore;
use crate::chain::to_i64;
use crate::error::while_doing;
use crate::rows::{self, UnreadRow};
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{ReadingMarks, StoreError, Unread};

/// Who writes has seen what was there before.
const UNREAD: &str = "with marks as (select profile_id, agent_id, max(seq, coalesce((select own.seq from messages own \
    where own.profile_id = reading_marks.profile_id and own.agent_id = reading_marks.agent_id and own.author is null \
    order by own.seq desc limit 1), 0)) as seen from reading_marks where profile_id = ?) \
    select agent_id, seen, (select count(*) from messages where messages.profile_id = marks.profile_id \
    and messages.agent_id = marks.agent_id and messages.seq > marks.seen and author is not null) as messages \
    from marks order by agent_id";
const SAW: &str = "insert into reading_marks (profile_id, agent_id, seq, at) values (?, ?, ?, ?) \
    on conflict (profile_id, agent_id) do update set seq = excluded.seq, at = excluded.at where excluded.seq > reading_marks.seq";

#[async_trait]
impl ReadingMarks for SqliteStore {
    async fn unread(&self) -> Result<Vec<Unread>, StoreError> {
        let query = sqlx::query_as(UNREAD).bind(self.profile());
        let rows: Vec<UnreadRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("read what is unread"))?;
        rows::all(rows)
    }

    async fn saw(&self, agent: &AgentId, seq: Seq, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(SAW).bind(self.profile()).bind(agent.as_str()).bind(to_i64(seq.0)?).bind(at.0);
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("keep what was read"))?;
        writer.release();
        Ok(())
    }
}
