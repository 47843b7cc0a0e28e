//! The views of an agent for people: its row in the listing, and the messages of its conversation.

use super::state::State;
use super::turn::{Phase, Progress};
use super::version_1;
use crate::ask::{Answer, AskScope};
use crate::event::{Ended, Entry, Event, Verdict};
use crate::id::AgentId;
use crate::journal::{AgentView, AskView, Author, LimitsView, MessageView, Settlement, SpendingView, Status, View};
use crate::mail::MailBody;
use crate::model::Usage;
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
            model: self.model(),
            mind: self.mind(),
            why: self.spawn.as_ref().and_then(|spawn| spawn.why.clone()),
            turn: self.turn,
            spent: self.budget.spent,
            unknown: self.budget.unknown,
            allowance: self.budget.allowance,
            reserved: self.reserved(),
            asks: u32::try_from(self.open_asks.len()).unwrap_or(u32::MAX),
            created_at: self.created_at,
            updated_at: self.updated_at,
            limits: Some(Box::new(self.limits_view())),
            seq: self.seq,
        }
    }

    /// What it has used of its limits.
    #[must_use]
    pub fn limits_view(&self) -> LimitsView {
        let message = self.budget.message_number();
        let at_work = self.children.iter().filter(|(_, child)| child.is_at_work() && child.message == message);
        LimitsView {
            budget: self.budget.clone(),
            quota: self.quota,
            quota_left: self.quota_left(),
            sub_agents: at_work.map(|(id, _)| id.clone()).collect(),
            has_price: self.has_price(),
        }
    }

    /// The model of its segment; empty before the first.
    pub(super) fn model(&self) -> String {
        self.segment.as_ref().map(|current| current.card.id.clone()).unwrap_or_default()
    }

    /// Its status for the listing.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.phase {
            Phase::Calling { .. } => Status::Thinking,
            Phase::Session(_) => Status::Working,
            Phase::Waiting => Status::Waiting,
            Phase::Tools(calls) => {
                let mut open = calls.iter().filter(|call| !call.is_done()).peekable();
                let waits = open.peek().is_some()
                    && open.all(|call| matches!(call.progress, Progress::Waiting(_) | Progress::AwaitingPermission(_)));
                if waits { Status::Waiting } else { Status::Working }
            }
            Phase::Idle if self.waits_to_begin => Status::Queued,
            // An answer was recorded while no host ran: the agent is woken at the next start.
            Phase::Idle if self.can_continue() || !self.reviewed.is_empty() || !self.held_messages().is_empty() => {
                Status::Working
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

    /// Whether it counts among the agents that work at once. Its [`State::status`] says the same, except for a session that can only
    /// wait for the person: in journals and views its status is [`Status::Working`].
    #[must_use]
    pub fn uses_a_place(&self) -> bool {
        match &self.phase {
            Phase::Session(open) => {
                let waits = !open.requests.is_empty() && open.requests.iter().all(|request| request.reply.is_none());
                !waits || self.stops_session()
            }
            _ => matches!(self.status(), Status::Thinking | Status::Working),
        }
    }
}

/// The view changes for these entries of its journal. `state` is the agent after the last of them. An append and a rebuild of the
/// views both call this, so they write the same rows.
#[must_use]
pub fn views(state: &State, entries: &[Entry]) -> Vec<View> {
    let changes = entries.iter().flat_map(|entry| entry_views(state, entry));
    let is_of_session =
        |entry: &Entry| matches!(entry.event, Event::SessionIntended(_) | Event::SessionStarted(_) | Event::SessionEnded(_));
    let session = if entries.iter().any(is_of_session) { state.session_view() } else { None };
    std::iter::once(View::Agent(state.view())).chain(session.map(View::Session)).chain(changes).collect()
}

