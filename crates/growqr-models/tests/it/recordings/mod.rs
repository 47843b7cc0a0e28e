//! Answers as servers have been reported to send them, byte for byte, with what a person should get from each.

pub mod messages;
pub mod openai;

use growqr_core::model::Reply;
use growqr_core::prompt::{Block, blocks};
use serde_json::Value;

/// An answer and its meaning.
#[derive(Clone, Debug)]
pub struct Recording {
    pub name: &'static str,
    pub content_type: &'static str,
    /// The data of each event, or a whole body as the only one.
    pub events: Vec<String>,
    /// Whether the events are sent as an event stream.
    pub is_stream: bool,
    pub text: &'static str,
    pub thinking: &'static str,
    /// The name and the input of each call.
    pub calls: Vec<(&'static str, Value)>,
    /// Whether token counts are missing or cannot be read.
    pub is_estimate: bool,
}

impl Recording {
    pub fn stream(name: &'static str, events: Vec<String>) -> Recording {
        Recording {
            name,
            content_type: "text/event-stream",
            events,
            is_stream: true,
            text: "",
            thinking: "",
            calls: Vec::new(),
            is_estimate: false,
        }
    }

    pub fn says(self, text: &'static str) -> Recording {
        Recording { text, ..self }
    }

    pub fn thinks(self, thinking: &'static str) -> Recording {
        Recording { thinking, ..self }
    }

    pub fn calls(self, calls: Vec<(&'static str, Value)>) -> Recording {
        Recording { calls, ..self }
    }

    pub fn estimated(self) -> Recording {
        Recording { is_estimate: true, ..self }
    }

    /// The bytes as this server sends them.
    pub fn body(&self) -> Vec<u8> {
        match self.is_stream {
            true => self.events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>().into_bytes(),
            false => self.events.join("\n").into_bytes(),
        }
    }

    /// Fails unless the reply means the same.
    pub fn assert_same(&self, reply: &Reply, context: &str) {
        let (mut text, mut thinking, mut calls) = (String::new(), String::new(), Vec::new());
        for block in blocks(&reply.content) {
            match block {
                Block::Text(more) => text.push_str(&more),
                Block::Thinking(more) => thinking.push_str(&more),
                Block::Call { name, input, .. } => calls.push((name, serde_json::from_str(input.text()).unwrap())),
                other => panic!("{other:?}"),
            }
        }
        let expected: Vec<(String, Value)> = self.calls.iter().map(|(name, input)| ((*name).to_owned(), input.clone())).collect();
        assert_eq!(calls, expected, "calls of {}: {context}", self.name);
        assert_eq!((text.trim(), thinking.trim()), (self.text, self.thinking), "{}: {context}", self.name);
        assert_eq!(reply.stop == growqr_core::model::StopReason::ToolUse, !calls.is_empty(), "{}: {context}", self.name);
    }
}
