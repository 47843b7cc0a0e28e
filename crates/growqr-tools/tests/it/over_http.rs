//! Servers with an address.

use crate::world::{call, known, servers, text, until_failed, until_ready};
use growqr_core::secret::Secret;
use growqr_testkit::mcp::ScriptedMcp;
use growqr_tools::Transport;
use serde_json::json;
use std::collections::BTreeMap;

fn http(server: &str, key: Option<&str>) -> Transport {
    let headers = key.map(|key| ("Authorization".to_owned(), Secret::new(format!("Bearer {key}")))).into_iter().collect();
    Transport::Http { url: server.to_owned(), headers }
}

#[tokio::test]
async fn a_server_with_an_address_gets_its_key_and_is_called() {
    let server = ScriptedMcp::over_http(&json!({"key": "k3y", "tools": [{"name": "read"}]}));
    let servers = servers();
    servers.set(vec![known("far", http(server.url(), Some("k3y")))]);
    until_ready(&servers, "far").await;
    assert_eq!(text(&call(&servers, "far", "far__read", json!({"a": 1})).await), r#"read {"a":1}"#);
    servers.close().await;
}

#[tokio::test]
async fn a_wrong_key_is_said_to_be_one() {
    let server = ScriptedMcp::over_http(&json!({"key": "k3y"}));
    let servers = servers();
    servers.set(vec![known("far", http(server.url(), Some("wrong")))]);
    let cause = until_failed(&servers, "far").await;
    assert!(cause.contains("refuses the key") && !cause.contains("wrong"), "{cause}");
}

#[tokio::test]
async fn an_address_where_nobody_is_is_said_to_be_one() {
    let servers = servers();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    servers.set(vec![
        known("closed", http(&format!("http://{closed}/mcp"), None)),
        known("plain", Transport::Http { url: "http://example.com/mcp".to_owned(), headers: BTreeMap::new() }),
    ]);
    let cause = until_failed(&servers, "closed").await;
    assert!(cause.starts_with("it cannot be reached: "), "{cause}");
    assert!(until_failed(&servers, "plain").await.contains("use https"));
}

#[tokio::test]
async fn a_key_without_its_scheme_gets_a_hint() {
    let server = ScriptedMcp::over_http(&json!({"key": "k3y"}));
    let headers = BTreeMap::from([("authorization".to_owned(), Secret::new("k3y"))]);
    let servers = servers();
    servers.set(vec![known("far", Transport::Http { url: server.url().to_owned(), headers })]);
    let cause = until_failed(&servers, "far").await;
    assert!(cause.contains("the word Bearer") && !cause.contains("k3y"), "{cause}");
}
