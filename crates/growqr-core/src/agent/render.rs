//! Turning what happened into words for the model, and judging what the model sent.

use super::{Call, Pending, Phase, Progress, State};
use crate::mail::{Ending, Report};
use crate::model::{Reply, StopReason};
use crate::prompt::{Block, Role, blocks};
use crate::raw::RawJson;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// The most bytes of the past that a new segment carries along.
const CARRIED_BYTES: usize = 60_000;

/// Of longer words the middle is set aside when the budget ends their turn.
const SET_ASIDE_BYTES: usize = 8_000;

/// The most bytes of a report that its reader gets.
const REPORT_BYTES: usize = 20_000;

/// What to make of an answer.
pub(super) enum Verdict {
    /// Goes into the transcript; these tool calls want to be run.
    Keep {
        /// As received, without empty text blocks, which the API would not take back.
        content: RawJson,
        /// Id, name and input of each tool call.
        calls: Vec<Wanted>,
    },
    /// Nothing in it that a person or a tool could use.
    Silent,
    /// The model refused; partial output is void.
    Refused(String),
    /// Cut in a tool call or before any words; running it would be wrong.
    Cut,
    /// Not a message that could be sent back.
    Nonsense,
}

/// A tool call as the model asked for it.
pub(super) struct Wanted {
    pub id: crate::id::CallId,
    pub name: String,
    pub input: RawJson,
}

pub(super) fn verdict(reply: &Reply) -> Verdict {
    if let StopReason::Refusal { explanation } = &reply.stop {
        return Verdict::Refused(explanation.clone());
    }
    let Some(content) = without_empty_text(&reply.content) else { return Verdict::Nonsense };
    let mut calls = Vec::new();
    let mut words = false;
    for block in blocks(&content) {
        match block {
            Block::Call { id, name, input } => calls.push(Wanted { id, name, input }),
            Block::Thinking(_) => {}
            Block::Other(kind) if kind == "redacted_thinking" => {}
            Block::Text(_) | Block::Result { .. } | Block::Other(_) => words = true,
        }
    }
    let cut = matches!(reply.stop, StopReason::MaxTokens | StopReason::ContextFull);
    let ids: BTreeSet<_> = calls.iter().map(|call| &call.id).collect();
    let sound = |call: &Wanted| is_name(call.id.as_str(), 128) && is_name(&call.name, 64);
    if cut && (!calls.is_empty() || !words) {
        Verdict::Cut
    } else if calls.is_empty() && !words {
        Verdict::Silent
    } else if ids.len() < calls.len() || !calls.iter().all(sound) {
        Verdict::Nonsense
    } else {
        Verdict::Keep { content, calls }
    }
}

