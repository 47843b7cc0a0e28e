//! The rules of builds that wrote event version 1. Their events do not record all decisions; these rules compute what is missing.
//! Frozen: `growqr-actors/tests/golden/v1` holds journals of those builds. The rules for new decisions are in `judge.rs`,
//! `calls.rs` and `decide.rs`.

use super::state::State;
use super::turn::{Call, Pending, Phase, Progress};
use crate::event::{Counted, ModelFailed, Nudge, ToolStarted, Verdict};
use crate::id::{AgentId, ExecutorId};
use crate::mail::{Ending, Report};
use crate::model::{FailureKind, Reply, StopReason};
use crate::prompt::{Block, blocks};
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, Repeat};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The tools of every segment.
pub(super) fn catalogue() -> Vec<CatalogueEntry> {
    let memory = [
        ("list_memory", true),
        ("read_memory", true),
        ("search_memory", true),
        ("commit_memory", false),
        ("delete_memory", false),
    ];
    let agents = ["spawn_sub_agent", "wait_for_sub_agents", "message_sub_agent", "cancel_sub_agent"];
    let memory = memory.map(|(name, is_read)| CatalogueEntry {
        name: name.to_owned(),
        executor: ExecutorId::memory(),
        repeat: if is_read { Repeat::Safe } else { Repeat::LookUp },
    });
    let agents =
        agents.map(|name| CatalogueEntry { name: name.to_owned(), executor: ExecutorId::journal(), repeat: Repeat::Safe });
    memory.into_iter().chain(agents).collect()
}

/// Whether an answer was used, and the remark that the model got if it was not.
pub(super) fn verdict(state: &State, reply: &Reply) -> Verdict {
    match used(reply) {
        Used::Kept(verdict) => verdict,
        Used::Empty if !state.counters.nudged => Verdict::Void { nudge: Some(Nudge::Empty) },
        Used::Cut if !state.counters.nudged && state.has_max_output_limit() && reply.stop == StopReason::MaxTokens => {
            Verdict::Void { nudge: Some(Nudge::Shorter) }
        }
        Used::Empty | Used::Cut | Used::Void => Verdict::Void { nudge: None },
    }
}

/// The part of [`verdict`] that needs no state.
pub(super) fn kept(reply: &Reply) -> Verdict {
    match used(reply) {
        Used::Kept(verdict) => verdict,
        Used::Empty | Used::Cut | Used::Void => Verdict::Void { nudge: None },
    }
}

enum Used {
    Kept(Verdict),
    Empty,
    Cut,
    Void,
}

