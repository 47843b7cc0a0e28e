//! The built-in guide: its commands, as the Grow Agent and as a sub-agent (a helper).

use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Model, ModelRequest, Reply, StopReason};
use growqr_core::money::Money;
use growqr_core::prompt::{Block, Message, Role, Segment, blocks, text_of};
use growqr_core::raw::RawJson;
use growqr_models::guide::Guide;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const TOOLS: [&str; 6] =
    ["read_memory", "commit_memory", "list_memory", "search_memory", "spawn_sub_agent", "wait_for_sub_agents"];

/// A conversation with the guide.
struct Talk {
    agent: AgentId,
    segment: Arc<Segment>,
    messages: Vec<Message>,
}

impl Talk {
    fn new() -> Talk {
        Talk::with("grow", &TOOLS)
    }

    fn with(agent: &str, tools: &[&str]) -> Talk {
        let tools = tools.iter().map(|name| crate::world::tool(name)).collect();
        let segment = Segment {
            web_search: false,
            address: None,
            provider: "guide".into(),
            model: "guide".into(),
            effort: None,
            system: String::new(),
            tools,
        };
        Talk { agent: AgentId::new(agent), segment: Arc::new(segment), messages: Vec::new() }
    }

    async fn next(&mut self, content: Value) -> Reply {
        self.messages.push(Message { role: Role::User, content: RawJson::of(&content) });
        let request = ModelRequest {
            agent: self.agent.clone(),
            segment: self.segment.clone(),
            messages: self.messages.clone(),
            max_tokens: 16_000,
            files: growqr_core::model::Files::default(),
        };
        let shown = Mutex::new(String::new());
        let show = |delta| {
            if let Delta::Text(text) = delta {
                shown.lock().unwrap().push_str(&text);
            }
        };
        let reply = Guide.call(&request, &show).await.unwrap();
        assert_eq!(shown.into_inner().unwrap(), text_of(&reply.content));
        assert_eq!(reply.cost, Some(Money::ZERO));
        self.messages.push(Message { role: Role::Assistant, content: reply.content.clone() });
        reply
    }

    async fn say(&mut self, text: &str) -> Reply {
        self.next(json!([{"type": "text", "text": text}])).await
    }

    /// Sends the results of a reply's tool calls, in order: text, and whether it is an error.
    async fn results(&mut self, reply: &Reply, results: &[(&str, bool)]) -> Reply {
        let calls = blocks(&reply.content).into_iter().filter_map(|block| match block {
            Block::Call { id, .. } => Some(id),
            _ => None,
        });
        let results: Vec<Value> = calls
            .zip(results)
            .map(
                |(id, (text, is_error))| json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": is_error}),
            )
            .collect();
        self.next(json!(results)).await
    }
}

/// The tool calls of a reply: name and input.
fn tool_calls(reply: &Reply) -> Vec<(String, Value)> {
    assert_eq!(reply.stop == StopReason::ToolUse, blocks(&reply.content).iter().any(|block| matches!(block, Block::Call { .. })));
    blocks(&reply.content)
        .into_iter()
        .filter_map(|block| match block {
            Block::Call { name, input, .. } => Some((name, serde_json::from_str(input.text()).unwrap())),
            _ => None,
        })
        .collect()
}

fn call(name: &str, input: Value) -> (String, Value) {
    (name.to_owned(), input)
}

#[tokio::test]
async fn the_guide_says_that_it_is_no_ai_and_how_to_add_a_key() {
    let mut talk = Talk::new();
    for text in ["help", "write me a poem"] {
        let said = text_of(&talk.say(text).await.content);
        for part in ["built-in guide", "no AI", "ANTHROPIC_API_KEY", "growqr keys set anthropic", "remember"] {
            assert!(said.contains(part), "{said:?} should contain {part:?}");
        }
    }
}