fn is_name(text: &str, limit: usize) -> bool {
    !text.is_empty()
        && text.len() <= limit
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// `None` if it is not an array of objects. The array as it is, if no block must go.
fn without_empty_text(content: &RawJson) -> Option<RawJson> {
    let raw: Vec<&RawValue> = serde_json::from_str(content.text()).ok()?;
    let kinds = blocks(content);
    if kinds.iter().any(|block| matches!(block, Block::Other(kind) if kind.is_empty())) {
        return None;
    }
    let is_empty = |block: &Block| matches!(block, Block::Text(text) if text.trim().is_empty());
    if !kinds.iter().any(is_empty) {
        return Some(content.clone());
    }
    let kept: Vec<&RawValue> = raw.into_iter().zip(&kinds).filter(|(_, block)| !is_empty(block)).map(|(raw, _)| raw).collect();
    Some(RawJson::of(&kept))
}

/// A content array of one text block.
pub(super) fn text_content(text: &str) -> RawJson {
    RawJson::of(&[json!({"type": "text", "text": text})])
}

impl State {
    /// The content of the next user message: all results of the last answer's calls, in order, then what is pending.
    /// `None` if there is nothing to say.
    pub(super) fn next_user_content(&self) -> Option<RawJson> {
        let calls = match &self.phase {
            Phase::Tools(calls) => calls,
            _ => &self.unanswered,
        };
        let mut content: Vec<RawJson> = calls.iter().map(result_block).collect();
        if !self.pending.is_empty() {
            // One block for all of them: the cache looks back a limited number of blocks.
            let text: Vec<String> = self.pending.iter().map(Pending::words).collect();
            content.push(RawJson::of(&json!({"type": "text", "text": text.join("\n\n")})));
        }
        if content.is_empty() { None } else { Some(RawJson::of(&content)) }
    }

    /// The past as one text for a model with this window, its end if it is long; `None` if there is none.
    pub(super) fn rendered_past(&self, context_tokens: u64) -> Option<String> {
        let mut parts: Vec<String> = self
            .transcript
            .messages()
            .iter()
            .map(|message| rendered(message.role, &message.content))
            .filter(|text| !text.is_empty())
            .collect();
        parts.extend(self.unanswered.iter().map(|call| format!("[{} gave: {}]", call.name, result_text(call))));
        if parts.is_empty() {
            return None;
        }
        let past = parts.join("\n\n");
        // At most about a quarter of the window: a token is some four bytes of text.
        let limit = usize::try_from(context_tokens).unwrap_or(usize::MAX).min(CARRIED_BYTES);
        let kept = tail(&past, limit);
        let head = if kept.len() < past.len() { "What was said before, without its beginning" } else { "What was said before" };
        Some(format!("<earlier_conversation>\n{head}:\n\n{}\n</earlier_conversation>", defused(kept, "earlier_conversation")))
    }
}

/// Keys in the order of the API's own examples; `is_error` only where it is true.
fn result_block(call: &Call) -> RawJson {
    let mut block = json!({"type": "tool_result", "tool_use_id": call.id, "content": result_text(call)});
    if matches!(&call.progress, Progress::Done(result) if result.is_error) {
        block["is_error"] = json!(true);
    }
    RawJson::of(&block)
}

impl Call {
    /// The same for what a tool gave: it can be asked for again, in parts.
    pub(super) fn set_aside_if_long(&mut self) {
        if let Progress::Done(result) = &mut self.progress {
            shorten(&mut result.content);
        }
    }
}

/// Keeps the beginning and the end of a long text.
fn shorten(text: &mut String) {
    if text.len() <= SET_ASIDE_BYTES {
        return;
    }
    let head = text.floor_char_boundary(SET_ASIDE_BYTES / 2);
    let tail = text.ceil_char_boundary(text.len() - SET_ASIDE_BYTES / 2);
    let note = format!("\n(Here {} bytes were set aside: the budget did not reach for them.)\n", tail - head);
    text.replace_range(head..tail, &note);
}

fn result_text(call: &Call) -> &str {
    match &call.progress {
        Progress::Done(result) if !result.content.trim().is_empty() => &result.content,
        Progress::Done(_) => "(nothing)",
        _ => "not carried out",
    }
}

fn rendered(role: Role, content: &RawJson) -> String {
    let who = if role == Role::User { "User" } else { "You" };
    let parts: Vec<String> = blocks(content)
        .into_iter()
        .filter_map(|block| match block {
            Block::Text(text) => Some(format!("{who}: {text}")),
            Block::Call { name, input, .. } => Some(format!("[You called {name} with {}]", input.text())),
            Block::Result { content, .. } => Some(format!("[Result: {content}]")),
            Block::Thinking(_) | Block::Other(_) => None,
        })
        .collect();
    parts.join("\n")
}

impl Pending {
    /// Words that a limit kept from the model must not keep every later message from it, too. Whole, they stay in the
    /// journal.
    pub(super) fn set_aside_if_long(&mut self) {
        match self {
            Pending::Said(text) | Pending::Task { text, .. } | Pending::Told { text, .. } => shorten(text),
            Pending::Report { report, .. } => shorten(&mut report.text),
            Pending::Nudge => {}
        }
    }

    fn words(&self) -> String {
        match self {
            Pending::Said(text) if text.trim().is_empty() => "(an empty message)".to_owned(),
            Pending::Said(text) => text.clone(),
            Pending::Task { from, text } => format!("<task from=\"{from}\">\n{}\n</task>", defused(text, "task")),
            Pending::Told { from, text } => format!("<mail from=\"{from}\">\n{}\n</mail>", defused(text, "mail")),
            Pending::Report { from, report } => {
                format!("<mail from=\"{from}\">\n{}\n</mail>", defused(&report_text(from.as_str(), report), "mail"))
            }
            Pending::Nudge => "(Your last answer was empty. Please go on, or say what you need.)".to_owned(),
        }
    }
}

/// How a report reads, for its receiver and for whoever waited for it.
pub(super) fn report_text(from: &str, report: &Report) -> String {
    let ending = match report.ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::Cancelled => "cancelled",
        Ending::Limit => "limit reached",
    };
    let name: String = report.name.chars().filter(|c| !c.is_control()).collect();
    format!("report from {from} ({name}), {ending}:\n{}", report.text)
}

/// The first bytes of a report, cut at a character, with a note if anything is missing.
pub(super) fn cut_report(text: &str) -> String {
    let mut end = text.len().min(REPORT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() { format!("{}\n[cut: {} more bytes]", &text[..end], text.len() - end) } else { text.to_owned() }
}

fn tail(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Data cannot close the element that marks it as data.
fn defused(text: &str, element: &str) -> String {
    text.replace(&format!("</{element}"), &format!("<\\/{element}"))
}
