//! Converts domain types to rows of `growqr-wire`.

use growqr_actors::{Health, HeldMail, Notification, Recorded, StopCause, Trouble};
use growqr_core::attachment::{Attachment, AttachmentKind};
use growqr_core::event::Entry;
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, AskView, Author, MessageView, StoredEvent};
use growqr_core::memory::{BlamedLine, CommitInfo, CommitPlan, FoundLine, Origin, Page, PageInfo};
use growqr_core::model::Delta;
use growqr_memory::{Comparison, Others, UndoPreview};
use growqr_wire as wire;
use growqr_wire::{DeltaKind, Push};
use serde_json::value::RawValue;

/// Says nothing about what is unread ([`crate::Library::agents`]).
pub(crate) fn agent(view: &AgentView) -> wire::Agent {
    wire::Agent {
        id: view.agent.to_string(),
        name: view.name.clone(),
        parent: view.parent.as_ref().map(AgentId::to_string),
        depth: view.depth,
        task: view.task.clone(),
        status: view.status.as_str().to_owned(),
        model: view.model.clone(),
        mind: same_json(&view.mind),
        why: view.why.clone(),
        turn: view.turn,
        spent: view.spent.0,
        unknown: view.unknown.0,
        allowance: view.allowance.map(|money| money.0),
        reserved: view.reserved.0,
        asks: view.asks,
        created_at: view.created_at.0,
        updated_at: view.updated_at.0,
        seq: view.seq.0,
        seen: None,
        unread: 0,
    }
}

/// `agent` is the agent that asks; `None` if its row is missing.
pub(crate) fn ask(agent: Option<&AgentView>, view: &AskView) -> wire::AskRow {
    wire::AskRow {
        agent: view.agent.to_string(),
        agent_name: agent.map_or_else(|| view.agent.to_string(), |agent| agent.name.clone()),
        depth: agent.map_or(0, |agent| agent.depth),
        seq: view.seq.0,
        ask: same_json(&view.ask),
        raised_at: view.raised_at.0,
        settled: view.settled.as_ref().map(|settlement| wire::AskSettlement {
            by: same_json(&settlement.by),
            answer: settlement.answer.as_ref().map(same_json),
            rule: settlement.rule.clone(),
            at: settlement.at.0,
        }),
    }
}

/// Converts between the two definitions of a part of an event, which have the same JSON: a test compares them.
pub(crate) fn same_json<T: serde::de::DeserializeOwned>(value: &impl serde::Serialize) -> T {
    let text = serde_json::to_string(value).expect("a part of an event is JSON");
    serde_json::from_str(&text).expect("both definitions have the same JSON")
}

pub(crate) fn message(view: MessageView) -> wire::Message {
    let author = match view.author {
        Author::Person => wire::Author::Person,
        Author::Agent(id) => wire::Author::Agent(id.to_string()),
    };
    let attachments = view.attachments.into_iter().map(attachment).collect();
    wire::Message { agent: view.agent.to_string(), seq: view.seq.0, author, text: view.text, attachments, at: view.at.0 }
}

pub(crate) fn attachment(attachment: Attachment) -> wire::Attachment {
    let Attachment { hash, name, kind, media_type, bytes, pixels, pages } = attachment;
    let pixels = pixels.map(|pixels| wire::Pixels { width: pixels.width, height: pixels.height });
    wire::Attachment { hash: hash.as_str().to_owned(), name, kind: attachment_kind(kind), media_type, bytes, pixels, pages }
}

pub(crate) fn attachment_kind(kind: AttachmentKind) -> wire::AttachmentKind {
    match kind {
        AttachmentKind::Text => wire::AttachmentKind::Text,
        AttachmentKind::Image => wire::AttachmentKind::Image,
        AttachmentKind::Pdf => wire::AttachmentKind::Pdf,
    }
}

pub(crate) fn line(line: StoredEvent) -> wire::EventLine {
    wire::EventLine {
        position: line.position.0,
        agent: line.agent.to_string(),
        seq: line.seq.0,
        at: line.at.0,
        kind: line.kind,
        data: raw(line.body),
    }
}

fn entry(agent: &AgentId, position: u64, entry: &Entry) -> wire::EventLine {
    wire::EventLine {
        position,
        agent: agent.to_string(),
        seq: entry.seq.0,
        at: entry.at.0,
        kind: entry.event.kind().to_owned(),
        data: raw(entry.event.encode()),
    }
}

/// Stored bytes are JSON. Damaged bytes are shown as `null` here; `audit verify` finds them.
fn raw(body: Vec<u8>) -> Box<RawValue> {
    String::from_utf8(body).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or_else(|| RawValue::NULL.to_owned())
}

