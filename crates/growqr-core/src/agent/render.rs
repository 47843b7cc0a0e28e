//! Renders messages, results and reports as text for the model.

use super::attached::{Announced, announcement};
use super::state::State;
use super::turn::{Call, Pending, Phase, Progress};
use crate::clock::{Timestamp, Zone};
use crate::mail::{ChangeDecided, Ending, Report};
use crate::memory::ConflictPage;
use crate::prompt::{Role, escape_closing_tag, text_of};
use crate::raw::RawJson;
use crate::tool::{ContentBlock, ToolContent};
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Texts longer than this lose their middle if the budget did not cover the whole request.
const SHORTENED_BYTES: usize = 8_000;

/// The most questions of sub-agents that one request repeats.
const SHOWN_ASKS: usize = 20;

/// The most bytes of a report that its receiver gets.
const REPORT_BYTES: usize = 20_000;

/// The content array without the blocks at these indices; unchanged if there are none.
pub(super) fn without_blocks(content: &RawJson, left_out: &[usize]) -> RawJson {
    let Ok(all) = serde_json::from_str::<Vec<&RawValue>>(content.text()) else { return content.clone() };
    if left_out.is_empty() {
        return content.clone();
    }
    let kept: Vec<&RawValue> =
        all.into_iter().enumerate().filter(|(index, _)| !left_out.contains(index)).map(|(_, raw)| raw).collect();
    RawJson::of(&kept)
}

/// A content array with a block for each text.
pub(super) fn text_content<'a>(texts: impl Iterator<Item = &'a String>) -> RawJson {
    let blocks: Vec<_> = texts.map(|text| json!({"type": "text", "text": text})).collect();
    RawJson::of(&blocks)
}

impl State {
    /// The content of the next user message: all results of the last answer's calls, in order, then the pending items. With
    /// `shortened`, long texts of an earlier request that was too expensive lose their middle. `None` if there is nothing to
    /// send. With a `zone`, each message says when it was written. While the service carries out a call of its own, only results.
    pub(super) fn next_user_content(&self, shortened: bool, zone: Option<&Zone>) -> Option<RawJson> {
        let calls = match &self.phase {
            Phase::Tools(calls) => calls,
            _ => &self.unsent_results,
        };
        let shortened_count = self.shortenable_pending.filter(|_| shortened);
        let mut content: Vec<RawJson> = calls.iter().map(|call| result_block(call, shortened_count.is_some())).collect();
        if self.has_open_server_call() {
            return if content.is_empty() { None } else { Some(RawJson::of(&content)) };
        }
        let announced = self.announced(shortened_count);
        let text = self.pending_text(shortened_count, zone, &announced);
        if !text.is_empty() {
            // All pending items go into one block: the cache looks back a limited number of blocks.
            content.push(RawJson::of(&json!({"type": "text", "text": text.join("\n\n")})));
        }
        content.extend(State::attachment_blocks(&announced));
        if content.is_empty() { None } else { Some(RawJson::of(&content)) }
    }

