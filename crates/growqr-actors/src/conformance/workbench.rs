//! A small workbench that counts what happens in it. It survives the kills of a host, as a container does.

use async_trait::async_trait;
use growqr_core::id::{MessageId, RequestId, SessionId};
use growqr_core::workbench::{
    Permission, SessionEnd, SessionJob, SessionNews, SessionOutcome, SessionReply, SessionRequest, Sessions, Wanted,
    WorkbenchError,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The behaviour of a session, read from the second-to-last line of its prompt (the last one closes the element of the task), or
/// the last line:
/// - `ask N`: asks for N permissions, one after the other, and then ends;
/// - `hang`: works until it is stopped;
/// - `limit`: ends at a limit;
/// - `panic`: the connection to it panics;
/// - anything else: ends with "did: " and that line.
#[derive(Default)]
pub struct FakeWorkbench {
    state: Mutex<State>,
    changed: Notify,
    /// If true, no session can be stopped.
    pub is_unreachable: AtomicBool,
}

#[derive(Default)]
struct State {
    /// By title.
    sessions: BTreeMap<String, Session>,
    /// What no real workbench would accept.
    violations: Vec<String>,
}

struct Session {
    id: SessionId,
    /// How often each prompt was sent, and how it ended.
    prompts: BTreeMap<MessageId, (usize, Option<SessionEnd>)>,
    /// The prompt at work.
    running: Option<MessageId>,
    /// Requests that are still to come, and the one that waits.
    to_ask: usize,
    waiting: Option<RequestId>,
    steps: u64,
    /// How often each permitted call was carried out.
    carried_out: BTreeMap<RequestId, usize>,
}

impl Session {
    fn start(&mut self, message: &MessageId, line: &str) {
        self.running = Some(message.clone());
        self.steps = 0;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        self.to_ask = 0;
        match word {
            "ask" => self.to_ask = rest.parse().unwrap_or(1),
            "hang" => return,
            "limit" => return self.end("", SessionOutcome::Limit),
            _ => return self.end(&format!("did: {line}"), SessionOutcome::Done),
        }
        self.go_on(line);
    }

    /// Asks for the next permission, or ends.
    fn go_on(&mut self, line: &str) {
        if self.to_ask == 0 {
            return self.end(&format!("did: {line}"), SessionOutcome::Done);
        }
        self.waiting = Some(RequestId::new(format!("per_{}_{}", self.id, self.carried_out.len())));
        self.to_ask -= 1;
    }

    fn end(&mut self, words: &str, outcome: SessionOutcome) {
        self.waiting = None;
        if let Some((_, end)) = self.running.take().and_then(|message| self.prompts.get_mut(&message)) {
            *end = Some(SessionEnd { words: words.to_owned(), ..SessionEnd::without_words(outcome) });
        }
    }

    /// The first thing that the job does not list.
    fn news(&self, job: &SessionJob) -> Option<SessionNews> {
        if let Some(recorded) = job.steps
            && recorded < self.steps
        {
            return Some(SessionNews::Progressed { steps: vec!["a step".to_owned(); (self.steps - recorded) as usize] });
        }
        if let Some(gone) = job.requests.iter().find(|request| self.waiting.as_ref() != Some(request)) {
            return Some(SessionNews::Withdrawn(gone.clone()));
        }
        if let Some(waiting) = self.waiting.as_ref().filter(|waiting| !job.requests.contains(waiting)) {
            let permission = Permission { what: "bash".to_owned(), command: Some("make".to_owned()), ..Permission::default() };
            let (id, session, wanted) = (waiting.clone(), self.id.clone(), Wanted::Permission(permission));
            return Some(SessionNews::Asked(vec![SessionRequest { id, session, wanted }]));
        }
        self.prompts.get(&job.message).and_then(|(_, end)| end.clone()).map(SessionNews::Ended)
    }
}

fn line_of(prompt: &str) -> &str {
    prompt.lines().rfind(|line| !line.starts_with("</")).unwrap_or_default()
}

impl FakeWorkbench {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sessions by title, with how often each of their prompts was sent.
    pub fn prompts(&self) -> BTreeMap<String, Vec<usize>> {
        let counts = |session: &Session| session.prompts.values().map(|(count, _)| *count).collect();
        self.state().sessions.iter().map(|(title, session)| (title.clone(), counts(session))).collect()
    }

    /// How often each permitted call was carried out.
    pub fn carried_out(&self) -> Vec<usize> {
        self.state().sessions.values().flat_map(|session| session.carried_out.values().copied()).collect()
    }

    /// The sessions that work.
    pub fn running(&self) -> Vec<SessionId> {
        self.state().sessions.values().filter(|session| session.running.is_some()).map(|session| session.id.clone()).collect()
    }

    /// What no real workbench would accept.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Ends all sessions that work.
    pub fn end_all(&self, words: &str, outcome: &SessionOutcome) {
        self.state().sessions.values_mut().for_each(|session| session.end(words, outcome.clone()));
        self.changed.notify_waiters();
    }

    /// Everything of [`Sessions::advance`] that does not wait.
    fn step(&self, job: &SessionJob) -> Option<SessionNews> {
        let mut state = self.state();
        let State { sessions, violations } = &mut *state;
        if job.title != job.agent.as_str() || job.prompt.trim().is_empty() {
            violations.push(format!("a wrong job: {job:?}"));
        }
        let number = sessions.len();
        let session = sessions.entry(job.title.clone()).or_insert_with(|| Session {
            id: SessionId::new(format!("ses_{number}")),
            prompts: BTreeMap::new(),
            running: None,
            to_ask: 0,
            waiting: None,
            steps: 0,
            carried_out: BTreeMap::new(),
        });
        if job.session.as_ref() != Some(&session.id) {
            if job.session.is_some() || !session.prompts.is_empty() {
                violations.push(format!("a prompt was sent before the session was recorded: {job:?}"));
            }
            return Some(SessionNews::Started { session: session.id.clone() });
        }
        if !session.prompts.contains_key(&job.message) {
            if session.running.is_some() {
                violations.push(format!("a prompt for a session that works: {job:?}"));
            }
            session.prompts.insert(job.message.clone(), (0, None));
            session.start(&job.message, line_of(&job.prompt));
            if let Some((count, _)) = session.prompts.get_mut(&job.message) {
                *count += 1;
            }
        }
        session.news(job)
    }
}

#[async_trait]
impl Sessions for FakeWorkbench {
    async fn advance(&self, job: &SessionJob) -> SessionNews {
        assert_ne!(line_of(&job.prompt), "panic", "a failure that the test causes");
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(news) = self.step(job) {
                return news;
            }
            changed.await;
        }
    }

    async fn reply(&self, job: &SessionJob, request: &RequestId, reply: &SessionReply) -> Result<(), WorkbenchError> {
        let mut state = self.state();
        let Some(session) = state.sessions.get_mut(&job.title) else { return Err(WorkbenchError::Gone) };
        if session.waiting.as_ref() != Some(request) {
            return Err(WorkbenchError::Gone);
        }
        session.waiting = None;
        if matches!(reply, SessionReply::Once | SessionReply::Always) {
            *session.carried_out.entry(request.clone()).or_default() += 1;
            session.steps += 1;
        }
        session.go_on("ask");
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn abort(&self, job: &SessionJob) -> Result<SessionEnd, WorkbenchError> {
        if self.is_unreachable.load(Ordering::SeqCst) {
            return Err(WorkbenchError::Unreachable("it is switched off".to_owned()));
        }
        if let Some(session) = self.state().sessions.get_mut(&job.title) {
            session.end("half", SessionOutcome::Aborted);
        }
        self.changed.notify_waiters();
        Ok(SessionEnd { words: "half".to_owned(), ..SessionEnd::without_words(SessionOutcome::Aborted) })
    }
}
