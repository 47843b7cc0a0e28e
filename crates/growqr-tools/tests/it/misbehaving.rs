//! Servers that do what servers should not do.

use crate::world::{call, log, program, scripted, servers, text, until, until_failed, until_ready};
use growqr_testkit::mcp::ScriptedMcp;
use growqr_tools::ServerState;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn what_a_server_prints_is_its_log_and_its_tools_work() {
    let banner = ScriptedMcp::new(&json!({
        "sayFirst": ["\u{feff}Welcome!", "\u{1b}[32mready\u{1b}[0m", "null", "[]", "{\"level\":\"info\"}"],
        "sayBetween": ["between"],
        "sayLong": 1_200_000,
        "stderr": "on stderr",
        "tools": [{"name": "read"}],
    }));
    let servers = servers();
    servers.set(vec![scripted("banner", &banner)]);
    until_ready(&servers, "banner").await;
    let result = call(&servers, "banner", "banner__read", json!({"path": "a"})).await;
    assert_eq!((text(&result).as_str(), result.is_error), (r#"read {"path":"a"}"#, false));
    let log = log(&servers, "banner");
    for line in ["ready", "null", "{\"level\":\"info\"}", "between", "on stderr"] {
        assert!(log.iter().any(|said| said == line), "{line} is not in {log:?}");
    }
    assert!(log.iter().all(|line| line.len() < 3_000));
    servers.close().await;
}

#[tokio::test]
async fn a_server_that_ends_at_once_says_why_in_its_own_words() {
    let exits = ScriptedMcp::new(&json!({"exit": 2, "stderr": "API_TOKEN is not set"}));
    let servers = servers();
    servers.set(vec![scripted("exits", &exits)]);
    let cause = until_failed(&servers, "exits").await;
    assert_eq!(cause, "it ended at once; it said: API_TOKEN is not set");
}

#[tokio::test]
async fn a_missing_program_is_named_and_not_tried_again() {
    let servers = servers();
    servers.set(vec![program("gone", ("no-such-program-here".to_owned(), vec![]))]);
    let status = until(&servers, "gone", |status| matches!(status.state, ServerState::Failed { .. })).await;
    let ServerState::Failed { cause, next_try, .. } = status.state else { unreachable!("it has failed") };
    assert!(cause.to_string().contains("\"no-such-program-here\" is not found"), "{cause}");
    assert_eq!(next_try, None);
    let result = call(&servers, "gone", "gone__x", json!({})).await;
    assert!(result.is_error && text(&result).contains("cannot be used now"), "{}", text(&result));
}

#[tokio::test]
async fn a_silent_server_holds_up_no_other() {
    let silent = ScriptedMcp::new(&json!({"never": ["initialize"]}));
    let quick = ScriptedMcp::new(&json!({"tools": [{"name": "read"}]}));
    let servers = servers();
    let began = Instant::now();
    servers.set(vec![scripted("silent", &silent), scripted("quick", &quick)]);
    assert!(began.elapsed() < Duration::from_millis(500), "nothing waits for a server");
    until_ready(&servers, "quick").await;
    assert!(!call(&servers, "quick", "quick__read", json!({})).await.is_error);
    until(&servers, "silent", |status| matches!(status.state, ServerState::Starting { .. })).await;
    let began = Instant::now();
    servers.close().await;
    assert!(began.elapsed() < Duration::from_secs(8), "a server that starts does not hold up the end");
}

#[tokio::test]
async fn a_server_whose_list_cannot_be_had_has_failed() {
    let odd = ScriptedMcp::new(&json!({"raw": {"tools/list": {"tools": "none"}}}));
    let ended = ScriptedMcp::new(&json!({"endAt": "tools/list", "exit": 1}));
    let servers = servers();
    servers.set(vec![scripted("odd", &odd), scripted("ended", &ended)]);
    assert_eq!(until_failed(&servers, "odd").await, "it does not list its tools: its answer has no list of tools");
    assert!(until_failed(&servers, "ended").await.contains("does not list its tools"));
}

#[tokio::test]
async fn one_odd_tool_is_left_out_and_the_others_are_offered() {
    let odd = ScriptedMcp::new(&json!({"tools": [
        {"name": "good", "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}}},
        {"name": "no_schema"},
        {"name": "null_schema", "inputSchema": null},
        {"name": "a_text", "inputSchema": {"type": "string"}},
        {"name": "odd_hint", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": "very"}},
        {"name": "files.read/text", "inputSchema": {"type": "object"}},
        {"name": "файл", "inputSchema": {"type": "object"}},
    ]}));
    let servers = servers();
    servers.set(vec![scripted("odd", &odd)]);
    let listing = until_ready(&servers, "odd").await.listing.unwrap();
    assert_eq!(listing.tools.len(), 6, "{:?}", listing.left_out);
    assert_eq!(listing.left_out[0].name, "a_text");
    let name = &listing.tools.iter().find(|tool| tool.name == "файл").unwrap().tool.name;
    assert_eq!(text(&call(&servers, "odd", name, json!({})).await), "файл {}");
    servers.close().await;
}

#[tokio::test]
async fn every_page_of_a_long_list_is_read() {
    let tools: Vec<_> = (0..300).map(|number| json!({"name": format!("tool{number}")})).collect();
    let many = ScriptedMcp::new(&json!({"tools": tools, "pageSize": 40}));
    let servers = servers();
    servers.set(vec![scripted("many", &many)]);
    assert_eq!(until_ready(&servers, "many").await.listing.unwrap().tools.len(), 300);
    assert_eq!(many.count("tools/list"), 8);
    servers.close().await;
}

#[tokio::test]
async fn a_call_that_hangs_ends_at_its_limit_and_the_server_is_told() {
    let hangs = ScriptedMcp::new(&json!({
        "tools": [{"name": "hang"}, {"name": "slow"}, {"name": "read"}],
        "calls": {"hang": {"hang": true}, "slow": {"progress": 8, "every": 300}},
    }));
    let mut known = scripted("hangs", &hangs);
    known.config.call_limit = Duration::from_secs(1);
    let servers = servers();
    servers.set(vec![known]);
    until_ready(&servers, "hangs").await;
    let result = call(&servers, "hangs", "hangs__hang", json!({})).await;
    assert!(result.is_error && text(&result).contains("did not finish within 1 s"), "{}", text(&result));
    // Progress is a sign of life.
    let result = call(&servers, "hangs", "hangs__slow", json!({})).await;
    assert!(!result.is_error, "{}", text(&result));
    assert_eq!(hangs.count("notifications/cancelled"), 1);
    servers.close().await;
}

#[tokio::test]
async fn the_progress_of_one_call_does_not_extend_the_limit_of_another() {
    let server = ScriptedMcp::new(&json!({
        "tools": [{"name": "hang"}, {"name": "slow"}],
        "calls": {"hang": {"hang": true}, "slow": {"progress": 12, "every": 300}},
    }));
    let mut known = scripted("busy", &server);
    known.config.call_limit = Duration::from_secs(1);
    let servers = servers();
    servers.set(vec![known]);
    until_ready(&servers, "busy").await;
    let hang = tokio::time::timeout(Duration::from_millis(2_500), call(&servers, "busy", "busy__hang", json!({})));
    let (hang, slow) = tokio::join!(hang, call(&servers, "busy", "busy__slow", json!({})));
    assert!(!slow.is_error, "{}", text(&slow));
    let hang = hang.expect("it ends before the other one");
    assert!(hang.is_error && text(&hang).contains("did not finish within 1 s"), "{}", text(&hang));
    servers.close().await;
}

#[tokio::test]
async fn a_server_that_has_stopped_reading_holds_up_a_call_only_until_its_limit() {
    let deaf = ScriptedMcp::new(&json!({"tools": [{"name": "hear"}], "calls": {"hear": {"stopReading": true}}}));
    let mut known = scripted("deaf", &deaf);
    known.config.call_limit = Duration::from_secs(1);
    let servers = servers();
    servers.set(vec![known]);
    until_ready(&servers, "deaf").await;
    // More than the pipe holds, so that the second call cannot even be written.
    for input in [json!({}), json!({"text": "x".repeat(1_000_000)})] {
        let result = tokio::time::timeout(Duration::from_secs(10), call(&servers, "deaf", "deaf__hear", input)).await.unwrap();
        assert!(result.is_error && text(&result).contains("did not finish within 1 s"), "{}", text(&result));
    }
    let closed = tokio::time::timeout(Duration::from_secs(15), servers.close()).await;
    assert!(closed.is_ok(), "it is ended all the same");
}

#[tokio::test]
async fn a_stopped_call_is_cancelled_at_the_server() {
    let hangs = ScriptedMcp::new(&json!({"tools": [{"name": "hang"}], "calls": {"hang": {"hang": true}}}));
    let servers = servers();
    servers.set(vec![scripted("hangs", &hangs)]);
    until_ready(&servers, "hangs").await;
    let call = call(&servers, "hangs", "hangs__hang", json!({}));
    assert!(tokio::time::timeout(Duration::from_millis(500), call).await.is_err());
    let told = async {
        while hangs.count("notifications/cancelled") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told).await.unwrap();
    servers.close().await;
}

#[tokio::test]
async fn a_server_that_ends_in_a_call_is_started_again_by_the_next() {
    let ends = ScriptedMcp::new(&json!({
        "tools": [{"name": "die"}, {"name": "read"}],
        "calls": {"die": {"end": "out of memory"}},
    }));
    let servers = servers();
    servers.set(vec![scripted("ends", &ends)]);
    until_ready(&servers, "ends").await;
    let result = call(&servers, "ends", "ends__die", json!({})).await;
    let words = text(&result);
    assert!(result.is_error && words.contains("ended during the call") && words.contains("may have happened"), "{words}");
    until_failed(&servers, "ends").await;
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(text(&call(&servers, "ends", "ends__read", json!({})).await), "read {}");
    assert_eq!(ends.count("initialize"), 2);
    servers.close().await;
}

#[tokio::test]
async fn a_list_that_changes_at_each_reading_is_not_read_without_end() {
    let restless = ScriptedMcp::new(&json!({"tools": [{"name": "read"}], "changesAtList": true}));
    let servers = servers();
    servers.set(vec![scripted("restless", &restless)]);
    until_ready(&servers, "restless").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(restless.count("tools/list") <= 3, "{} readings in 2 s", restless.count("tools/list"));
    assert_eq!(text(&call(&servers, "restless", "restless__read", json!({})).await), "read {}");
    servers.close().await;
}

#[tokio::test]
async fn while_a_changed_list_is_read_the_server_can_be_called_and_ended() {
    let tools = json!([{"name": "grow"}, {"name": "read"}]);
    let script = json!({"tools": tools, "never": ["tools/list"], "calls": {"grow": {"newTools": tools}}});
    let slow = ScriptedMcp::new(&json!({"tools": tools}));
    let servers = servers();
    servers.set(vec![scripted("slow", &slow)]);
    until_ready(&servers, "slow").await;
    slow.change(&script);
    call(&servers, "slow", "slow__grow", json!({})).await;
    let asked = async {
        while slow.count("tools/list") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap();
    let read = call(&servers, "slow", "slow__read", json!({}));
    assert_eq!(text(&tokio::time::timeout(Duration::from_secs(10), read).await.unwrap()), "read {}");
    tokio::time::timeout(Duration::from_secs(8), servers.close()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_has_closed_its_output_has_failed_and_the_next_call_starts_it_again() {
    let mute = ScriptedMcp::new(&json!({
        "tools": [{"name": "close"}, {"name": "read"}],
        "calls": {"close": {"closeOutput": true}},
        "stubborn": true,
    }));
    let servers = servers();
    servers.set(vec![scripted("mute", &mute)]);
    until_ready(&servers, "mute").await;
    let result = call(&servers, "mute", "mute__close", json!({})).await;
    assert!(result.is_error && text(&result).contains("may have happened"), "{}", text(&result));
    assert!(until_failed(&servers, "mute").await.starts_with("it ended, or closed the connection"));
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(text(&call(&servers, "mute", "mute__read", json!({})).await), "read {}");
    servers.close().await;
}

#[tokio::test]
async fn a_list_without_end_is_cut_and_says_so() {
    let tools: Vec<_> = (0..2_000).map(|number| json!({"name": format!("tool{number}")})).collect();
    let endless = ScriptedMcp::new(&json!({"tools": tools, "pageSize": 10}));
    let servers = servers();
    servers.set(vec![scripted("endless", &endless)]);
    let listing = until_ready(&servers, "endless").await.listing.unwrap();
    assert_eq!(listing.tools.len(), 500);
    assert!(listing.left_out[0].reason.contains("was not read"), "{:?}", listing.left_out);
    servers.close().await;
}