    /// The texts of the pending items; the first `shortened_count` of them lose their middle if they are long. `announced` has the
    /// attached files of each item.
    pub(super) fn pending_text(
        &self,
        shortened_count: Option<usize>,
        zone: Option<&Zone>,
        announced: &[Announced<'_>],
    ) -> Vec<String> {
        let goes_on = self.has_message_after_finish();
        let (mut texts, mut asks) = (Vec::new(), 0);
        for (at, pending) in self.pending.iter().enumerate() {
            match pending {
                Pending::Finish if goes_on => continue,
                Pending::SubAgentAsks { .. } => asks += 1,
                _ => {}
            }
            if asks <= SHOWN_ASKS || !matches!(pending, Pending::SubAgentAsks { .. }) {
                let text = match pending {
                    Pending::Continue(text) => self.part_of_long_text(text),
                    _ => None,
                };
                let is_shortened = shortened_count.is_some_and(|count| at < count);
                let mut text = text.unwrap_or_else(|| pending.text(is_shortened, zone));
                if let Some(files) = announced.get(at) {
                    text.push_str(&announcement(files));
                }
                texts.push(text);
            }
        }
        if asks > SHOWN_ASKS {
            texts.push(format!("({} more questions of sub-agents wait for the person's answers.)", asks - SHOWN_ASKS));
        }
        texts
    }

    /// The text of the last request of the current turn.
    pub(super) fn open_request_text(&self) -> String {
        let last = self.transcript.messages().last().filter(|last| self.is_at_work() && last.role == Role::User);
        last.map(|last| text_of(&last.content)).unwrap_or_default()
    }
}

/// A tool result block of the Messages API; `is_error` is set only if true. A result of text alone is sent as a string. With
/// `shortened`, a picture becomes a line of text.
fn result_block(call: &Call, shortened: bool) -> RawJson {
    let content = match result(call) {
        Some(ToolContent(blocks)) if !shortened && blocks.iter().any(is_image) => {
            // The API refuses empty text.
            blocks.iter().filter(|block| !is_blank(block)).map(ContentBlock::to_api).collect()
        }
        _ => json!(shortened_if_long(&result_text(call), shortened)),
    };
    let mut block = json!({"type": "tool_result", "tool_use_id": call.id, "content": content});
    if matches!(&call.progress, Progress::Done(result) if result.is_error) {
        block["is_error"] = json!(true);
    }
    RawJson::of(&block)
}

fn is_image(block: &ContentBlock) -> bool {
    matches!(block, ContentBlock::Image { .. })
}

fn is_blank(block: &ContentBlock) -> bool {
    matches!(block, ContentBlock::Text { text } if text.trim().is_empty())
}

fn shortened_if_long(text: &str, shortened: bool) -> Cow<'_, str> {
    if shortened { without_middle(text) } else { Cow::Borrowed(text) }
}

/// Keeps the beginning and the end of a long text. The whole text stays in the journal.
fn without_middle(text: &str) -> Cow<'_, str> {
    if text.len() <= SHORTENED_BYTES {
        return Cow::Borrowed(text);
    }
    let head = text.floor_char_boundary(SHORTENED_BYTES / 2);
    let tail = text.ceil_char_boundary(text.len() - SHORTENED_BYTES / 2);
    let note = format!("\n({} bytes left out here: the budget does not cover them.)\n", tail - head);
    Cow::Owned([&text[..head], &note, &text[tail..]].concat())
}

fn result(call: &Call) -> Option<&ToolContent> {
    match &call.progress {
        Progress::Done(result) => Some(&result.content),
        _ => None,
    }
}

pub(super) fn result_text(call: &Call) -> Cow<'_, str> {
    match result(call) {
        Some(content) if content.is_empty() => Cow::Borrowed("(nothing)"),
        Some(content) => content.plain(),
        None => Cow::Borrowed("not carried out"),
    }
}

impl Pending {
    fn text(&self, shortened: bool, zone: Option<&Zone>) -> String {
        let written = |at: &Timestamp| zone.map(|zone| format!("[{}]\n", at.in_words(zone))).unwrap_or_default();
        let shortened_if_long = |text| shortened_if_long(text, shortened);
        match self {
            Pending::UserMessage { text, at, attachments, .. } if text.trim().is_empty() && attachments.is_empty() => {
                format!("{}(an empty message)", written(at))
            }
            Pending::UserMessage { text, at, .. } => format!("{}{}", written(at), shortened_if_long(text)),
            Pending::Task { from, text, at } => {
                let text = escape_closing_tag(&shortened_if_long(text), "task");
                format!("{}<task from=\"{from}\">\n{text}\n</task>", written(at))
            }
            Pending::AgentMessage { from, text, at } => {
                let text = escape_closing_tag(&shortened_if_long(text), "mail");
                format!("{}<mail from=\"{from}\">\n{text}\n</mail>", written(at))
            }
            Pending::Report { from, report } => {
                let text = report_text(from.as_str(), report);
                format!("<mail from=\"{from}\">\n{}\n</mail>", escape_closing_tag(&shortened_if_long(&text), "mail"))
            }
            Pending::Answer { ask, question, answer, in_time } => {
                let answer = match (answer.as_deref(), in_time) {
                    (None, _) => "There is no answer: decide yourself, or go on without it.".to_owned(),
                    (Some(answer), true) => format!("The person answers: {}", shortened_if_long(answer)),
                    (Some(answer), false) => {
                        format!("The person has not answered in time. Your default: {}", shortened_if_long(answer))
                    }
                };
                let text = format!("You asked: {}\n{answer}", shortened_if_long(question));
                format!("<answer ask=\"{ask}\">\n{}\n</answer>", escape_closing_tag(&text, "answer"))
            }
            Pending::MergePages { ask, pages, more, remark } => {
                let text = merge_text(pages, *more, &shortened_if_long(remark.as_deref().unwrap_or_default()));
                format!("<answer ask=\"{ask}\">\n{}\n</answer>", escape_closing_tag(&text, "answer"))
            }
            Pending::Reviewed { from, decided } => {
                let text = decision_text(from.is_some(), decided, shortened);
                match from {
                    None => format!("<answer ask=\"{}\">\n{}\n</answer>", decided.ask, escape_closing_tag(&text, "answer")),
                    Some(from) => format!("<mail from=\"{from}\">\n{}\n</mail>", escape_closing_tag(&text, "mail")),
                }
            }
            Pending::SubAgentAsks { from, text, .. } => {
                let text = format!("It waits for the person's answer to this: {}", shortened_if_long(text));
                format!("<mail from=\"{from}\">\n{}\n</mail>", escape_closing_tag(&text, "mail"))
            }
            Pending::Finish => "(Finish now: make no further calls, and report what you have and what is left to do.)".to_owned(),
            Pending::AnswerWasEmpty => "(Your last answer was empty. Please continue, or say what you need.)".to_owned(),
            Pending::AnswerWasCut => "(Your last answer was cut because it became too long, and none of it was carried out. \
                Do it in smaller parts: a page can be written a section at a time.)"
                .to_owned(),
            Pending::Continue(text) if text.is_empty() => "(Continue from the end of the earlier conversation.)".to_owned(),
            Pending::Continue(text) => shortened_if_long(text).into_owned(),
            Pending::Attached(_) => "(The files of messages above that you have not answered:)".to_owned(),
        }
    }
}