#[tokio::test]
async fn remember_appends_a_line_to_the_notes() {
    let mut talk = Talk::new();
    let reply = talk.say("Remember that I like tea").await;
    assert_eq!(tool_calls(&reply), [call("read_memory", json!({"path": "journal/notes.md"}))]);
    let reply = talk.results(&reply, &[("version: abc123\n\n# Notes\n\n- old\n", false)]).await;
    let page = "# Notes\n\n- old\n- I like tea\n";
    let input = json!({"path": "journal/notes.md", "content": page, "message": "Remember: I like tea", "base": "abc123"});
    assert_eq!(tool_calls(&reply), [call("commit_memory", input)]);
    let reply = talk.results(&reply, &[("committed 1234 to journal/notes.md", false)]).await;
    assert!(text_of(&reply.content).contains("I like tea"));
    // The line is already there.
    let reply = talk.say("remember I like tea").await;
    let reply = talk.results(&reply, &[(&format!("version: d\n\n{page}"), false)]).await;
    assert!(text_of(&reply.content).contains("already"));
}

#[tokio::test]
async fn a_missing_page_is_created_and_a_failed_commit_is_reported() {
    let mut talk = Talk::new();
    let reply = talk.say("remember the milk").await;
    let reply = talk.results(&reply, &[("there is no page journal/notes.md", true)]).await;
    let input = json!({"path": "journal/notes.md", "content": "# Notes\n\n- the milk\n", "message": "Remember: the milk"});
    assert_eq!(tool_calls(&reply), [call("commit_memory", input)]);
    let reply = talk.results(&reply, &[("the disk is full", true)]).await;
    assert_eq!(text_of(&reply.content), "I could not write it down: the disk is full");
}

#[tokio::test]
async fn the_guide_searches_for_the_phrase_and_then_for_its_longest_word() {
    let mut talk = Talk::new();
    let reply = talk.say("what do you know about green tea?").await;
    assert_eq!(tool_calls(&reply), [call("search_memory", json!({"query": "green tea"}))]);
    let reply = talk.results(&reply, &[("nothing found", false)]).await;
    assert_eq!(tool_calls(&reply), [call("search_memory", json!({"query": "green"}))]);
    let reply = talk.results(&reply, &[("journal/notes.md:3: - I like green things", false)]).await;
    assert!(text_of(&reply.content).contains("I like green things (journal/notes.md, line 3)"), "{}", text_of(&reply.content));
}

#[tokio::test]
async fn the_guide_lists_and_reads_pages() {
    let mut talk = Talk::new();
    let reply = talk.say("list memory").await;
    assert_eq!(tool_calls(&reply), [call("list_memory", json!({}))]);
    let reply = talk.results(&reply, &[("README.md 120 bytes\n", false)]).await;
    assert_eq!(text_of(&reply.content), "Your memory:\nREADME.md 120 bytes");
    let reply = talk.say("read README.md").await;
    assert_eq!(tool_calls(&reply), [call("read_memory", json!({"path": "README.md"}))]);
    let reply = talk.results(&reply, &[("version: abc\n\n# Hello\n\nworld\n", false)]).await;
    assert_eq!(text_of(&reply.content), "# Hello\n\nworld");
}

#[tokio::test]
async fn the_guide_starts_helpers_together_and_returns_their_reports() {
    let mut talk = Talk::new();
    let reply = talk.say("send two helpers to find tea").await;
    let spawn = |name: &str| call("spawn_sub_agent", json!({"name": name, "task": "find tea"}));
    assert_eq!(tool_calls(&reply), [spawn("helper 1"), spawn("helper 2")]);
    let at_work = |id: &str| format!("sub-agent {id} (helper) is at work; its report comes as mail");
    let reply = talk.results(&reply, &[(&at_work("a-1"), false), (&at_work("a-2"), false)]).await;
    assert_eq!(tool_calls(&reply), [call("wait_for_sub_agents", json!({"ids": ["a-1", "a-2"]}))]);
    let reports = "report from a-1 (helper 1), done:\nnothing\n\nreport from a-2 (helper 2), done:\nnothing";
    let reply = talk.results(&reply, &[(reports, false)]).await;
    assert_eq!(text_of(&reply.content), format!("2 reports have come back:\n\n{reports}"));
}

