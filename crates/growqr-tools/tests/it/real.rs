//! Real servers of npm.

use crate::world::{call, program, servers, text, until_ready};
use growqr_core::tool::ContentBlock;
use growqr_testkit::mcp::npm_server;
use serde_json::json;

#[tokio::test]
async fn a_real_server_lists_its_tools_and_answers_calls() {
    let Some(everything) = npm_server("everything") else { return };
    let servers = servers();
    servers.set(vec![program("everything", everything)]);
    let status = until_ready(&servers, "everything").await;
    assert!(!status.introduction.is_empty());
    let listing = status.listing.unwrap();
    assert!(listing.tools.len() >= 10 && listing.left_out.is_empty(), "{listing:?}");
    let sum = call(&servers, "everything", "everything__get-sum", json!({"a": 2, "b": 3})).await;
    assert!(text(&sum).contains('5'), "{}", text(&sum));
    let image = call(&servers, "everything", "everything__get-tiny-image", json!({})).await;
    assert!(image.content.0.iter().any(|block| matches!(block, ContentBlock::Image { .. })));
    let links = call(&servers, "everything", "everything__get-resource-links", json!({"count": 2})).await;
    assert!(links.content.0.iter().any(|block| matches!(block, ContentBlock::Link { .. })), "{links:?}");
    let wrong = call(&servers, "everything", "everything__get-sum", json!({"a": "two"})).await;
    assert!(wrong.is_error, "{wrong:?}");
    servers.close().await;
}

#[tokio::test]
async fn a_real_server_of_files_keeps_to_its_folder() {
    let Some((command, mut args)) = npm_server("filesystem") else { return };
    let folder = tempfile::tempdir().unwrap();
    args.push(folder.path().display().to_string());
    std::fs::write(folder.path().join("a.txt"), "inside").unwrap();
    let servers = servers();
    servers.set(vec![program("files", (command, args))]);
    until_ready(&servers, "files").await;
    let read = |path: &std::path::Path| json!({"path": path.display().to_string()});
    let inside = call(&servers, "files", "files__read_text_file", read(&folder.path().join("a.txt"))).await;
    assert_eq!(text(&inside), "inside");
    let outside = call(&servers, "files", "files__read_text_file", read("/etc/hostname".as_ref())).await;
    assert!(outside.is_error, "{outside:?}");
    servers.close().await;
}
