//! Real servers of npm and PyPI.

use crate::world::{call, known, program, servers, text, until_ready};
use growqr_core::secret::Secret;
use growqr_core::tool::ContentBlock;
use growqr_testkit::mcp::{npm_server, pypi_server};
use growqr_tools::Transport;
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

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

#[tokio::test]
async fn a_real_server_remembers_what_it_was_told() {
    let Some((command, args)) = npm_server("memory") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.jsonl").display().to_string();
    let env = BTreeMap::from([("MEMORY_FILE_PATH".to_owned(), Secret::new(file))]);
    let servers = servers();
    servers.set(vec![known("memory", Transport::Program { command, args, env })]);
    until_ready(&servers, "memory").await;
    let garden = json!({"entities": [{"name": "garden", "entityType": "place", "observations": ["it is green"]}]});
    assert!(!call(&servers, "memory", "memory__create_entities", garden).await.is_error);
    let found = call(&servers, "memory", "memory__search_nodes", json!({"query": "green"})).await;
    assert!(text(&found).contains("garden"), "{}", text(&found));
    servers.close().await;
}

#[tokio::test]
async fn real_servers_of_pypi_list_their_tools_and_answer_calls() {
    let (Some(git), Some(time)) = (pypi_server("git"), pypi_server("time")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let done = std::process::Command::new("git").args(["init", "--quiet"]).arg(folder.path()).status().unwrap();
    assert!(done.success());
    std::fs::write(folder.path().join("a.txt"), "new").unwrap();
    let servers = servers();
    servers.set(vec![program("git", git), program("time", time)]);
    let listing = until_ready(&servers, "git").await.listing.unwrap();
    assert!(listing.tools.len() >= 8 && listing.left_out.is_empty(), "{listing:?}");
    until_ready(&servers, "time").await;
    let status = call(&servers, "git", "git__git_status", json!({"repo_path": folder.path().display().to_string()})).await;
    assert!(text(&status).contains("a.txt"), "{}", text(&status));
    let now = call(&servers, "time", "time__get_current_time", json!({"timezone": "Asia/Kolkata"})).await;
    assert!(text(&now).contains("+05:30"), "{}", text(&now));
    let wrong = call(&servers, "time", "time__get_current_time", json!({"timezone": "Nowhere"})).await;
    assert!(wrong.is_error, "{wrong:?}");
    servers.close().await;
}

/// A real server on a port. It is ended with this.
struct OnPort(std::process::Child);

impl Drop for OnPort {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_real_server_answers_over_http() {
    let Some((command, mut args)) = npm_server("everything") else { return };
    args.push("streamableHttp".to_owned());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut node = std::process::Command::new(command);
    node.args(args).env("PORT", port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = OnPort(node.spawn().unwrap());
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let servers = servers();
    let url = format!("http://127.0.0.1:{port}/mcp");
    servers.set(vec![known("everything", Transport::Http { url, headers: BTreeMap::new() })]);
    until_ready(&servers, "everything").await;
    let sum = call(&servers, "everything", "everything__get-sum", json!({"a": 2, "b": 3})).await;
    assert!(text(&sum).contains('5'), "{}", text(&sum));
    // Signs of progress come over the same stream as the answer.
    let slow = json!({"duration": 2, "steps": 4});
    let done = call(&servers, "everything", "everything__trigger-long-running-operation", slow).await;
    assert!(!done.is_error, "{done:?}");
    servers.close().await;
}
