//! The contents of attached files.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{self, AttachmentRow, described, undamaged};
use async_trait::async_trait;
use growqr_core::attachment::Attachment;
use growqr_core::clock::Timestamp;
use growqr_core::id::ContentHash;
use growqr_core::journal::{Attachments, StoreError, StoredAttachment};
use growqr_core::raw::RawJson;

/// The content is written again as well: the stored one may be damaged.
const SAVE: &str = "insert into attachments (profile_id, hash, body, content, stored_at, position, is_used) \
    values ($1, $2, $3, $4, $5, coalesce((select position from profiles where profile_id = $1), 0), false) \
    on conflict (profile_id, hash) do update set body = excluded.body, content = excluded.content, stored_at = excluded.stored_at";
const CLAIM: &str = "update attachments set stored_at = $2 where profile_id = $1 and hash = any($3) returning hash, body";
const DESCRIPTION: &str = "select body from attachments where profile_id = $1 and hash = $2";
const CONTENT: &str = "select content from attachments where profile_id = $1 and hash = $2";
const UNUSED: &str = "select body, stored_at, position from attachments where profile_id = $1 and not is_used and stored_at < $2";
const NOTE_USED: &str = "update attachments set is_used = true where profile_id = $1 and hash = any($2) and not is_used";
const DELETE: &str = "delete from attachments where profile_id = $1 and hash = $2 and stored_at <= $3 and not is_used";

#[async_trait]
impl Attachments for PostgresStore {
    async fn save_attachment(&self, attachment: &Attachment, content: &[u8], at: Timestamp) -> Result<(), StoreError> {
        let body = RawJson::of(attachment).text().to_owned();
        let query = sqlx::query(SAVE).bind(self.profile()).bind(attachment.hash.as_str()).bind(body).bind(content).bind(at.0);
        query.execute(&self.db.pool).await.map_err(while_doing("store an attached file"))?;
        Ok(())
    }

    async fn claim_attachments(&self, hashes: &[ContentHash], at: Timestamp) -> Result<Vec<Attachment>, StoreError> {
        let query = sqlx::query_as(CLAIM).bind(self.profile()).bind(at.0).bind(texts(hashes));
        let rows: Vec<(String, String)> = query.fetch_all(&self.db.pool).await.map_err(while_doing("find attached files"))?;
        let row_of = |hash: &ContentHash| rows.iter().find(|(found, _)| found == hash.as_str());
        hashes.iter().filter_map(row_of).map(|(_, body)| described(body)).collect()
    }

    async fn attachment(&self, hash: &ContentHash) -> Result<Option<Attachment>, StoreError> {
        let query = sqlx::query_scalar(DESCRIPTION).bind(self.profile()).bind(hash.as_str());
        let body: Option<String> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("find an attached file"))?;
        body.map(|body| described(&body)).transpose()
    }

    async fn attachment_content(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query_scalar(CONTENT).bind(self.profile()).bind(hash.as_str());
        let content: Option<Vec<u8>> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read an attached file"))?;
        Ok(content.and_then(|content| undamaged(hash.as_str(), content)))
    }

    async fn unused_attachments(&self, before: Timestamp) -> Result<Vec<StoredAttachment>, StoreError> {
        let query = sqlx::query_as(UNUSED).bind(self.profile()).bind(before.0);
        let rows: Vec<AttachmentRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("find unused files"))?;
        rows::all(rows)
    }

    async fn note_used_attachments(&self, hashes: &[ContentHash]) -> Result<(), StoreError> {
        let query = sqlx::query(NOTE_USED).bind(self.profile()).bind(texts(hashes));
        query.execute(&self.db.pool).await.map_err(while_doing("note which files are used"))?;
        Ok(())
    }

    async fn delete_unused_attachment(&self, hash: &ContentHash, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(DELETE).bind(self.profile()).bind(hash.as_str()).bind(at.0);
        query.execute(&self.db.pool).await.map_err(while_doing("delete an unused file"))?;
        Ok(())
    }
}

fn texts(hashes: &[ContentHash]) -> Vec<String> {
    hashes.iter().map(|hash| hash.as_str().to_owned()).collect()
}
