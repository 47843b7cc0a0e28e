//! Rows about attached files.

use super::{json, number};
use growqr_core::attachment::Attachment;
use growqr_core::clock::Timestamp;
use growqr_core::id::{Position, sha256_hex};
use growqr_core::journal::{StoreError, StoredAttachment};

/// Reads the description of a file.
pub(crate) fn described(body: &str) -> Result<Attachment, StoreError> {
    json("attachments.body", body)
}

/// The content that was read for this hash; `None` if it is damaged.
pub(crate) fn undamaged(hash: &str, content: Vec<u8>) -> Option<Vec<u8>> {
    (sha256_hex(&content) == hash).then_some(content)
}

#[derive(sqlx::FromRow)]
pub(crate) struct AttachmentRow {
    body: String,
    stored_at: i64,
    position: i64,
}

impl TryFrom<AttachmentRow> for StoredAttachment {
    type Error = StoreError;

    fn try_from(row: AttachmentRow) -> Result<StoredAttachment, StoreError> {
        Ok(StoredAttachment {
            attachment: described(&row.body)?,
            at: Timestamp(row.stored_at),
            position: Position(number("attachments.position", row.position)?),
        })
    }
}
