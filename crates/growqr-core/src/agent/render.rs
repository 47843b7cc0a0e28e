//! Turning what happened into words for the model, and judging what the model sent.

use super::{Call, Pending, Phase, Progress, State};
use crate::mail::{Ending, Report};
use crate::model::{Reply, StopReason};
use crate::prompt::{Block, Message, Role, blocks, words};
use crate::raw::RawJson;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The most bytes of the past that a new segment carries along.
const CARRIED_BYTES: usize = 60_000;

/// Of longer words the middle is set aside if a budget does not reach for all of them, twice.
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
    /// `shortened`: without the middle of what was too dear for an earlier request. `None` if there is nothing to say.
    pub(super) fn next_user_content(&self, shortened: bool) -> Option<RawJson> {
        let calls = match &self.phase {
            Phase::Tools(calls) => calls,
            _ => &self.unanswered,
        };
        let too_dear = self.held_back.filter(|_| shortened);
        let mut content: Vec<RawJson> = calls.iter().map(|call| result_block(call, too_dear.is_some())).collect();
        if !self.pending.is_empty() {
            // One block for all of them: the cache looks back a limited number of blocks.
            let words = |(at, pending): (usize, &Pending)| pending.words(too_dear.is_some_and(|count| at < count));
            let text: Vec<String> = self.pending.iter().enumerate().map(words).collect();
            content.push(RawJson::of(&json!({"type": "text", "text": text.join("\n\n")})));
        }
        if content.is_empty() { None } else { Some(RawJson::of(&content)) }
    }

    /// The words of the last request of a turn under way.
    pub(super) fn open_words(&self) -> String {
        let last = self.transcript.messages().last().filter(|last| self.is_at_work() && last.role == Role::User);
        last.map(|last| words(&last.content)).unwrap_or_default()
    }

    /// The past as one text for a model with this window, its end if it is long; `None` if there is none. Without
    /// [`State::open_words`].
    pub(super) fn rendered_past(&self, context_tokens: u64) -> Option<String> {
        let messages = self.transcript.messages();
        let open = if self.is_at_work() { messages.len().saturating_sub(1) } else { messages.len() };
        let mut parts: Vec<String> = messages
            .iter()
            .enumerate()
            .map(|(at, message)| rendered(message, at < open))
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
fn result_block(call: &Call, shortened: bool) -> RawJson {
    let text = result_text(call);
    let text = if shortened { without_middle(text) } else { Cow::Borrowed(text) };
    let mut block = json!({"type": "tool_result", "tool_use_id": call.id, "content": text});
    if matches!(&call.progress, Progress::Done(result) if result.is_error) {
        block["is_error"] = json!(true);
    }
    RawJson::of(&block)
}

/// Keeps the beginning and the end of a long text. Whole, it stays in the journal.
fn without_middle(text: &str) -> Cow<'_, str> {
    if text.len() <= SET_ASIDE_BYTES {
        return Cow::Borrowed(text);
    }
    let head = text.floor_char_boundary(SET_ASIDE_BYTES / 2);
    let tail = text.ceil_char_boundary(text.len() - SET_ASIDE_BYTES / 2);
    let note = format!("\n(Here {} bytes were set aside: the budget did not reach for them.)\n", tail - head);
    Cow::Owned([&text[..head], &note, &text[tail..]].concat())
}

fn result_text(call: &Call) -> &str {
    match &call.progress {
        Progress::Done(result) if !result.content.trim().is_empty() => &result.content,
        Progress::Done(_) => "(nothing)",
        _ => "not carried out",
    }
}

/// `words`: whether what was said is part of it, besides the tool calls.
fn rendered(message: &Message, words: bool) -> String {
    let who = if message.role == Role::User { "User" } else { "You" };
    let parts: Vec<String> = blocks(&message.content)
        .into_iter()
        .filter_map(|block| match block {
            Block::Text(text) => words.then(|| format!("{who}: {text}")),
            Block::Call { name, input, .. } => Some(format!("[You called {name} with {}]", input.text())),
            Block::Result { content, .. } => Some(format!("[Result: {content}]")),
            Block::Thinking(_) | Block::Other(_) => None,
        })
        .collect();
    parts.join("\n")
}

impl Pending {
    fn words(&self, shortened: bool) -> String {
        let fitted = |text| if shortened { without_middle(text) } else { Cow::Borrowed(text) };
        match self {
            Pending::Said(text) if text.trim().is_empty() => "(an empty message)".to_owned(),
            Pending::Said(text) => fitted(text).into_owned(),
            Pending::Task { from, text } => format!("<task from=\"{from}\">\n{}\n</task>", defused(&fitted(text), "task")),
            Pending::Told { from, text } => format!("<mail from=\"{from}\">\n{}\n</mail>", defused(&fitted(text), "mail")),
            Pending::Report { from, report } => {
                let text = report_text(from.as_str(), report);
                format!("<mail from=\"{from}\">\n{}\n</mail>", defused(&fitted(&text), "mail"))
            }
            Pending::Nudge => "(Your last answer was empty. Please go on, or say what you need.)".to_owned(),
            Pending::Shorter => "(Your last answer was cut because it became too long, and none of it was carried out. \
                Do it in smaller parts: a page can be written a section at a time.)"
                .to_owned(),
            Pending::GoOn(text) if text.is_empty() => "(Go on from the end of what was said before.)".to_owned(),
            Pending::GoOn(text) => fitted(text).into_owned(),
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