fn recorded(recorded: &Recorded) -> Push {
    let id = &recorded.view.agent;
    let events = (recorded.position.0..).zip(&recorded.entries).map(|(position, event)| entry(id, position, event)).collect();
    Push::Recorded { agent: agent(&recorded.view), events }
}

pub(crate) fn push(notification: Notification) -> Push {
    match notification {
        Notification::Recorded(body) => recorded(&body),
        Notification::Delta { agent, delta } => {
            let (kind, text) = match delta {
                Delta::Text(text) => (DeltaKind::Text, text),
                Delta::Thinking(text) => (DeltaKind::Thinking, text),
                Delta::Call { name } => (DeltaKind::Call, name),
                Delta::Discarded { reason } => (DeltaKind::Discarded, reason),
                Delta::Waiting { reason } => (DeltaKind::Retrying, reason),
                Delta::Retrying { attempt, wait_ms, reason } => {
                    (DeltaKind::Retrying, format!("{reason}; try {} in {} s", attempt + 1, wait_ms.div_ceil(1000)))
                }
            };
            Push::Delta { agent: agent.to_string(), kind, text }
        }
        Notification::Stopped { agent, cause } => Push::Stopped { agent: agent.to_string(), error: stop_cause(&agent, &cause) },
    }
}

fn stop_cause(agent: &AgentId, cause: &StopCause) -> wire::Error {
    match cause {
        StopCause::Store(error) => crate::error::store(error.to_string(), error),
        StopCause::Panic(_) => crate::error::crashed(cause.to_string(), agent),
    }
}

pub(crate) fn health(health: &Health) -> wire::Health {
    let trouble = |(agent, trouble): (&AgentId, &Trouble)| wire::AgentTrouble {
        agent: agent.to_string(),
        error: stop_cause(agent, &trouble.cause),
        since: trouble.since.0,
        has_given_up: trouble.has_given_up,
    };
    let held = |(to, held): (&AgentId, &HeldMail)| wire::HeldMail {
        to: to.to_string(),
        count: held.count as u64,
        cause: held.cause.clone(),
        since: held.since.0,
    };
    wire::Health { agents: health.agents.iter().map(trouble).collect(), mail: health.mail.iter().map(held).collect() }
}

pub(crate) fn page(page: Page) -> wire::Page {
    wire::Page { path: page.path, text: page.content, version: page.version }
}

pub(crate) fn page_row(listed: PageInfo) -> wire::PageRow {
    let conflict_copy_of = growqr_memory::conflict_copy_of(&listed.path);
    wire::PageRow { path: listed.path, bytes: listed.bytes, conflict_copy_of }
}

pub(crate) fn found(found: FoundLine) -> wire::Found {
    wire::Found { path: found.path, line: found.line, text: found.text }
}

fn origin(origin: Origin) -> wire::CommitOrigin {
    wire::CommitOrigin { agent: origin.agent.to_string(), turn: origin.turn, tool_call: origin.effect.to_string() }
}

pub(crate) fn change(change: CommitInfo) -> wire::Change {
    wire::Change {
        commit: change.commit,
        message: change.message,
        author: change.author,
        at: change.at.0,
        origin: change.origin.map(origin),
        paths: change.paths,
        more_paths: change.more_paths,
    }
}

pub(crate) fn commit_plan(plan: &wire::event::CommitPlan) -> CommitPlan {
    CommitPlan {
        path: plan.path.clone(),
        base_head: plan.base_head.clone(),
        old_blob: plan.old_blob.clone(),
        new_blob: plan.new_blob.clone(),
        commit: plan.commit.clone(),
        merged: plan.merged,
    }
}

pub(crate) fn held_change(compared: Comparison) -> wire::HeldChange {
    let (now, version) = compared.now.map(|page| (page.content, page.version)).unzip();
    wire::HeldChange {
        base: compared.base,
        now,
        version,
        proposed: compared.proposed,
        result: compared.result,
        is_conflict: compared.is_conflict,
        diff: compared.diff,
        yours: compared.yours,
        proposal: compared.proposal,
    }
}

pub(crate) fn undo_preview(preview: UndoPreview) -> wire::UndoPreview {
    let UndoPreview { changes, diff, paths, left, others: other, seen } = preview;
    wire::UndoPreview { changes: changes as u64, diff, paths, left, others: others(other), seen }
}

pub(crate) fn others(others: Others) -> wire::OtherChanges {
    wire::OtherChanges { named: others.named.into_iter().map(change).collect(), more: others.more as u64 }
}

pub(crate) fn blamed(line: BlamedLine) -> wire::BlamedLine {
    wire::BlamedLine {
        line: line.line,
        text: line.text,
        commit: line.commit,
        author: line.author,
        at: line.at.0,
        origin: line.origin.map(origin),
    }
}