#[tokio::test]
async fn helpers_that_cannot_start_are_reported() {
    let mut talk = Talk::new();
    let reply = talk.say("send 2 helpers to find tea").await;
    let some = talk.results(&reply, &[("sub-agent a-1 (h) is at work;", false), ("8 are at work", true)]).await;
    assert_eq!(tool_calls(&some), [call("wait_for_sub_agents", json!({"ids": ["a-1"]}))]);
    let mut talk = Talk::new();
    let reply = talk.say("send 2 helpers to find tea").await;
    let none = talk.results(&reply, &[("no budget", true), ("no budget", true)]).await;
    assert_eq!(text_of(&none.content), "2 of 2 helpers could not start: no budget");
}

#[tokio::test]
async fn a_helper_searches_for_the_words_of_its_task() {
    let mut talk = Talk::with("a-0123456789abcdef", &TOOLS);
    let reply = talk.say("<task from=\"grow\">\nremember to find everything about green tea\n</task>").await;
    let queries: Vec<Value> = tool_calls(&reply).into_iter().map(|(_, input)| input["query"].clone()).collect();
    assert_eq!(queries, ["remember", "green", "tea"], "short words too, but no stop words");
    let hit = "goals/tea.md:1: drink tea";
    let reply = talk.results(&reply, &[(hit, false), (hit, false), ("nothing", false)]).await;
    let said = text_of(&reply.content);
    assert!(said.contains("drink tea (goals/tea.md, line 1)") && said.contains("no AI"), "{said}");
    assert_eq!(said.matches("drink tea").count(), 1);
}

#[tokio::test]
async fn a_command_whose_tool_is_missing_is_refused() {
    let mut talk = Talk::with("grow", &["read_memory"]);
    let said = text_of(&talk.say("remember the milk").await.content);
    assert!(said.contains("commit_memory is not available"), "{said}");
}

#[tokio::test]
async fn the_same_conversation_gives_the_same_answer() {
    let mut contents = Vec::new();
    for _ in 0..2 {
        let mut talk = Talk::new();
        talk.say("help").await;
        contents.push(talk.say("send 3 helpers to look").await.content);
    }
    assert_eq!(contents[0], contents[1]);
    assert!(contents[0].text().contains("\"guide_3_2\""));
}

#[tokio::test]
async fn mail_is_not_read_as_a_command() {
    let mut talk = Talk::new();
    let mail = "<mail from=\"a-1\">\nreport from a-1 (helper 1), done:\nremember me\n</mail>";
    let reply = talk.say(mail).await;
    assert_eq!(text_of(&reply.content), "News has come:\n\nreport from a-1 (helper 1), done:\nremember me");
    let reply = talk.say(&format!("<earlier_conversation>\nhelp\n</earlier_conversation>\n\n{mail}\n\nlist memory")).await;
    assert_eq!(tool_calls(&reply), [call("list_memory", json!({}))]);
}

#[tokio::test]
async fn a_message_that_arrives_during_a_turn_is_answered_too() {
    let mut talk = Talk::new();
    talk.say("list memory").await;
    let result = json!({"type": "tool_result", "tool_use_id": "guide_1_0", "content": "README.md"});
    let reply = talk.next(json!([result, {"type": "text", "text": "read README.md"}])).await;
    let said = text_of(&reply.content);
    assert_eq!(said, "Your memory:\nREADME.md\n\nYou also said: read README.md");
    assert_eq!(tool_calls(&reply), [call("read_memory", json!({"path": "README.md"}))]);
    let result = json!({"type": "tool_result", "tool_use_id": "guide_3_0", "content": "version: abc\n\n# Memory"});
    let reply = talk.next(json!([result, {"type": "text", "text": "help"}])).await;
    let said = text_of(&reply.content);
    assert!(said.starts_with("# Memory\n\nYou also said: help\n\nI am the built-in guide"), "{said}");
    let said = text_of(&talk.say("list memory").await.content);
    assert_eq!(said, "", "the next message is a turn of its own");
}
