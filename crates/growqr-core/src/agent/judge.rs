//! Judges an answer of the model: whether it is used, and which tools it calls. Used for new decisions only; a replay reads the
//! verdict that was recorded with the answer.

use crate::event::Verdict;
use crate::id::{CallId, ExecutorId};
use crate::model::{Reply, StopReason};
use crate::prompt::{Block, blocks};
use crate::raw::RawJson;
use crate::tool::{is_valid_call_id, is_valid_tool_name};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// The result of judging an answer.
pub(super) enum Judged {
    /// It goes into the transcript, and these tool calls are carried out.
    Keep {
        /// Indices of content blocks that are left out: empty text, which the API does not accept in a request.
        left_out: Vec<usize>,
        calls: Vec<WantedCall>,
    },
    /// Contains nothing that a person or a tool could use.
    Empty,
    /// The model refused; partial output is not used.
    Refused(String),
    /// Cut inside a tool call or before any text: it must not be carried out.
    Cut,
    /// Not a message that could be sent in a later request.
    Invalid,
}

/// A tool call that the model requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedCall {
    /// The model's id of the call.
    pub id: CallId,
    /// The tool's name.
    pub name: String,
    /// The input's JSON text as received.
    pub input: RawJson,
}

/// The sources of untrusted text in an answer: what the provider has found in the web for the model.
pub(super) fn untrusted_in(reply: &Reply) -> Vec<String> {
    let is_found =
        |block: &Block| matches!(block, Block::Other(kind) if kind.starts_with("web_") && kind.ends_with("_tool_result"));
    if blocks(&reply.content).iter().any(is_found) { vec![ExecutorId::web().as_str().to_owned()] } else { Vec::new() }
}

pub(super) fn judge(reply: &Reply) -> Judged {
    if let StopReason::Refusal { explanation } = &reply.stop {
        return Judged::Refused(explanation.clone());
    }
    let all = blocks(&reply.content);
    let is_array = serde_json::from_str::<Vec<&RawValue>>(reply.content.text()).is_ok();
    if !is_array || all.iter().any(|block| matches!(block, Block::Other(kind) if kind.is_empty())) {
        return Judged::Invalid;
    }
    let (mut calls, mut left_out, mut has_text) = (Vec::new(), Vec::new(), false);
    for (index, block) in all.into_iter().enumerate() {
        match block {
            Block::Text(text) if text.trim().is_empty() => left_out.push(index),
            Block::Call { id, name, input } => calls.push(WantedCall { id, name, input }),
            Block::Thinking(_) => {}
            Block::Other(kind) if kind == "redacted_thinking" => {}
            Block::Text(_) | Block::Result { .. } | Block::Attachment(_) | Block::Other(_) => has_text = true,
        }
    }
    let is_cut = matches!(reply.stop, StopReason::MaxTokens | StopReason::ContextFull);
    let ids: BTreeSet<_> = calls.iter().map(|call| &call.id).collect();
    let has_valid_names = |call: &WantedCall| is_valid_call_id(call.id.as_str()) && is_valid_tool_name(&call.name);
    if is_cut && (!calls.is_empty() || !has_text) {
        Judged::Cut
    } else if calls.is_empty() && !has_text {
        Judged::Empty
    } else if ids.len() < calls.len() || !calls.iter().all(has_valid_names) {
        Judged::Invalid
    } else {
        Judged::Keep { left_out, calls }
    }
}

impl Judged {
    /// The verdict to record with the answer, without a remark for the model.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Judged::Keep { left_out, calls } => Verdict::Kept { left_out: left_out.clone(), calls: calls.len() },
            Judged::Empty | Judged::Refused(_) | Judged::Cut | Judged::Invalid => Verdict::Void { nudge: None },
        }
    }
}
