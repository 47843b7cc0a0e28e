//! The tool calls of a chat completion, put together from the pieces in which servers stream them.

use super::called_words::{WORDS_ID, untexted};
use crate::lenient::{index, scalar};
use crate::tool_input::{is_object, join_pieces, tool_input_json, valid_id, valid_name};
use growqr_core::prompt::Tool;
use growqr_core::raw::RawJson;
use serde_json::Value;
use std::collections::BTreeSet;

/// A piece of a call. What is missing or cannot be read is empty.
pub(super) struct CallPiece {
    index: Option<i64>,
    id: String,
    name: String,
    arguments: String,
}

/// The calls so far.
#[derive(Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    /// Number of the event that is being read.
    event: u64,
    bytes: usize,
}

#[derive(Default)]
struct Call {
    /// The event in which it began.
    event: u64,
    index: Option<i64>,
    id: String,
    name: String,
    arguments: Vec<String>,
    /// Whether it was written as words.
    is_words: bool,
}

impl CallPiece {
    /// Reads a piece field by field. Some servers leave out the level `function`.
    pub fn read(piece: &Value) -> CallPiece {
        let function = if piece["function"].is_object() { &piece["function"] } else { piece };
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            // The API requires a string, but some servers send the object itself.
            other => other.to_string(),
        };
        CallPiece {
            index: index(&piece["index"]),
            id: scalar(&piece["id"]).unwrap_or_default(),
            name: scalar(&function["name"]).unwrap_or_default(),
            arguments,
        }
    }
}

impl Calls {
    /// Adds the pieces of one event. Returns the names of the calls that have become known.
    pub fn add(&mut self, pieces: impl Iterator<Item = CallPiece>) -> Vec<String> {
        self.event += 1;
        pieces.filter_map(|piece| self.add_piece(piece)).collect()
    }

    fn add_piece(&mut self, piece: CallPiece) -> Option<String> {
        let event = self.event;
        self.bytes += piece.name.len() + piece.arguments.len();
        let at = self.calls.iter().rposition(|call| call.continues(&piece, event));
        let CallPiece { index, id, name, arguments } = piece;
        let call = match at {
            Some(at) => &mut self.calls[at],
            // A piece without anything begins no call.
            None if id.is_empty() && name.is_empty() && arguments.is_empty() => return None,
            None => {
                self.calls.push(Call { event, index, ..Call::default() });
                self.calls.last_mut().expect("one was just added")
            }
        };
        if call.id.is_empty() {
            call.id = id;
        }
        if !arguments.is_empty() {
            call.arguments.push(arguments);
        }
        if call.name.is_empty() && !name.is_empty() {
            call.name.clone_from(&name);
            return Some(name);
        }
        None
    }

    /// Adds a whole call that was written as words.
    pub fn add_whole(&mut self, name: String, arguments: String) {
        self.bytes += name.len() + arguments.len();
        self.calls.push(Call { name, arguments: vec![arguments], is_words: true, ..Call::default() });
    }

    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The size of all names and arguments.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Encodes the calls as `tool_use` blocks. See [`super::accumulate::Accumulator::into_reply`] for their ids.
    pub fn encode(self, used_ids: &BTreeSet<String>, message_count: usize, tools: &[Tool]) -> Vec<RawJson> {
        let mut used_ids = used_ids.clone();
        let mut blocks = Vec::new();
        for (position, call) in self.calls.into_iter().enumerate() {
            let id = if call.is_words { format!("{WORDS_ID}{message_count}_{position}") } else { call.id.clone() };
            let id = valid_id(&id, &mut used_ids, message_count, position);
            blocks.push(call.encode(&id, tools));
        }
        blocks
    }
}

impl Call {
    /// Whether a piece belongs to this call. A piece with another id begins a new call, even with the same index. So does a
    /// piece with a name, unless it comes in a later event, has the same name, and the arguments so far are incomplete, empty or
    /// the same.
    fn continues(&self, piece: &CallPiece, event: u64) -> bool {
        let has_index = piece.index == self.index || piece.index.is_none();
        if !piece.id.is_empty() && !self.id.is_empty() {
            return self.id == piece.id && has_index;
        }
        let joined = || self.arguments.concat();
        let may_go_on = |joined: String| !is_object(&joined) || joined.trim() == "{}" || joined == piece.arguments;
        let is_again = || self.name == piece.name && self.event != event && may_go_on(joined());
        has_index && (piece.name.is_empty() || self.name.is_empty() || is_again())
    }

    /// Encodes the call as a `tool_use` block.
    fn encode(self, id: &str, tools: &[Tool]) -> RawJson {
        let name = valid_name(&self.name);
        let input = tool_input_json(join_pieces(&self.arguments));
        let tool = tools.iter().find(|tool| tool.name == name);
        let input = tool.and_then(|tool| untexted(&input, tool)).unwrap_or(input);
        let text = format!(
            r#"{{"type":"tool_use","id":{},"name":{},"input":{input}}}"#,
            RawJson::of(id).text(),
            RawJson::of(&name).text()
        );
        RawJson::parse(text).expect("its parts are JSON")
    }
}
