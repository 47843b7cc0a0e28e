//! Pictures and documents in requests: the stand-in refuses what the service refuses.

use crate::client::{hello_with, post, refused};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use growqr_testkit::anthropic::{AnthropicStub, says};
use growqr_testkit::files::{pdf, png};
use serde_json::{Value, json};

const OPUS: &str = "claude-opus-4-7";

fn source(media_type: &str, bytes: &[u8]) -> Value {
    json!({"type": "base64", "media_type": media_type, "data": STANDARD.encode(bytes)})
}

fn picture(bytes: &[u8]) -> Value {
    json!({"type": "image", "source": source("image/png", bytes)})
}

fn document(bytes: &[u8]) -> Value {
    json!({"type": "document", "source": source("application/pdf", bytes), "title": "a.pdf"})
}

fn with(content: Vec<Value>) -> Value {
    hello_with(OPUS, json!({"messages": [{"role": "user", "content": content}]}))
}

#[tokio::test]
async fn pictures_and_documents_are_checked_as_the_service_does() {
    let claude = AnthropicStub::start().await;
    let text = |text: &str| json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}});
    let mut large = png(1, 1);
    large.resize(8 << 20, 0);
    let table = [
        (json!({"type": "image"}), "image.source: Field required"),
        (json!({"type": "image", "source": {"type": "attachment"}}), "image.source.type: Input should be"),
        (json!({"type": "image", "source": source("image/svg+xml", &png(1, 1))}), "media_type: Input should be"),
        (json!({"type": "image", "source": source("image/jpeg", &png(1, 1))}), "does not match the provided media type"),
        (json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "?"}}), "invalid base64"),
        (json!({"type": "image", "source": source("image/png", &png(1, 1)), "title": "x"}), "title: Extra inputs"),
        (picture(&png(8_001, 1)), "exceed max allowed size: 8000 pixels"),
        (picture(&large), "image exceeds 10 MB maximum"),
        (document(b"no pdf"), "The PDF specified was not valid."),
        (document(&pdf(101)), "A maximum of 100 PDF pages"),
        (text(""), "must be non-empty"),
    ];
    for (block, words) in table {
        refused(&post(&claude, &with(vec![block])).await, 400, words);
    }
    let many = vec![picture(&png(2_001, 1)); 21];
    refused(&post(&claude, &with(many)).await, 400, "exceed max allowed size: 2000 pixels");
    claude.will(says("I see"));
    let all = vec![picture(&png(8_000, 8_000)), document(&pdf(100)), text("hello")];
    assert_eq!(post(&claude, &with(all)).await.status, 200);
}

#[tokio::test]
async fn a_picture_costs_by_its_pixels_and_not_by_its_bytes() {
    let claude = AnthropicStub::start().await;
    let mut padded = png(280, 280);
    padded.resize(1 << 20, 0);
    claude.will(says("I see"));
    let answer = post(&claude, &with(vec![picture(&padded)])).await;
    assert_eq!(answer.status, 200);
    let usage = answer.json()["usage"].clone();
    assert_eq!(usage["input_tokens"], 100, "{usage}");
}
