//! Applies the events of a session, and lists its intents.

use super::intent::Intent;
use super::open_session::{KnownSession, OpenPrompt, OpenRequest, Refusal};
use super::state::State;
use super::turn::Phase;
use crate::ask::{Ask, AskDetail, SettledBy};
use crate::clock::Timestamp;
use crate::event;
use crate::id::{RequestId, SessionId};
use crate::journal::{SessionStatus, SessionView};
use crate::limits::LimitReached;
use crate::quota::Quota;
use crate::workbench::{ChangedFile, Mind, SessionJob, SessionOutcome, SessionTokens};

/// With this many recorded steps of a prompt, no more are wanted.
pub(super) const MAX_STEPS: u64 = 300;

/// The most changed files that one report names.
pub(super) const MAX_FILES: usize = 200;

impl State {
    /// What thinks for it.
    #[must_use]
    pub fn mind(&self) -> Mind {
        self.spawn.as_ref().map_or(Mind::Model, |spawn| spawn.mind)
    }

    /// Its session in the workbench, once there is one.
    #[must_use]
    pub fn session(&self) -> Option<&SessionId> {
        self.session.known.as_ref().map(|known| &known.id)
    }

    /// The limit that its session has reached: the gateway refuses further model calls.
    #[must_use]
    pub fn limit_hit(&self) -> Option<LimitReached> {
        self.session.refused.map(|refused| refused.limit).or_else(|| self.paused_at())
    }

    /// Whether its session may spend money now.
    pub(super) fn session_may_spend(&self) -> bool {
        self.open_prompt().is_some() && !self.stops_session() && self.session.refused.is_none()
    }

    /// Whether the session is being stopped.
    pub(super) fn stops_session(&self) -> bool {
        self.cancelling || self.finishing.is_some()
    }

    pub(super) fn open_prompt(&self) -> Option<&OpenPrompt> {
        match &self.phase {
            Phase::Session(open) => Some(open),
            _ => None,
        }
    }

    pub(super) fn open_prompt_mut(&mut self) -> Option<&mut OpenPrompt> {
        match &mut self.phase {
            Phase::Session(open) => Some(open),
            _ => None,
        }
    }

    pub(super) fn session_request(&self, id: &RequestId) -> Option<&OpenRequest> {
        self.open_prompt()?.requests.iter().find(|request| request.id == *id)
    }

    /// The intents of a prompt that is under way.
    pub(super) fn session_intents(&self, open: &OpenPrompt) -> Vec<Intent> {
        let (effect, job) = (open.effect.clone(), self.session_job(open));
        if self.stops_session() {
            return vec![Intent::AbortSession { effect, job }];
        }
        let replies = open.requests.iter().filter_map(|request| {
            let (effect, job, reply) = (effect.clone(), job.clone(), request.reply.clone()?);
            Some(Intent::ReplySession { effect, job, request: request.id.clone(), reply })
        });
        let replies: Vec<Intent> = replies.collect();
        [Intent::AdvanceSession { effect, job, news: open.news }].into_iter().chain(replies).collect()
    }

    fn session_job(&self, open: &OpenPrompt) -> SessionJob {
        SessionJob {
            agent: self.id.clone(),
            title: open.title.clone(),
            session: self.session().cloned(),
            message: open.message.clone(),
            prompt: open.prompt.clone(),
            requests: open.requests.iter().map(|request| request.id.clone()).collect(),
            steps: (open.steps < MAX_STEPS).then_some(open.steps),
        }
    }

    /// Its row in the sessions view.
    pub(super) fn session_view(&self) -> Option<SessionView> {
        let known = self.session.known.as_ref()?;
        Some(SessionView {
            agent: self.id.clone(),
            session: known.id.clone(),
            title: self.id.as_str().to_owned(),
            status: if known.ended_at.is_some() { SessionStatus::Ended } else { SessionStatus::Open },
            why: self.spawn.as_ref().and_then(|spawn| spawn.why.clone()),
            started_at: known.started_at,
            ended_at: known.ended_at,
            outcome: known.outcome.clone(),
        })
    }

    pub(super) fn session_intended(&mut self, body: &event::SessionIntended) {
        if self.has_message_after_finish() {
            self.stop_finishing();
        }
        self.pending.clear();
        self.untrusted_sent.append(&mut self.untrusted_pending);
        self.earlier_message = None;
        self.must_continue = false;
        self.shortenable_pending = None;
        self.salt = Some(body.salt.clone());
        self.ordinal += 1;
        self.has_requested = true;
        self.cancelling = false;
        self.message_since_cancel = false;
        self.paused = None;
        self.session.refused = None;
        self.session.abandoned = None;
        self.session.was_resumed |= body.resumes;
        if let Some(known) = &mut self.session.known {
            (known.ended_at, known.outcome) = (None, None);
        }
        self.phase = Phase::Session(Box::new(OpenPrompt {
            effect: body.effect.clone(),
            title: body.title.clone(),
            message: body.message.clone(),
            prompt: body.prompt.clone(),
            requests: Vec::new(),
            news: 0,
            steps: 0,
            tokens: SessionTokens::default(),
        }));
    }

