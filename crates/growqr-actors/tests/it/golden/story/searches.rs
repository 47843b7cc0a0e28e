//! The story of searches that the service of the model makes.

use super::{Story, calls, reply, says, woken};
use growqr_core::agent::Input;
use growqr_core::id::AgentId;
use growqr_core::journal::Store;
use growqr_core::model::{FailureKind, Reply, StopReason};
use growqr_core::money::Money;
use growqr_core::tool::ToolResult;
use serde_json::{Value, json};
use std::sync::Arc;

/// Writes the story into an empty store.
pub async fn write_searches(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.change_settings(|settings| settings.searches = true);
    story.searches().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.a_search_that_is_left_open().await;
}

/// A search that the service has begun.
fn search(id: &str) -> Value {
    json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "green tea"}})
}

/// What it has found.
fn found(id: &str) -> Value {
    let page = json!({"type": "web_search_result", "url": "https://tea.example/green", "title": "Green tea", "page_age": null,
        "encrypted_content": "EqgfCioIARgB"});
    json!({"type": "web_search_tool_result", "tool_use_id": id, "content": [page]})
}

/// A text with the page that it is from.
fn cited(text: &str) -> Value {
    let citation = json!({"type": "web_search_result_location", "url": "https://tea.example/green", "title": "Green tea",
        "encrypted_index": "Eo8BCioIAhgB", "cited_text": "70 degrees"});
    json!({"type": "text", "text": text, "citations": [citation]})
}

/// An answer after so many searches, each billed at one US cent.
fn searched(content: Value, stop: StopReason, searches: u64) -> Reply {
    Reply { cost: Some(Money(12_345 + searches * 1_000_000)), ..reply(content, stop) }
}

impl Story {
    /// A search, a kill during one, a message during one, one beside a call, one that the service ends with an error, and two that
    /// are broken off: by the person and by a failure.
    async fn searches(&self) {
        let grow = AgentId::grow();
        self.input(&grow, Input::Created).await;
        self.say("how hot for green tea?").await;
        let answer = json!([search("s1"), found("s1"), cited("70 degrees")]);
        self.answer(&grow, searched(answer, StopReason::EndTurn, 1)).await;

        self.say("really?").await;
        self.answer(&grow, searched(json!([{"type": "text", "text": "I look."}, search("s2")]), StopReason::PauseTurn, 0)).await;
        self.input(&grow, woken()).await;
        self.say("in Celsius").await;
        self.answer(&grow, searched(json!([found("s2"), cited("Really.")]), StopReason::EndTurn, 1)).await;
        self.answer(&grow, says("That is Celsius.")).await;

        self.say("look it up in memory, too").await;
        let call = json!({"type": "tool_use", "id": "t1", "name": "list_memory", "input": {}});
        self.answer(&grow, searched(json!([search("s3"), call]), StopReason::ToolUse, 0)).await;
        let open = self.open_tools(&grow).await;
        self.finish(&grow, &open[0], ToolResult::ok("tea.md (9 bytes)")).await;
        let error = json!({"type": "web_search_tool_result", "tool_use_id": "s3",
            "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}});
        self.answer(&grow, searched(json!([error, {"type": "text", "text": "Only memory knows."}]), StopReason::EndTurn, 0))
            .await;

        self.say("and black tea?").await;
        self.answer(&grow, searched(json!([search("s4")]), StopReason::PauseTurn, 0)).await;
        self.input(&grow, Input::Cancel { tree: true }).await;
        self.say("white tea?").await;
        self.answer(&grow, searched(json!([search("s5")]), StopReason::PauseTurn, 0)).await;
        self.fail(&grow, FailureKind::Rejected).await;
        self.say("never mind").await;
        self.answer(&grow, calls(&[("list_memory", json!({}))])).await;
        let open = self.open_tools(&grow).await;
        self.finish(&grow, &open[0], ToolResult::ok("tea.md (9 bytes)")).await;
        self.answer(&grow, says("Fine.")).await;
    }

    /// A kill while the service searches.
    async fn a_search_that_is_left_open(&self) {
        self.say("and coffee?").await;
        self.answer(&AgentId::grow(), searched(json!([search("s6")]), StopReason::PauseTurn, 0)).await;
    }
}
