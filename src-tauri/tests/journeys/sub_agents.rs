//! A conversation that writes memory and starts sub-agents.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use growqr_testkit::window::Element;
use serde_json::json;

/// The script of the model. It depends only on the request, as the requests of the agents come in any order.
fn model(request: &RequestView<'_>) -> Option<Script> {
    let results: Vec<String> = request.tool_results().into_iter().map(|result| result.text).collect();
    let answered = |words: &str| results.iter().any(|text| text.contains(words));
    let (first, said) = (request.first_user_text(), request.last_user_text());
    let send = |name: &str, task: &str| ("spawn_sub_agent", json!({"name": name, "task": task}));
    Some(if first.contains("taste tea") {
        says("Green tea tastes of grass.")
    } else if first.contains("doubt tea") {
        says("It may be hay.")
    } else if answered("report from") {
        says("Both have tasted it.")
    } else if answered("is at work") {
        calls([("wait_for_sub_agents", json!({}))])
    } else if answered("committed") {
        says("Noted.")
    } else if said.contains("helpers") {
        calls([send("taster", "taste tea"), send("doubter", "doubt tea")])
    } else if said.contains("remember") {
        calls([("commit_memory", json!({"path": "people/me.md", "content": "Likes tea.\n", "message": "A taste"}))])
    } else {
        return None;
    })
}

#[test]
fn memory_and_sub_agents_appear_in_chat_agents_and_memory() {
    let Some(computer) = Computer::new() else { return };
    computer.claude.route(model);
    let window = computer.open();

    window.say("remember that I like tea");
    window.see(names::CONVERSATION, "Noted.");
    window.see(names::CONVERSATION, "people/me.md");
    window.say("ask two helpers about tea");
    let seen = window.see(names::CONVERSATION, "Both have tasted it.");
    for name in ["taster", "doubter"] {
        assert!(seen.contains(&format!("{name} {}", names::REPORTED)), "{seen}");
    }
    let report = format!("taster {}", names::REPORTED);
    window.click(Element::button(&report));
    window.see(names::CONVERSATION, "Green tea tastes of grass.");

    window.click(names::AGENTS);
    window.see(names::AGENT_TREE, &format!("doubter {}", names::DONE));
    window.click(Element::link("taster"));
    window.see(names::CONVERSATION, "taste tea");
    window.see(names::CONVERSATION, "Green tea tastes of grass.");

    window.click(names::MEMORY);
    window.click(Element::link("me.md"));
    window.see(names::PAGE, "Likes tea.");
    window.click(names::BLAME_TAB);
    window.see(names::BLAME, "Grow Agent");
    computer.claude.assert_all_accepted();
}
