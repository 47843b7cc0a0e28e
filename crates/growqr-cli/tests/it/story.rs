//! The story: three messages, a memory, and two sub-agents side by side. The model's part depends on what it is asked
//! alone, so that it plays the same after any crash.

use crate::program::Program;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::{Value, json};

pub const MESSAGES: [&str; 3] = ["hello there", "remember that I like tea", "ask two helpers about tea"];

/// What the model says in this story.
pub fn model(asked: &RequestView<'_>) -> Option<Script> {
    let results: Vec<String> = asked.tool_results().into_iter().map(|result| result.text).collect();
    let answered = |words: &str| results.iter().any(|text| text.contains(words));
    let first = asked.first_user_text();
    let said = asked.last_user_text();
    let page = |path: &str, text: &str| json!({"path": path, "content": text, "message": "It matters later"});
    Some(if first.contains("look at tea") {
        if results.is_empty() { calls([("read_memory", json!({"path": "people/me.md"}))]) } else { says("Tea is liked.") }
    } else if first.contains("doubt tea") {
        if results.is_empty() {
            calls([("commit_memory", page("journal/doubts.md", "Is it the tea?\n"))])
        } else {
            says("Doubts are noted.")
        }
    } else if answered("report from") {
        says("Both are done.")
    } else if answered("is at work") {
        calls([("wait_for_sub_agents", json!({}))])
    } else if answered("committed") {
        says("Noted.")
    } else if said.contains("helpers") {
        calls([
            ("spawn_sub_agent", json!({"name": "looker", "task": "look at tea"})),
            ("spawn_sub_agent", json!({"name": "doubter", "task": "doubt tea"})),
        ])
    } else if said.contains("remember") {
        calls([("commit_memory", page("people/me.md", "Likes tea.\n"))])
    } else if said.contains("hello") {
        says("Hello! What would you like to grow in?")
    } else {
        return None;
    })
}

/// Everything that must be the same however often the program was killed. Ids of agents and effects belong to it: they
/// are made from the journal.
pub fn end_state(program: &Program) -> Value {
    let agents: Vec<Value> = program
        .json(&["agents", "list"])
        .into_iter()
        .map(|agent| json!([agent["id"], agent["name"], agent["parent"], agent["status"], agent["turn"]]))
        .collect();
    let mut conversations = Vec::new();
    for agent in &agents {
        let id = agent[0].as_str().expect("an id");
        let messages: Vec<Value> = program
            .json(&["agents", "show", id])
            .into_iter()
            .skip(1)
            .map(|message| json!([message["author"], message["text"]]))
            .collect();
        conversations.push(json!([id, sorted_reports(messages)]));
    }
    let mut changes: Vec<Value> = program
        .json(&["memory", "log"])
        .into_iter()
        .map(|change| json!([change["message"], change["paths"], change["origin"]["agent"], change["origin"]["tool_call"]]))
        .collect();
    changes.sort_by_key(Value::to_string);
    let pages: Vec<Value> = program
        .json(&["memory", "list"])
        .into_iter()
        .map(|page| program.json(&["memory", "read", page["path"].as_str().expect("a path")])[0].clone())
        .collect();
    json!({"agents": agents, "conversations": conversations, "changes": changes, "pages": pages})
}

/// Two sub-agents that work side by side may report in either order.
fn sorted_reports(mut messages: Vec<Value>) -> Vec<Value> {
    messages.sort_by_key(|message| if message[0] == "person" { String::new() } else { message.to_string() });
    messages
}
