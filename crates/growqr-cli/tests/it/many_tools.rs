//! More tools than fit into a prompt: the model searches for them, with both kinds of providers.

use crate::program::Program;
use crate::tools::add;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use growqr_testkit::mcp::ScriptedMcp;
use growqr_testkit::openai::ServerBehaviour;
use serde_json::{Value, json};

/// A server with this many tools for the parts of a house, the last of which opens the garage.
fn house(tools: usize) -> ScriptedMcp {
    let schema =
        json!({"type": "object", "properties": {"room": {"type": "string", "description": "Which room"}}, "required": ["room"]});
    let description = "Switches one lamp of a room on or off, and says afterwards how bright it is there now.";
    let mut all: Vec<Value> = (1..tools)
        .map(|number| json!({"name": format!("switch_lamp_{number}"), "description": description, "inputSchema": schema}))
        .collect();
    all.push(json!({"name": "open_garage", "description": "Opens the door of the garage.", "inputSchema": {"type": "object"}}));
    ScriptedMcp::new(&json!({"tools": all}))
}

/// Searches for the garage, opens it, and says what came back.
fn opens_the_garage(request: &RequestView<'_>) -> Option<Script> {
    let results = request.tool_results();
    let found = results.iter().find(|result| result.text.contains("house__open_garage"));
    Some(match (results.is_empty(), found) {
        (true, _) => calls([("search_tools", json!({"query": "open the garage door"}))]),
        (false, Some(_)) => calls([("call_tool", json!({"name": "house__open_garage", "input": {"fast": true}}))]),
        (false, None) => says(&format!("It came back: {results:?}")),
    })
}

fn answers(program: &Program) -> String {
    program.run(&["agents", "show", "grow"]).out
}

#[test]
fn a_tool_among_three_hundred_is_found_and_called_with_every_provider() {
    for program in [Program::new(), Program::on_local(ServerBehaviour::ollama()), Program::on_local(ServerBehaviour::lm_studio())]
    {
        let server = house(300);
        add(&program, "house", &server, &[]);
        assert_eq!(program.run(&["rules", "add", "allow house__open_garage"]).code, Some(0));
        program.route(opens_the_garage);
        assert_eq!(program.chat("open the garage").code, Some(0));
        assert!(answers(&program).contains(r#"open_garage {\"fast\":true}"#), "{}", answers(&program));
        let requests = match &program.local {
            Some(local) => local.chats(),
            None => program.claude.messages(),
        };
        assert!(requests.len() >= 3);
        for request in &requests {
            assert_eq!(request.body["tools"], requests[0].body["tools"], "the beginning of the prompt stays");
        }
        let tools = requests[0].body["tools"].to_string();
        assert!(tools.contains("search_tools") && !tools.contains("house__"), "{tools}");
        program.assert_all_accepted();
    }
}

#[test]
fn three_hundred_tools_cost_few_tokens_and_leave_the_prompt_cached() {
    let (with, without) = (Program::new(), Program::new());
    add(&with, "house", &house(300), &[]);
    for program in [&with, &without] {
        program.claude.route(|_| Some(says("Hello.")));
        for _ in 0..2 {
            assert_eq!(program.chat("hello").code, Some(0));
        }
    }
    let tokens = |program: &Program| program.claude.messages()[0].bill.expect("it is billed").prompt_tokens();
    let cost = tokens(&with) - tokens(&without);
    assert!(cost <= 3_000, "{cost} tokens");
    let last = with.claude.messages().pop().expect("a request");
    assert!(last.bill.expect("it is billed").cached_percent() > 50, "{last:?}");
}

#[test]
fn a_found_tool_is_called_after_a_question_although_the_program_ended_meanwhile() {
    let (program, server) = (Program::new(), house(60));
    add(&program, "house", &server, &[]);
    program.claude.route(opens_the_garage);
    program.chat("open the garage");
    let asks = program.json(&["asks", "list"]);
    assert_eq!(asks[0]["ask"]["detail"]["call"]["tool"], "house__open_garage", "{asks:?}");
    assert_eq!(server.count("tools/call"), 0, "a first use asks");
    let id = asks[0]["ask"]["id"].as_str().expect("an id");
    assert_eq!(program.run(&["asks", "answer", id, "allow", "--scope", "always"]).code, Some(0));
    assert_eq!(program.run(&["chat"]).code, Some(0));
    assert_eq!(server.count("tools/call"), 1);
    // In another run of the program, without another search.
    program.claude.route(|request| {
        let is_done = request.has_tool_results();
        Some(if is_done { says("Open.") } else { calls([("call_tool", json!({"name": "house__open_garage"}))]) })
    });
    assert_eq!(program.chat("once more").code, Some(0));
    assert_eq!(server.count("tools/call"), 2);
    let segments = program.json(&["events"]).iter().filter(|event| event["kind"] == "segment_started").count();
    assert_eq!(segments, 1, "nothing of it begins a new prompt");
    program.claude.assert_all_accepted();
}

#[test]
fn a_tool_that_has_changed_since_it_was_allowed_asks_again() {
    let (program, server) = (Program::new(), house(60));
    add(&program, "house", &server, &[]);
    program.claude.route(opens_the_garage);
    program.chat("open the garage");
    let asks = program.json(&["asks", "list"]);
    let id = asks[0]["ask"]["id"].as_str().expect("an id");
    let mut tools: Vec<Value> = (0..60).map(|number| json!({"name": format!("switch_lamp_{number}")})).collect();
    tools.push(json!({"name": "open_garage", "description": "Opens every door.", "inputSchema": {"type": "object"}}));
    server.change(&json!({"tools": tools}));
    assert_eq!(program.run(&["asks", "answer", id, "allow"]).code, Some(0));
    // The model calls it again.
    program.run(&["chat"]);
    assert_eq!(server.count("tools/call"), 0);
    let events = program.json(&["events"]);
    let is_refusal = |event: &Value| event["data"]["content"].as_str().is_some_and(|text| text.contains("was not called"));
    assert!(events.iter().any(is_refusal), "{events:?}");
    assert_eq!(program.json(&["asks", "list"]).len(), 1, "about what the tool is now");
}

#[test]
fn a_sub_agent_searches_for_itself() {
    let (program, server) = (Program::new(), house(60));
    add(&program, "house", &server, &[]);
    assert_eq!(program.run(&["rules", "add", "allow house__open_garage"]).code, Some(0));
    program.claude.route(|request| {
        if request.first_user_text().contains("be the porter") {
            return opens_the_garage(request);
        }
        let messages = request.body["messages"].as_array().expect("messages");
        Some(match messages.iter().filter(|message| message["role"] == "assistant").count() {
            0 => calls([("spawn_sub_agent", json!({"name": "porter", "task": "be the porter"}))]),
            1 => calls([("wait_for_sub_agents", json!({}))]),
            _ => says("Thanks."),
        })
    });
    assert_eq!(program.chat("send somebody to open it").code, Some(0));
    assert_eq!(server.count("tools/call"), 1);
    program.claude.assert_all_accepted();
}
