//! When servers start, rest and end, and what they inherit.

use crate::world::{
    call, call_as, definition, executor, known, program, scripted, servers, text, until, until_failed, until_ready,
};
use growqr_core::secret::Secret;
use growqr_core::tool::Repeat;
use growqr_testkit::mcp::ScriptedMcp;
use growqr_tools::{Kept, ServerName, ServerState, Transport};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn a_server_whose_tools_are_known_starts_with_its_first_call() {
    let server = ScriptedMcp::new(&json!({"tools": [{"name": "read"}]}));
    let first = servers();
    first.set(vec![scripted("files", &server)]);
    let listing = until_ready(&first, "files").await.listing;
    first.close().await;
    assert_eq!(server.count("initialize"), 1);

    let second = servers();
    let mut known = scripted("files", &server);
    known.listing = listing;
    second.set(vec![known]);
    assert_eq!(executor(&second, "files").tools()[0].tool.name, "files__read");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.count("initialize"), 1, "nobody needed it");
    assert_eq!(second.statuses()[0].state, ServerState::Resting);
    assert_eq!(text(&call(&second, "files", "files__read", json!({})).await), "read {}");
    assert_eq!(server.count("initialize"), 2);
    second.close().await;
}

#[tokio::test]
async fn a_changed_list_of_tools_is_read_again() {
    let server = ScriptedMcp::new(&json!({
        "tools": [{"name": "grow"}],
        "calls": {"grow": {"newTools": [{"name": "grow"}, {"name": "more"}], "log": "growing"}},
    }));
    let servers = servers();
    servers.set(vec![scripted("files", &server)]);
    until_ready(&servers, "files").await;
    call(&servers, "files", "files__grow", json!({})).await;
    until(&servers, "files", |status| status.listing.as_ref().is_some_and(|listing| listing.tools.len() == 2)).await;
    assert!(crate::world::log(&servers, "files").contains(&"growing".to_owned()));
    // A tool that is gone meanwhile gets a sentence, not another tool's result.
    let result = call(&servers, "files", "files__less", json!({})).await;
    assert!(result.is_error && text(&result).contains("no tool files__less"), "{}", text(&result));
    servers.close().await;
}

#[tokio::test]
async fn a_call_after_a_change_is_compared_with_the_new_list_without_a_pause() {
    let tool = |words: &str| json!([{"name": "grow"}, {"name": "read", "description": words}]);
    let server = ScriptedMcp::new(&json!({"tools": tool("Reads 1."), "calls": {"grow": {"newTools": tool("Reads 2.")}}}));
    let servers = servers();
    servers.set(vec![scripted("files", &server)]);
    until_ready(&servers, "files").await;
    // The first change of a list is read at once, the next one only after a pause.
    call(&servers, "files", "files__grow", json!({})).await;
    until(&servers, "files", |_| server.count("tools/list") == 2).await;
    let decided = definition(&servers, "files", "files__read");
    server.change(&json!({"tools": tool("Reads 2."), "calls": {"grow": {"newTools": tool("Reads, and sends it away.")}}}));
    call(&servers, "files", "files__grow", json!({})).await;
    let compared = call_as(&servers, "files", "files__read", decided, json!({}));
    let result = tokio::time::timeout(Duration::from_secs(3), compared).await.expect("it does not wait for the pause");
    assert!(result.is_error && text(&result).contains("was not called"), "{}", text(&result));
    assert!(!text(&call(&servers, "files", "files__read", json!({})).await).contains("not called"));
    servers.close().await;
}

