//! Puts the contents of attached files into the messages that name them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use growqr_core::attachment::{Attachment, AttachmentKind};
use growqr_core::model::Files;
use growqr_core::prompt::{Block, attachments_of, blocks, missing_attachment};
use growqr_core::raw::RawJson;
use serde_json::value::RawValue;

/// Adds the JSON text of a user message's content as the service gets it. Contents are written to their place at once: they are large.
pub(super) fn push_content(out: &mut String, content: &RawJson, files: &Files) {
    let all = match attachments_of(content).is_empty() {
        true => None,
        false => serde_json::from_str::<Vec<&RawValue>>(content.text()).ok(),
    };
    let Some(all) = all else { return out.push_str(content.text()) };
    out.push('[');
    for (at, (raw, block)) in all.into_iter().zip(blocks(content)).enumerate() {
        if at > 0 {
            out.push(',');
        }
        match block {
            Block::Attachment(file) => push_file(out, &file, files.get(&file.hash)),
            _ => out.push_str(raw.get()),
        }
    }
    out.push(']');
}

/// Text is a document of its own, so nothing in it can pass as words of the person.
fn push_file(out: &mut String, file: &Attachment, content: Option<&[u8]>) {
    let json = |text: &str| RawJson::of(text).text().to_owned();
    let Some(content) = content else {
        out.push_str(r#"{"type":"text","text":"#);
        out.push_str(&json(&missing_attachment(file)));
        return out.push('}');
    };
    out.push_str(match file.kind {
        AttachmentKind::Image => r#"{"type":"image","source":{"type":"base64","media_type":"#,
        AttachmentKind::Pdf => r#"{"type":"document","source":{"type":"base64","media_type":"#,
        AttachmentKind::Text => r#"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"#,
    });
    match file.kind {
        AttachmentKind::Text => out.push_str(&json(&String::from_utf8_lossy(content))),
        AttachmentKind::Image | AttachmentKind::Pdf => {
            out.push_str(&json(&file.media_type));
            out.push_str(r#","data":""#);
            STANDARD.encode_string(content, out);
            out.push('"');
        }
    }
    out.push('}');
    if file.kind != AttachmentKind::Image {
        out.push_str(r#","title":"#);
        out.push_str(&json(&file.name));
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoded::tests::with_picture;
    use growqr_core::id::ContentHash;
    use growqr_core::prompt::attachment_block;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn with_files(content: &RawJson, files: &Files) -> String {
        let mut out = String::new();
        push_content(&mut out, content, files);
        out
    }

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
    fn a_large_file_is_written_to_a_body_that_has_room_for_it() {
        let body = crate::anthropic::request::body(&with_picture(vec![7; 3_000_000]));
        assert!(body.len() > 4_000_000 && body.capacity() - body.len() < 10_000, "{} of {}", body.len(), body.capacity());
    }

    #[test]
    fn other_content_is_sent_as_it_is() {
        let content = RawJson::parse(r#"[ {"type":"text","text":"{\"type\":\"attachment\","} ]"#).unwrap();
        assert_eq!(with_files(&content, &Files::default()), content.text());
    }
}