/// What the person has decided about a held change; of another agent if it `is_passed_on`.
fn decision_text(is_passed_on: bool, decided: &ChangeDecided, shortened: bool) -> String {
    let outcome = match (decided.approved, decided.edited) {
        (true, false) => "approved",
        (true, true) => "edited and approved",
        (false, _) => "rejected",
    };
    let path = &decided.path;
    let name: String = decided.name.chars().filter(|c| !c.is_control()).collect();
    let mut text = match is_passed_on {
        false => format!("The person has {outcome} your change of \"{path}\"."),
        true => {
            let agent = &decided.agent;
            format!("{agent} ({name}) has ended. The person has {outcome} its change of \"{path}\".")
        }
    };
    if !decided.approved && decided.is_in_memory {
        text.push_str(" It is in memory all the same: its branch was merged by hand.");
    }
    if let Some(remark) = decided.remark.as_deref().map(str::trim).filter(|remark| !remark.is_empty()) {
        let remark = shortened_if_long(remark, shortened);
        let _ = match decided.remark_by.as_deref() {
            None => write!(text, "\nThe person adds: {remark}"),
            Some("") => write!(text, "\nA comment in Gitea, which is not the person's message: {remark}"),
            Some(user) => write!(text, "\nA comment in Gitea by its user {user}, which is not the person's message: {remark}"),
        };
    }
    if let Some(proposed) = &decided.proposed {
        let _ = write!(text, "\nThe text that was proposed:\n{}", shortened_if_long(proposed, shortened));
    }
    text
}

/// Asks the model to merge pages. The paths are data; a path has no quotes.
fn merge_text(pages: &[ConflictPage], more: u64, remark: &str) -> String {
    let mut text = "These pages of memory were changed on this computer and in Gitea, and memory has both versions. The person \
        wants you to merge them. Each line names a page and the page that has Gitea's version."
        .to_owned();
    for ConflictPage { path, copy } in pages {
        let _ = write!(text, "\n\"{path}\" and \"{copy}\"");
    }
    if more > 0 {
        let _ = write!(text, "\n{more} more: list_memory names them; they have \"(from the server\" in their paths.");
    }
    text.push_str(
        "\nFor each line: read both pages, write the merged text to the first with commit_memory, then delete the second with \
         delete_memory. Keep what both say; ask the person about contradictions that you cannot decide. If the second is gone, the \
         line is done. If the first is gone, it was deleted on this computer: ask the person whether to keep Gitea's version.",
    );
    if !remark.trim().is_empty() {
        let _ = write!(text, "\nThe person adds: {}", remark.trim());
    }
    text
}

/// The text of a report, for mail and for the result of a call that waited for it.
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