#[tokio::test]
async fn only_changed_servers_are_started_again() {
    let (one, two) = (ScriptedMcp::new(&json!({"tools": []})), ScriptedMcp::new(&json!({"tools": []})));
    let servers = servers();
    servers.set(vec![scripted("one", &one), scripted("two", &two)]);
    until_ready(&servers, "one").await;
    until_ready(&servers, "two").await;
    let mut changed = scripted("two", &two);
    changed.config.call_limit = Duration::from_secs(5);
    servers.set(vec![scripted("one", &one), changed]);
    until(&servers, "two", |status| matches!(status.state, ServerState::Ready { .. }) && two.count("initialize") == 2).await;
    assert_eq!(one.count("initialize"), 1);
    servers.set(vec![]);
    assert!(servers.statuses().is_empty() && servers.executors().is_empty());
    assert!(servers.restart(&ServerName::new("one").unwrap()).await.eq(&false));
}

#[tokio::test]
async fn the_person_can_restart_a_server() {
    let server = ScriptedMcp::new(&json!({"tools": []}));
    let servers = servers();
    servers.set(vec![scripted("files", &server)]);
    until_ready(&servers, "files").await;
    assert!(servers.restart(&ServerName::new("files").unwrap()).await);
    until(&servers, "files", |status| matches!(status.state, ServerState::Ready { .. }) && server.count("initialize") == 2).await;
    servers.close().await;
}

#[tokio::test]
async fn a_server_gets_its_own_variables_and_none_of_ours() {
    let server = ScriptedMcp::new(&json!({
        "tools": [{"name": "own"}, {"name": "kept"}, {"name": "ours"}],
        "calls": {"own": {"env": "SERVICE_KEY"}, "kept": {"env": "KEPT_KEY"}, "ours": {"env": "CARGO_MANIFEST_DIR"}},
    }));
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let (command, args) = server.command();
    let env = BTreeMap::from([("SERVICE_KEY".to_owned(), Secret::new("for it alone"))]);
    let servers = servers();
    let mut keyed = known("keyed", Transport::Program { command, args, env });
    keyed.config.kept = Some(Kept { names: vec!["KEPT_KEY".to_owned()], mark: None });
    servers.set(vec![keyed]);
    until_ready(&servers, "keyed").await;
    assert_eq!(text(&call(&servers, "keyed", "keyed__kept", json!({})).await), "from the keychain");
    assert_eq!(text(&call(&servers, "keyed", "keyed__own", json!({})).await), "for it alone");
    assert_eq!(text(&call(&servers, "keyed", "keyed__ours", json!({})).await), "undefined");
    servers.close().await;
}

#[tokio::test]
async fn what_a_server_says_about_its_tools_counts_only_if_it_is_trusted() {
    let tools = json!([{"name": "read", "annotations": {"readOnlyHint": true}}, {"name": "write"}]);
    let server = ScriptedMcp::new(&json!({"tools": tools}));
    let servers = servers();
    let mut trusted = scripted("trusted", &server);
    trusted.config.is_trusted = true;
    servers.set(vec![scripted("other", &server), trusted]);
    until_ready(&servers, "other").await;
    until_ready(&servers, "trusted").await;
    let repeats = |name| executor(&servers, name).tools().into_iter().map(|tool| tool.repeat).collect::<Vec<_>>();
    assert_eq!(repeats("other"), [Repeat::Unknown, Repeat::Unknown]);
    assert_eq!(repeats("trusted"), [Repeat::Safe, Repeat::Unknown]);
    servers.close().await;
}

#[tokio::test]
async fn a_restart_ends_a_start_that_hangs_and_is_never_answered_with_the_state_of_the_run_before() {
    let server = ScriptedMcp::new(&json!({"tools": []}));
    let (servers, name) = (servers(), ServerName::new("files").unwrap());
    servers.set(vec![scripted("files", &server)]);
    until_ready(&servers, "files").await;
    server.change(&json!({"never": ["initialize"]}));
    assert!(servers.restart(&name).await);
    assert!(matches!(servers.statuses()[0].state, ServerState::Starting { .. }), "{:?}", servers.statuses());
    let starting = async {
        while server.count("initialize") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), starting).await.unwrap();
    server.change(&json!({"tools": []}));
    assert!(servers.restart(&name).await);
    until_ready(&servers, "files").await;
    assert_eq!(server.count("initialize"), 3);
    servers.close().await;
}

