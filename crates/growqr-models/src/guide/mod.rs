//! The built-in guide: a provider that answers by fixed rules, without a key, a network or AI, and says so.
//!
//! It keeps no state: the next step follows from the conversation alone, so a restart changes nothing. It calls the same
//! tools as a model.

mod command;
mod plan;
mod turn;

use async_trait::async_trait;
use growqr_core::model::{Delta, Failure, Model, ModelCard, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::raw::RawJson;
use serde_json::{Value, json};

/// The provider's name in segments, and the id of its only model.
pub const PROVIDER: &str = "guide";

/// The built-in guide. It is free and always available.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guide;

/// The guide's next step.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    /// Answer and end the turn.
    Say(String),
    /// Answer with a text (which may be empty) and tool calls: name and input.
    Call(String, Vec<(&'static str, Value)>),
}

#[async_trait]
impl Model for Guide {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn card(&self, _model: &str) -> ModelCard {
        ModelCard {
            id: PROVIDER.to_owned(),
            name: "Built-in guide (no AI)".to_owned(),
            context_tokens: 1_000_000,
            max_output_tokens: 16_000,
            prices: Some(Prices::free()),
            effort: None,
            reads: Vec::new(),
        }
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        let (text, calls) = match plan::next(request) {
            Action::Say(text) => (text, Vec::new()),
            Action::Call(text, calls) => (text, calls),
        };
        let mut blocks = Vec::new();
        if !text.is_empty() {
            text.split_inclusive(' ').for_each(|word| on_delta(Delta::Text(word.to_owned())));
            blocks.push(json!({"type": "text", "text": text}));
        }
        let stop = if calls.is_empty() { StopReason::EndTurn } else { StopReason::ToolUse };
        for (index, (name, input)) in calls.into_iter().enumerate() {
            on_delta(Delta::Call { name: name.to_owned() });
            // A conversation only grows, so an id made from its length is unique.
            let id = format!("guide_{}_{index}", request.messages.len());
            blocks.push(json!({"type": "tool_use", "id": id, "name": name, "input": input}));
        }
        Ok(Reply {
            content: RawJson::of(&blocks),
            stop,
            usage: Usage::default(),
            model: PROVIDER.to_owned(),
            request_id: None,
            cost: Some(Money::ZERO),
        })
    }
}
