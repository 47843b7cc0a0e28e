//! The views of an agent for people: its row in the listing, and the messages of its conversation.

use super::render::without_blocks;
use super::state::{Phase, Progress, State};
use super::version_1;
use crate::event::{Ended, Entry, Event, Verdict};
use crate::id::AgentId;
use crate::journal::{AgentView, Author, MessageView, Status, View};
use crate::mail::MailBody;
use crate::prompt::text_of;

impl State {
    /// The agent's row in listings.
    #[must_use]
    pub fn view(&self) -> AgentView {
        AgentView {
            agent: self.id.clone(),
            name: self.name().to_owned(),
            parent: self.parent.clone(),
            depth: self.depth(),
            task: self.spawn.as_ref().map(|spawn| spawn.task.clone()),
            status: self.status(),
            model: self.segment.as_ref().map(|current| current.card.id.clone()).unwrap_or_default(),
            turn: self.turn,
            spent: self.budget.spent,
            unknown: self.budget.unknown,
            allowance: self.budget.allowance,
            created_at: self.created_at,
            updated_at: self.updated_at,
            seq: self.seq,
        }
    }

    /// Its status for the listing.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.phase {
            Phase::Calling { .. } => Status::Thinking,
            Phase::Waiting => Status::Waiting,
            Phase::Tools(calls) => {
                let mut open = calls.iter().filter(|call| !call.is_done()).peekable();
                let waits = open.peek().is_some() && open.all(|call| matches!(call.progress, Progress::Waiting(_)));
                if waits { Status::Waiting } else { Status::Working }
            }
            Phase::Idle => match &self.last_ended {
                None => Status::Idle,
                Some(Ended::Done) if self.depth() == 0 => Status::Idle,
                Some(Ended::Done) => Status::Done,
                Some(Ended::Limit(_)) => Status::Limit,
                Some(Ended::Cancelled) => Status::Cancelled,
                Some(Ended::Cut | Ended::Refused(_) | Ended::Silent | Ended::Failed(_) | Ended::Unknown(_)) => Status::Failed,
            },
        }
    }
}

/// The view changes for these entries of its journal. `state` is the agent after the last of them. An append and a rebuild of the
/// views both call this, so they write the same rows.
#[must_use]
pub fn views(state: &State, entries: &[Entry]) -> Vec<View> {
    let messages = entries.iter().filter_map(|entry| message_view(state.id(), entry)).map(View::Message);
    std::iter::once(View::Agent(state.view())).chain(messages).collect()
}

/// The row of the messages view that an entry adds, if it adds one.
fn message_view(agent: &AgentId, entry: &Entry) -> Option<MessageView> {
    let (author, text) = match &entry.event {
        Event::UserSaid(body) => (Author::Person, body.text.clone()),
        Event::AgentCreated(body) => {
            let request = body.birth.as_ref()?;
            (Author::Agent(body.parent.clone()?), request.task.clone())
        }
        Event::ModelAnswered(body) => match body.verdict.clone().unwrap_or_else(|| version_1::kept(&body.reply)) {
            Verdict::Kept { left_out, .. } => {
                (Author::Agent(agent.clone()), text_of(&without_blocks(&body.reply.content, &left_out)))
            }
            Verdict::Void { .. } => return None,
        },
        Event::MailReceived(body) => match &body.mail.body {
            MailBody::Say { text, by_person: true, .. } => (Author::Person, text.clone()),
            MailBody::Say { text, .. } => (Author::Agent(body.mail.from.clone()), text.clone()),
            MailBody::Report(report) => (Author::Agent(body.mail.from.clone()), report.text.clone()),
            MailBody::Spawn(_) | MailBody::Cancel => return None,
        },
        _ => return None,
    };
    if text.is_empty() {
        return None;
    }
    Some(MessageView { agent: agent.clone(), seq: entry.seq, author, text, at: entry.at })
}
