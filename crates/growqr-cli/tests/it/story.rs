//! The story: three messages, one memory change, and two sub-agents in parallel. The model's answers depend only on the
//! request, so that the story is the same after any crash.

use crate::program::Program;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub const MESSAGES: [&str; 3] = ["hello there", "remember that I like tea", "ask two helpers about tea"];

/// The model's answers in this story.
pub fn model(request: &RequestView<'_>) -> Option<Script> {
    let results: Vec<String> = request.tool_results().into_iter().map(|result| result.text).collect();
    let answered = |words: &str| results.iter().any(|text| text.contains(words));
    let first = request.first_user_text();
    let said = request.last_user_text();
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

/// Everything that must be the same however often the program was killed. Ids of agents and effects are random in each
/// run: agents are compared by name, and for a change only whether its effect id is in the journal.
pub fn end_state(program: &Program) -> Value {
    let listed = program.json(&["agents", "list"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let names: BTreeMap<String, String> = listed.iter().map(|agent| (text(&agent["id"]), text(&agent["name"]))).collect();
    assert_eq!(names.values().collect::<BTreeSet<_>>().len(), listed.len(), "each agent of the story is there once");
    let name = |id: &Value| id.as_str().map_or(Value::Null, |id| json!(names[id]));
    let mut agents: Vec<Value> =
        listed.iter().map(|agent| json!([agent["name"], name(&agent["parent"]), agent["status"], agent["turn"]])).collect();
    agents.sort_by_key(Value::to_string);
    let mut conversations: Vec<Value> = names.iter().map(|(id, of)| json!([of, conversation(program, id, &names)])).collect();
    conversations.sort_by_key(Value::to_string);
    let started = program.json(&["events"]).into_iter().filter(|line| line["kind"] == "tool_started");
    let effects: BTreeSet<String> = started.map(|line| text(&line["data"]["effect"])).collect();
    let mut changes: Vec<Value> = program
        .json(&["memory", "log"])
        .into_iter()
        .map(|change| {
            let origin = &change["origin"];
            let is_known_effect = origin["tool_call"].as_str().map(|effect| effects.contains(effect));
            json!([change["message"], change["paths"], name(&origin["agent"]), is_known_effect])
        })
        .collect();
    changes.sort_by_key(Value::to_string);
    let pages: Vec<Value> = program
        .json(&["memory", "list"])
        .into_iter()
        .map(|page| program.json(&["memory", "read", page["path"].as_str().expect("a path")])[0].clone())
        .collect();
    json!({"agents": agents, "conversations": conversations, "changes": changes, "pages": pages})
}

/// The messages of an agent's conversation: author and text.
fn conversation(program: &Program, id: &str, names: &BTreeMap<String, String>) -> Vec<Value> {
    let rows = program.json(&["agents", "show", id]).into_iter().skip(1);
    let author = |row: &Value| row["author"]["agent"].as_str().map_or(row["author"].clone(), |id| json!({"agent": names[id]}));
    sorted_reports(rows.map(|row| json!([author(&row), row["text"]])).collect())
}

/// Two sub-agents that work in parallel may report in either order.
fn sorted_reports(mut messages: Vec<Value>) -> Vec<Value> {
    messages.sort_by_key(|message| if message[0] == "person" { String::new() } else { message.to_string() });
    messages
}