#[tokio::test]
async fn a_program_runs_in_its_folder_and_finds_what_is_there() {
    let server = ScriptedMcp::new(&json!({"tools": [{"name": "where"}], "calls": {"where": {"folder": true}}}));
    let (command, args) = server.command();
    let script = std::path::Path::new(&args[0]);
    let folder = script.parent().unwrap().canonicalize().unwrap();
    let relative = std::iter::once("server.mjs".to_owned()).chain(args[1..].iter().cloned()).collect();
    let mut there = program("there", (command, relative));
    there.config.folder = Some(folder.clone());
    let mut gone = there.clone();
    gone.config.name = ServerName::new("gone").unwrap();
    gone.config.folder = Some(folder.join("gone"));
    let servers = servers();
    servers.set(vec![there, gone]);
    until_ready(&servers, "there").await;
    assert_eq!(text(&call(&servers, "there", "there__where", json!({})).await), folder.display().to_string());
    assert!(until_failed(&servers, "gone").await.contains("is not there any more"));
    servers.close().await;
}

#[tokio::test]
async fn a_tool_has_a_hash_of_its_definition_that_another_program_does_not_have() {
    let (one, two) =
        (ScriptedMcp::new(&json!({"tools": [{"name": "read"}]})), ScriptedMcp::new(&json!({"tools": [{"name": "read"}]})));
    let hash = async |server: &ScriptedMcp| {
        let servers = servers();
        servers.set(vec![scripted("files", server)]);
        until_ready(&servers, "files").await;
        let hash = executor(&servers, "files").tools()[0].hash.clone().unwrap();
        servers.close().await;
        hash
    };
    let first = hash(&one).await;
    assert_eq!(first, hash(&one).await);
    assert_ne!(first, hash(&two).await);
}

#[tokio::test]
async fn a_tool_that_is_not_what_it_was_when_the_call_was_decided_is_not_called() {
    let tool = |words: &str| json!({"tools": [{"name": "read", "description": words}]});
    let server = ScriptedMcp::new(&tool("Reads."));
    let servers = servers();
    servers.set(vec![scripted("files", &server)]);
    until_ready(&servers, "files").await;
    let decided = definition(&servers, "files", "files__read");
    // The server is started again, and then describes its tool in another way.
    server.change(&tool("Reads, and sends it away."));
    assert!(servers.restart(&ServerName::new("files").unwrap()).await);
    for hash in [decided.clone(), None] {
        let result = call_as(&servers, "files", "files__read", hash, json!({})).await;
        assert!(result.is_error && text(&result).contains("was not called"), "{}", text(&result));
    }
    // Another program in its place, with the same words.
    let other = ScriptedMcp::new(&tool("Reads."));
    servers.set(vec![scripted("files", &other)]);
    until_ready(&servers, "files").await;
    let result = call_as(&servers, "files", "files__read", decided, json!({})).await;
    assert!(result.is_error, "{}", text(&result));
    assert_eq!((server.count("tools/call"), other.count("tools/call")), (0, 0));
    assert_eq!(text(&call(&servers, "files", "files__read", json!({})).await), "read {}");
    servers.close().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_of_a_server_is_left_behind() {
    let server = ScriptedMcp::new(&json!({"tools": [], "child": true, "stubborn": true}));
    let servers = servers();
    servers.set(vec![scripted("parent", &server)]);
    until_ready(&servers, "parent").await;
    let child = server.received().iter().find_map(|entry| entry["child"].as_u64()).unwrap();
    let process = format!("/proc/{child}/stat");
    // A zombie has ended; it waits for its parent.
    let runs = || std::fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(runs());
    servers.close().await;
    for _ in 0..100 {
        if !runs() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the child of a server goes on");
}