/// The view changes of one entry, without those of the agent's row.
fn entry_views(state: &State, entry: &Entry) -> Vec<View> {
    let agent = state.id();
    let mut views: Vec<View> = message_view(agent, entry).map(View::Message).into_iter().collect();
    match &entry.event {
        Event::MessageWithdrawn(body) => views.push(View::MessageWithdrawn(body.message)),
        Event::MessageEdited(body) => {
            views.push(View::MessageEdited { message: body.message, text: body.text.clone() });
        }
        Event::AskRaised(body) => views.push(View::Ask(Box::new(AskView {
            agent: agent.clone(),
            seq: entry.seq,
            ask: (*body.ask).clone(),
            raised_at: entry.at,
            settled: None,
        }))),
        Event::AskSettled(body) => {
            // The text of a page is only in the journal: lists of asks need not carry it.
            let answer = body.answer.clone().map(|answer| Answer { edited: None, ..answer });
            let settlement = Settlement { by: body.by, answer, rule: body.rule.clone(), at: entry.at };
            views.push(View::AskSettled(body.ask.clone(), settlement));
            let scope = body.answer.as_ref().map(|answer| answer.scope);
            if let (Some(AskScope::Agent | AskScope::Always), Some(line)) = (scope, &body.rule) {
                views.push(View::Rule { ask: body.ask.clone(), line: line.clone(), at: entry.at });
            }
        }
        _ => views.extend(spending(entry).map(View::Spending)),
    }
    views
}

/// What an entry says was spent.
#[must_use]
pub fn spending(entry: &Entry) -> Option<SpendingView> {
    let none = Usage::default();
    let (purpose, cost, unknown, usage) = match &entry.event {
        Event::ModelAnswered(body) => (body.reply.model.clone(), body.reply.cost, body.unknown, &body.reply.usage),
        Event::ModelFailed(body) => (body.model.clone().unwrap_or_default(), None, Some(body.unknown?), &none),
        Event::ChargeSettled(body) => {
            (body.purpose.clone().unwrap_or_default(), body.cost, body.unknown, body.usage.as_ref().unwrap_or(&none))
        }
        _ => return None,
    };
    Some(SpendingView {
        seq: entry.seq,
        at: entry.at,
        purpose,
        cost: cost.unwrap_or_default(),
        unknown: unknown.unwrap_or_default(),
        input_tokens: usage.prompt_tokens(),
        cached_tokens: usage.cache_read_tokens,
        output_tokens: usage.output_tokens,
        is_estimate: usage.is_estimate,
    })
}

/// The row of the messages view that an entry adds, if it adds one.
fn message_view(agent: &AgentId, entry: &Entry) -> Option<MessageView> {
    let attachments = match &entry.event {
        Event::UserSaid(body) => &body.attachments[..],
        Event::SaidAgain(body) => &body.attachments[..],
        _ => &[],
    };
    let (author, text) = match &entry.event {
        Event::UserSaid(body) => (Author::Person, body.text.clone()),
        Event::SaidAgain(body) => (Author::Person, body.text.clone()),
        Event::AgentCreated(body) => {
            let request = body.birth.as_ref()?;
            (Author::Agent(body.parent.clone()?), request.task.clone())
        }
        Event::ModelAnswered(body) => match body.verdict.clone().unwrap_or_else(|| version_1::kept(&body.reply)) {
            Verdict::Kept { .. } => (Author::Agent(agent.clone()), text_of(&body.reply.content)),
            Verdict::Void { .. } => return None,
        },
        Event::SessionEnded(body) => (Author::Agent(agent.clone()), body.words.trim().to_owned()),
        Event::MailReceived(body) => match &body.mail.body {
            MailBody::Say { text, by_person: true, .. } => (Author::Person, text.clone()),
            MailBody::Say { text, .. } => (Author::Agent(body.mail.from.clone()), text.clone()),
            MailBody::Report(report) => (Author::Agent(body.mail.from.clone()), report.text.clone()),
            MailBody::Spawn(_)
            | MailBody::Cancel
            | MailBody::Finish
            | MailBody::AskRaised { .. }
            | MailBody::AskSettled { .. }
            | MailBody::ChangeDecided(_) => return None,
        },
        _ => return None,
    };
    if text.is_empty() && attachments.is_empty() {
        return None;
    }
    let (agent, attachments) = (agent.clone(), attachments.to_vec());
    Some(MessageView { agent, seq: entry.seq, author, text, attachments, at: entry.at })
}
