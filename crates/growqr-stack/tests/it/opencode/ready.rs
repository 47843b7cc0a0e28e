//! Start, password, configuration.

use super::workbench::{READY, Workbench, client_of, server_config};
use growqr_core::secret::Secret;
use growqr_stack::opencode::{Limits, OpenCode, OpenCodeError, config};
use growqr_testkit::DeadPort;
use growqr_testkit::opencode::{OpenCodeServer, version};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_server_is_ready_with_its_version_and_only_growqrs_agents() {
    let Some(bench) = Workbench::start().await else { return };
    assert_eq!(bench.client.until_ready(READY).await.unwrap(), version());
    let mut agents = bench.client.agents(&bench.server.directory("a")).await.unwrap();
    agents.sort();
    // The last two write the summaries; they cannot be chosen by a model.
    assert_eq!(agents, ["compaction", "grow", "helper", "summary"]);
}

#[tokio::test]
async fn a_wrong_password_is_told_at_once() {
    let Some(bench) = Workbench::start().await else { return };
    let stranger = OpenCode::new(&bench.server.address(), &Secret::new("guess"), Limits::default()).unwrap();
    assert_eq!(stranger.until_ready(READY).await, Err(OpenCodeError::WrongPassword));
    assert_eq!(stranger.find_session("x", "/work").await, Err(OpenCodeError::WrongPassword));
}

#[tokio::test]
async fn a_bad_configuration_is_told_with_its_reason() {
    let mut bad = config(&server_config("http://127.0.0.1:1"));
    bad["permission"]["bash"] = json!(7);
    let Some(server) = OpenCodeServer::start(&bad, &[]) else { return };
    let error = client_of(&server).until_ready(READY).await.unwrap_err();
    assert!(matches!(&error, OpenCodeError::Misconfigured(reason) if reason.contains("bash")), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for_and_then_told() {
    let port = DeadPort::take();
    let client = OpenCode::new(&format!("http://{}", port.address()), &Secret::new("x"), Limits::default()).unwrap();
    assert_eq!(client.until_ready(Duration::from_millis(600)).await, Err(OpenCodeError::Unreachable));
}