fn used(reply: &Reply) -> Used {
    let all = blocks(&reply.content);
    let is_array = serde_json::from_str::<Vec<&RawValue>>(reply.content.text()).is_ok();
    let is_odd = !is_array || all.iter().any(|block| matches!(block, Block::Other(kind) if kind.is_empty()));
    if is_odd || matches!(reply.stop, StopReason::Refusal { .. }) {
        return Used::Void;
    }
    let (mut calls, mut left_out, mut has_text) = (Vec::new(), Vec::new(), false);
    for (index, block) in all.iter().enumerate() {
        match block {
            Block::Text(text) if text.trim().is_empty() => left_out.push(index),
            Block::Call { id, name, .. } => calls.push((id, name)),
            Block::Thinking(_) => {}
            Block::Other(kind) if kind == "redacted_thinking" => {}
            Block::Text(_) | Block::Result { .. } | Block::Attachment(_) | Block::Other(_) => has_text = true,
        }
    }
    let is_name = |text: &str, limit: usize| {
        !text.is_empty() && text.len() <= limit && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let is_cut = matches!(reply.stop, StopReason::MaxTokens | StopReason::ContextFull);
    let ids: BTreeSet<_> = calls.iter().map(|(id, _)| id).collect();
    if is_cut && (!calls.is_empty() || !has_text) {
        Used::Cut
    } else if calls.is_empty() && !has_text {
        Used::Empty
    } else if ids.len() < calls.len() || !calls.iter().all(|(id, name)| is_name(id.as_str(), 128) && is_name(name, 64)) {
        Used::Void
    } else {
        Used::Kept(Verdict::Kept { left_out, calls: calls.len() })
    }
}

/// How much of the reservation of a failed call counts as spent.
pub(super) fn counted(body: &ModelFailed) -> Counted {
    match (body.failure.kind, body.bound) {
        (FailureKind::Broken | FailureKind::Aborted | FailureKind::Interrupted, Some(bound)) => Counted::AtMost(bound),
        (FailureKind::Broken | FailureKind::Aborted | FailureKind::Interrupted, None) => Counted::Reservation,
        _ => Counted::Nothing,
    }
}

/// The catalogue entry of a tool. In version 1, the journal answered calls of unknown tools.
pub(super) fn entry(name: &str) -> CatalogueEntry {
    let unknown = || CatalogueEntry { name: name.to_owned(), executor: ExecutorId::journal(), repeat: Repeat::Safe };
    catalogue().into_iter().find(|entry| entry.name == name).unwrap_or_else(unknown)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitInput {
    ids: Option<Vec<String>>,
}

/// The sub-agents that a call waits for: the ones that it names; without names, all that are at work or have an unread report.
pub(super) fn waits_for(state: &State, body: &ToolStarted) -> Option<Vec<AgentId>> {
    if body.name != "wait_for_sub_agents" {
        return None;
    }
    let ids = read(&body.input)?.ids.unwrap_or_default();
    if !ids.is_empty() {
        return Some(ids.into_iter().map(AgentId::new).collect());
    }
    let unread = state.pending.iter().filter_map(|pending| match pending {
        Pending::Report { from, .. } => Some(from.clone()),
        _ => None,
    });
    Some(state.children_at_work().cloned().chain(unread).collect())
}

fn read(input: &RawJson) -> Option<WaitInput> {
    serde_json::from_str(input.text()).ok()
}

/// The user message that a request added: all results of the last answer's calls, in order, then the pending items.
pub(super) fn user_content(state: &State, shortened: bool) -> Option<RawJson> {
    let calls = match &state.phase {
        Phase::Tools(calls) => calls,
        _ => &state.unsent_results,
    };
    let left_out = state.shortenable_pending.filter(|_| shortened);
    let mut content: Vec<RawJson> = calls.iter().map(|call| result_block(call, left_out.is_some())).collect();
    if !state.pending.is_empty() {
        let text = |(at, pending): (usize, &Pending)| text_of(pending, left_out.is_some_and(|count| at < count));
        let text: Vec<String> = state.pending.iter().enumerate().map(text).collect();
        content.push(RawJson::of(&json!({"type": "text", "text": text.join("\n\n")})));
    }
    if content.is_empty() { None } else { Some(RawJson::of(&content)) }
}

fn result_block(call: &Call, shortened: bool) -> RawJson {
    let (text, is_error) = match &call.progress {
        Progress::Done(result) if result.content.is_empty() => (Cow::Borrowed("(nothing)"), result.is_error),
        Progress::Done(result) => (result.content.plain(), result.is_error),
        _ => (Cow::Borrowed("not carried out"), false),
    };
    let text = shortened_if_long(&text, shortened);
    let mut block = json!({"type": "tool_result", "tool_use_id": call.id, "content": text});
    if is_error {
        block["is_error"] = json!(true);
    }
    RawJson::of(&block)
}

fn text_of(pending: &Pending, shortened: bool) -> String {
    let marked = |element: &str, from: &AgentId, text: &str| {
        let text = shortened_if_long(text, shortened).replace(&format!("</{element}"), &format!("<\\/{element}"));
        format!("<{element} from=\"{from}\">\n{text}\n</{element}>")
    };
    match pending {
        Pending::UserMessage { text, .. } if text.trim().is_empty() => "(an empty message)".to_owned(),
        Pending::Task { from, text, .. } => marked("task", from, text),
        Pending::AgentMessage { from, text, .. } => marked("mail", from, text),
        Pending::Report { from, report } => marked("mail", from, &report_text(from.as_str(), report)),
        Pending::AnswerWasEmpty => "(Your last answer was empty. Please go on, or say what you need.)".to_owned(),
        Pending::AnswerWasCut => "(Your last answer was cut because it became too long, and none of it was carried out. \
            Do it in smaller parts: a page can be written a section at a time.)"
            .to_owned(),
        Pending::Continue(text) if text.is_empty() => "(Go on from the end of what was said before.)".to_owned(),
        // There were none of these.
        Pending::Answer { .. }
        | Pending::MergePages { .. }
        | Pending::Reviewed { .. }
        | Pending::SubAgentAsks { .. }
        | Pending::Attached(_)
        | Pending::Finish => String::new(),
        Pending::UserMessage { text, .. } | Pending::Continue(text) => shortened_if_long(text, shortened).into_owned(),
    }
}

fn report_text(from: &str, report: &Report) -> String {
    let ending = match report.ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::Cancelled => "cancelled",
        Ending::Limit => "limit reached",
    };
    let name: String = report.name.chars().filter(|c| !c.is_control()).collect();
    format!("report from {from} ({name}), {ending}:\n{}", report.text)
}

fn shortened_if_long(text: &str, shortened: bool) -> Cow<'_, str> {
    const LONG: usize = 8_000;
    if !shortened || text.len() <= LONG {
        return Cow::Borrowed(text);
    }
    let head = text.floor_char_boundary(LONG / 2);
    let tail = text.ceil_char_boundary(text.len() - LONG / 2);
    let note = format!("\n(Here {} bytes were set aside: the budget did not reach for them.)\n", tail - head);
    Cow::Owned([&text[..head], &note, &text[tail..]].concat())
}
