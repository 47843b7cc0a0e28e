//! Finds in an agent's journal what the inbox says about its turns: the last one has failed, or a long one has ended since the
//! person last wrote.

use crate::convert;
use crate::error::AppError;
use growqr_core::clock::Timestamp;
use growqr_core::event::{Ended, Event, TurnEnded};
use growqr_core::id::{Position, Seq};
use growqr_core::journal::{AgentView, Status, Store, StoredEvent};
use growqr_core::mail::MailBody;
use growqr_wire::{InboxEntry, InboxKind};
use std::time::Duration;

/// How many events of turns and messages are read at once, from the end of the journal backwards. A turn with more messages than all
/// of these counts from the oldest one that is read.
const PAGES: [u32; 3] = [8, 64, 512];

/// Which turns are looked for.
pub(super) struct Scope {
    /// A turn of this length is long.
    pub(super) long: Duration,
    /// Earlier events are not read.
    pub(super) oldest: Timestamp,
}

/// What an entry depends on besides [`Scope`]: the last event of turns and messages, and the state of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    last: Option<Position>,
    status: Status,
}

/// The key of an agent's entry now.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn key(store: &dyn Store, agent: &AgentView) -> Result<Key, AppError> {
    let last = store.turn_events_before(None, &agent.agent, 1).await?;
    Ok(Key { last: last.first().map(|event| event.position), status: agent.status })
}

/// The entry of an agent, if there is one.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn latest(store: &dyn Store, agent: &AgentView, scope: &Scope) -> Result<Option<InboxEntry>, AppError> {
    let mut walk = Walk { agent, scope, turn: None, wrote_later: false, oldest: Timestamp(i64::MAX) };
    let mut before = None;
    for size in PAGES {
        let page = store.turn_events_before(before, &agent.agent, size).await?;
        for event in page.iter().rev() {
            if let Step::Done(entry) = walk.back(event)? {
                return Ok(entry.map(|entry| *entry));
            }
        }
        match page.first() {
            Some(first) if page.len() as u64 == u64::from(size) => before = Some(first.position),
            _ => break,
        }
    }
    Ok(walk.turn.as_ref().and_then(|turn| walk.finished(turn, walk.oldest)))
}

/// A turn whose end was read, and whose start was not.
struct Turn {
    seq: Seq,
    ended_at: Timestamp,
    body: TurnEnded,
}

enum Step {
    Next,
    Done(Option<Box<InboxEntry>>),
}

/// A walk through a journal from its end.
struct Walk<'a> {
    agent: &'a AgentView,
    scope: &'a Scope,
    turn: Option<Turn>,
    /// The person wrote during or after the turn that is being passed, so they have seen how earlier ones ended.
    wrote_later: bool,
    oldest: Timestamp,
}

impl Walk<'_> {
    fn back(&mut self, event: &StoredEvent) -> Result<Step, AppError> {
        if event.at < self.scope.oldest {
            return Ok(Step::Done(self.turn.as_ref().and_then(|turn| self.finished(turn, self.oldest)).map(Box::new)));
        }
        self.oldest = event.at;
        match event.entry()?.event {
            Event::UserSaid(_) | Event::SaidAgain(_) => return Ok(self.person_wrote()),
            Event::MailReceived(body) if matches!(body.mail.body, MailBody::Say { by_person: true, .. }) => {
                return Ok(self.person_wrote());
            }
            Event::TurnEnded(body) => {
                let turn = Turn { seq: event.seq, ended_at: event.at, body };
                if self.agent.status == Status::Failed && is_failure(&turn.body.ended) {
                    return Ok(Step::Done(Some(Box::new(self.failed(&turn)))));
                }
                if turn.body.ended == Ended::Cancelled {
                    return Ok(Step::Done(None));
                }
                self.turn = Some(turn);
            }
            Event::TurnStarted(_) => {
                let finished = self.turn.take().and_then(|turn| self.finished(&turn, event.at));
                if finished.is_some() || self.wrote_later {
                    return Ok(Step::Done(finished.map(Box::new)));
                }
            }
            _ => {}
        }
        Ok(Step::Next)
    }

    fn person_wrote(&mut self) -> Step {
        if self.turn.is_none() {
            return Step::Done(None);
        }
        self.wrote_later = true;
        Step::Next
    }

    fn failed(&self, turn: &Turn) -> InboxEntry {
        self.entry(InboxKind::Failed, turn)
    }

    /// The entry of a turn that began then; `None` if it was short, or has not succeeded.
    fn finished(&self, turn: &Turn, started_at: Timestamp) -> Option<InboxEntry> {
        let took = turn.ended_at.0.saturating_sub(started_at.0);
        let is_long = u128::try_from(took).is_ok_and(|took| took >= self.scope.long.as_millis());
        (is_long && turn.body.ended == Ended::Done)
            .then(|| InboxEntry { took: Some(took), ..self.entry(InboxKind::Finished, turn) })
    }

    fn entry(&self, kind: InboxKind, turn: &Turn) -> InboxEntry {
        InboxEntry {
            id: format!("turn:{}:{}", self.agent.agent, turn.seq),
            kind,
            agent: Some(self.agent.agent.to_string()),
            name: self.agent.name.clone(),
            since: turn.ended_at.0,
            text: None,
            next_step: None,
            ended: Some(convert::same_json(&turn.body.ended)),
            shortfall: turn.body.shortfall.as_ref().map(convert::same_json),
            took: None,
            is_seen: false,
        }
    }
}

fn is_failure(ended: &Ended) -> bool {
    !matches!(ended, Ended::Done | Ended::Cancelled | Ended::Limit(_))
}
