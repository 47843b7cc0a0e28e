//! Puts the contents of attached files into the messages that name them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use growqr_core::attachment::{Attachment, AttachmentKind};
use growqr_core::model::Files;
use growqr_core::prompt::{Block, attachments_of, blocks, missing_attachment};
use growqr_core::raw::RawJson;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The JSON text of a user message's content as the service gets it.
pub(super) fn with_files<'a>(content: &'a RawJson, files: &Files) -> Cow<'a, str> {
    if attachments_of(content).is_empty() {
        return Cow::Borrowed(content.text());
    }
    let Ok(all) = serde_json::from_str::<Vec<&RawValue>>(content.text()) else { return Cow::Borrowed(content.text()) };
    let sent = all.into_iter().zip(blocks(content)).map(|(raw, block)| match block {
        Block::Attachment(file) => Cow::Owned(block_of(&file, files.get(&file.hash)).to_string()),
        _ => Cow::Borrowed(raw.get()),
    });
    Cow::Owned(format!("[{}]", sent.collect::<Vec<_>>().join(",")))
}

/// Text is a document of its own, so nothing in it can pass as words of the person.
fn block_of(file: &Attachment, content: Option<&[u8]>) -> Value {
    let Some(content) = content else { return json!({"type": "text", "text": missing_attachment(file)}) };
    let media_type = &file.media_type;
    let source = match file.kind {
        AttachmentKind::Text => {
            json!({"type": "text", "media_type": "text/plain", "data": String::from_utf8_lossy(content)})
        }
        AttachmentKind::Image | AttachmentKind::Pdf => {
            json!({"type": "base64", "media_type": media_type, "data": STANDARD.encode(content)})
        }
    };
    match file.kind {
        AttachmentKind::Image => json!({"type": "image", "source": source}),
        AttachmentKind::Text | AttachmentKind::Pdf => json!({"type": "document", "source": source, "title": file.name}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::id::ContentHash;
    use growqr_core::prompt::attachment_block;
    use std::sync::Arc;

    fn file(kind: AttachmentKind, media_type: &str) -> Attachment {
        let (hash, name) = (ContentHash::new(media_type), "a \"b\".x".to_owned());
        Attachment { hash, name, kind, media_type: media_type.to_owned(), bytes: 2, pixels: None, pages: None }
    }

    #[test]
    fn each_kind_becomes_its_block_and_a_missing_content_is_told() {
        let known = [
            file(AttachmentKind::Image, "image/png"),
            file(AttachmentKind::Pdf, "application/pdf"),
            file(AttachmentKind::Text, "text/plain"),
        ];
        let files = Files(Arc::new(known.iter().map(|file| (file.hash.clone(), b"hi".to_vec())).collect()));
        let missing = file(AttachmentKind::Image, "image/gif");
        let said = RawJson::parse(r#"{"type":"text","text":"look"}"#).unwrap();
        let content: Vec<RawJson> = [said].into_iter().chain(known.iter().chain([&missing]).map(attachment_block)).collect();
        let content = RawJson::of(&content);
        let sent: Value = serde_json::from_str(&with_files(&content, &files)).unwrap();
        let title = "a \"b\".x";
        assert_eq!(
            sent,
            json!([
                {"type": "text", "text": "look"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}, "title": title},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}, "title": title},
                {"type": "text", "text": r#"(The content of the attached file "a \"b\".x" is missing on this computer.)"#},
            ])
        );
        assert_eq!(with_files(&content, &files), with_files(&content, &files), "the same bytes each time");
    }

    #[test]
    fn other_content_is_sent_as_it_is() {
        let content = RawJson::parse(r#"[ {"type":"text","text":"{\"type\":\"attachment\","} ]"#).unwrap();
        assert_eq!(with_files(&content, &Files::default()), content.text());
    }
}
