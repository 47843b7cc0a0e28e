//! What the model knows without a call: the day, and who the person is.

use crate::program::Program;
use growqr_testkit::anthropic::says;
use serde_json::Value;

#[test]
fn the_day_and_the_goals_need_no_call() {
    let program = Program::new();
    assert_eq!(program.run_with(&["memory", "write", "goals.md"], b"- Learn Rust by spring\n").code, Some(0));
    program.claude.route(|_| Some(says("I know.")));
    assert_eq!(program.chat("What day is it, and what are my goals?").code, Some(0));
    let requests = program.claude.messages();
    let body = &requests[0].body;
    let messages = body["messages"].to_string();
    assert!(messages.contains("Learn Rust by spring") && messages.contains("goals.md"), "{messages}");
    let said = body["messages"].as_array().and_then(|messages| messages.last()).expect("a message").to_string();
    assert!(said.contains("day, 20") && said.contains(", UTC") && said.contains("What day is it"), "{said}");
    assert!(!body["system"].to_string().contains(", UTC"), "the cached prefix has no time");
    assert_eq!(requests.len(), 1);
    program.assert_all_accepted();
}

#[test]
fn what_is_told_besides_keeps_the_cached_prefix() {
    let program = Program::new();
    let goals = "- Learn Rust by spring\n".repeat(50);
    assert_eq!(program.run_with(&["memory", "write", "goals.md"], goals.as_bytes()).code, Some(0));
    program.claude.route(|_| Some(says("I know.")));
    for turn in 1..=5 {
        assert_eq!(program.chat(&format!("question {turn}")).code, Some(0));
    }
    let answers = program.json(&["events"]).into_iter().filter(|line| line["kind"] == "model_answered");
    for (turn, answer) in answers.enumerate() {
        let usage = &answer["data"]["reply"]["usage"];
        let tokens = |name: &str| usage[name].as_u64().expect("a count");
        let read = tokens("cache_read_tokens");
        let all = read + tokens("input_tokens") + tokens("cache_write_5m_tokens") + tokens("cache_write_1h_tokens");
        assert!(turn < 2 || read * 100 >= all * 97, "turn {}: {read} of {all}", turn + 1);
    }
    let pictures = program.json(&["events"]).into_iter().filter(|line| line["kind"] == "segment_started");
    let pictures: Vec<Value> = pictures.map(|line| line["data"]["picture"].clone()).collect();
    assert_eq!(pictures.len(), 1, "the pages are read once in a segment");
}