    pub(super) fn session_started(&mut self, body: &event::SessionStarted, at: Timestamp) {
        let id = body.session.clone();
        self.session.known = Some(KnownSession { id, started_at: at, ended_at: None, outcome: None });
        self.count_news(0);
    }

    pub(super) fn session_progressed(&mut self, body: &event::SessionProgressed) {
        self.count_news(body.steps.len() as u64);
    }

    fn count_news(&mut self, steps: u64) {
        if let Some(open) = self.open_prompt_mut() {
            open.news += 1;
            open.steps += steps;
        }
    }

    pub(super) fn session_decided(&mut self, body: &event::SessionDecided) {
        let request = OpenRequest { id: body.request.clone(), what: Some(body.what.clone()), reply: Some(body.reply.clone()) };
        self.add_request(request);
    }

    pub(super) fn session_asked(&mut self, ask: &Ask) {
        if let Some(AskDetail::Session { request, permission, .. }) = &ask.detail {
            let what = permission.as_ref().map(|permission| permission.what.clone());
            self.add_request(OpenRequest { id: request.clone(), what, reply: None });
        }
    }

    fn add_request(&mut self, request: OpenRequest) {
        self.count_news(0);
        if let Some(open) = self.open_prompt_mut() {
            open.requests.push(request);
        }
    }

    /// The ask about this request is settled: the reply is sent, or nobody needs one.
    pub(super) fn session_answered(&mut self, request: &RequestId, ask: &Ask, body: &event::AskSettled) {
        if body.by == SettledBy::Withdrawn {
            self.count_news(0);
            return self.remove_request(request);
        }
        let reply = ask.session_reply(body.answer.as_ref(), body.outcome);
        if let Some(open) = self.open_prompt_mut()
            && let Some(known) = open.requests.iter_mut().find(|known| known.id == *request)
        {
            known.reply = Some(reply);
        }
    }

    pub(super) fn session_replied(&mut self, body: &event::SessionReplied) {
        self.untrusted.extend(body.source.clone());
        self.remove_request(&body.request);
    }

    fn remove_request(&mut self, request: &RequestId) {
        if let Some(open) = self.open_prompt_mut() {
            open.requests.retain(|known| known.id != *request);
        }
    }

    pub(super) fn session_ended(&mut self, body: &event::SessionEnded, at: Timestamp) {
        self.phase = Phase::Waiting;
        self.untrusted_sent.clear();
        self.untrusted.insert(body.source.clone());
        if !body.words.trim().is_empty() {
            self.last_text.clone_from(&body.words);
        }
        for file in &body.files {
            self.add_file(file);
        }
        self.session.more_files += body.more_files;
        if let SessionOutcome::Abandoned { reason } = &body.outcome {
            self.session.abandoned = Some(reason.clone());
        }
        if let Some(known) = &mut self.session.known {
            known.ended_at = Some(at);
            known.outcome = Some(body.outcome.as_str().to_owned());
        }
    }

    fn add_file(&mut self, file: &ChangedFile) {
        let files = &mut self.session.files;
        match files.iter().position(|known| known.path == file.path) {
            Some(at) => {
                files[at].added = files[at].added.saturating_add(file.added);
                files[at].removed = files[at].removed.saturating_add(file.removed);
            }
            None if files.len() < MAX_FILES => files.push(file.clone()),
            None => self.session.more_files += 1,
        }
    }

    /// Another turn: what the session has done in it is counted anew.
    pub(super) fn session_turn_started(&mut self) {
        self.session.files.clear();
        self.session.more_files = 0;
        self.session.was_resumed = false;
        self.session.refused = None;
        self.session.abandoned = None;
    }

    pub(super) fn charge_refused(&mut self, body: &event::ChargeRefused) {
        self.session.refused = Some(Refusal { limit: body.limit, needed: body.reservation, tokens: body.tokens });
    }

    /// A model call of the session without a known price counts as a call of the tree.
    pub(super) fn unpriced_call_reserved(&mut self) {
        if self.open_prompt().is_some() {
            self.quota.record_use(Quota { calls: 1, ..Quota::default() });
        }
    }
}
