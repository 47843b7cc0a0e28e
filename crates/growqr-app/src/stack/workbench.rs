//! The sessions of sub-agents in OpenCode, behind the port that agents use.
//!
//! A prompt has a driver: a task that watches its session. What it knows is compared with what the agent has recorded, and
//! the difference is the news. A driver can be lost at any time: the next one finds session and prompt again.

use crate::stack::work_folder::WorkContainer;
use async_trait::async_trait;
use growqr_core::id::{MessageId, RequestId, SessionId};
use growqr_core::workbench::{
    ChangedFile, Permission, SessionEnd, SessionJob, SessionNews, SessionOutcome, SessionQuestion, SessionReply, SessionRequest,
    Sessions, Wanted, Workbench, WorkbenchError,
};
use growqr_stack::Daemon;
use growqr_stack::opencode::{
    self, Ending, EventFeed, Failure, FileChange, NewSession, OpenCode, OpenCodeError, PendingRequest, PermissionReply, Prompt,
    SessionView, run_session,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// The name of the agent in OpenCode that answers prompts.
pub(crate) const AGENT: &str = "grow";

/// How long the server may be away before a driver gives up and a new one is made.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause after a failed attempt to reach it.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a session may take to stop.
const STOP: Duration = Duration::from_secs(20);

/// The workbench, while it runs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WorkbenchSlot(Arc<Slot>);

struct Slot {
    bench: watch::Sender<Bench>,
    drivers: Mutex<HashMap<String, Arc<Driver>>>,
    /// Marked as changed when something needs the workbench while it does not run.
    needed: watch::Sender<()>,
}

/// Added to the reason if a session had begun.
const IN_DOUBT: &str = ". What the session was doing may have happened in part: check it before it is done again.";

/// Whether the workbench can be used.
#[derive(Clone)]
enum Bench {
    Up(Arc<Running>),
    /// It starts when a session needs it.
    Asleep,
    /// Why not: the end of a sentence. Sessions wait.
    Down(String),
    /// Why not, and it stays so until the person does something: sessions do not wait.
    GivenUp(String),
}

/// A workbench that answers.
struct Running {
    client: OpenCode,
    feed: EventFeed,
    container: WorkContainer,
}

/// A task that watches the session of one prompt.
struct Driver {
    view: watch::Receiver<SessionView>,
    outcome: watch::Receiver<Option<Result<opencode::SessionOutcome, OpenCodeError>>>,
    /// Requests that have a reply; the next look may still list them.
    replied: Mutex<HashSet<String>>,
    task: AbortHandle,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Default for WorkbenchSlot {
    fn default() -> WorkbenchSlot {
        WorkbenchSlot(Arc::new(Slot {
            bench: watch::Sender::new(Bench::Down("it is not set up".to_owned())),
            drivers: Mutex::default(),
            needed: watch::Sender::new(()),
        }))
    }
}

impl WorkbenchSlot {
    /// The workbench runs and answers.
    pub(crate) fn set(&self, client: OpenCode, daemon: Daemon, container: String) {
        self.drivers().clear();
        let feed = EventFeed::start(&client);
        let container = WorkContainer { daemon, id: container };
        self.0.bench.send_replace(Bench::Up(Arc::new(Running { client, feed, container })));
    }

    /// The workbench cannot be used, for this reason: the end of a sentence.
    pub(crate) fn clear(&self, reason: &str) {
        self.drivers().clear();
        self.0.bench.send_if_modified(|bench| {
            let is_new = !matches!(bench, Bench::Down(known) if known == reason);
            *bench = Bench::Down(reason.to_owned());
            is_new
        });
    }

    /// The person has ordered a start: sessions wait again if the workbench was given up.
    pub(crate) fn try_again(&self) {
        self.0.bench.send_if_modified(|bench| {
            let is_given_up = matches!(bench, Bench::GivenUp(_));
            if is_given_up {
                *bench = Bench::Down("it is being started".to_owned());
            }
            is_given_up
        });
    }

    /// The workbench is not started again by itself, for this reason: sentences, the first without a capital. Its sessions fail.
    pub(crate) fn give_up(&self, reason: &str) {
        self.drivers().clear();
        self.0.bench.send_if_modified(|bench| {
            let is_new = !matches!(bench, Bench::GivenUp(known) if known == reason);
            *bench = Bench::GivenUp(reason.to_owned());
            is_new
        });
    }

    /// The workbench is stopped, and starts again when a session needs it.
    pub(crate) fn sleep(&self) {
        self.drivers().clear();
        self.0.bench.send_if_modified(|bench| {
            let is_new = !matches!(bench, Bench::Asleep);
            *bench = Bench::Asleep;
            is_new
        });
    }

    /// Marked as changed when something needs the workbench while it does not run.
    pub(crate) fn needed(&self) -> watch::Receiver<()> {
        self.0.needed.subscribe()
    }

    /// Whether a prompt is being worked on.
    pub(crate) fn is_busy(&self) -> bool {
        !self.drivers().is_empty()
    }

    /// Whether new sub-agents can work in it.
    pub(crate) fn state(&self) -> Workbench {
        match &*self.0.bench.borrow() {
            Bench::Up(_) | Bench::Asleep => Workbench::Available,
            Bench::Down(reason) | Bench::GivenUp(reason) => Workbench::Unavailable(reason.clone()),
        }
    }

    /// The client, if the workbench runs.
    pub(crate) fn client(&self) -> Option<OpenCode> {
        match &*self.0.bench.borrow() {
            Bench::Up(running) => Some(running.client.clone()),
            Bench::Asleep | Bench::Down(_) | Bench::GivenUp(_) => None,
        }
    }

    fn drivers(&self) -> MutexGuard<'_, HashMap<String, Arc<Driver>>> {
        self.0.drivers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the workbench runs; fails with the reason if it was given up.
    async fn running(&self) -> Result<Arc<Running>, String> {
        let mut bench = self.0.bench.subscribe();
        loop {
            let now = bench.borrow_and_update().clone();
            match now {
                Bench::Up(running) => return Ok(running),
                Bench::GivenUp(reason) => return Err(reason),
                Bench::Asleep => {
                    self.0.needed.send_replace(());
                }
                Bench::Down(_) => {}
            }
            // The sender is in this slot.
            if bench.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn running_now(&self) -> Result<Arc<Running>, WorkbenchError> {
        match &*self.0.bench.borrow() {
            Bench::Up(running) => Ok(Arc::clone(running)),
            Bench::Asleep => Err(WorkbenchError::Unreachable("it is not running".to_owned())),
            Bench::Down(reason) | Bench::GivenUp(reason) => Err(WorkbenchError::Unreachable(reason.clone())),
        }
    }

    /// The driver of a prompt; started if there is none.
    fn driver(&self, running: &Arc<Running>, job: &SessionJob) -> Result<Arc<Driver>, OpenCodeError> {
        let key = driver_key(job);
        if let Some(driver) = self.drivers().get(&key) {
            return Ok(Arc::clone(driver));
        }
        let driver = Arc::new(Driver::start(Arc::clone(running), opencode_job(job)?));
        self.drivers().insert(key, Arc::clone(&driver));
        Ok(driver)
    }

    fn drop_driver(&self, job: &SessionJob) {
        self.drivers().remove(&driver_key(job));
    }

    async fn next_news(&self, running: &Arc<Running>, job: &SessionJob) -> Result<SessionNews, OpenCodeError> {
        let Some(recorded) = &job.session else {
            let directory = directory(job);
            if let Err(reason) = running.container.make_folder(&directory).await? {
                let outcome = SessionOutcome::Failed { reason, retryable: false };
                return Ok(SessionNews::Ended(SessionEnd::without_words(outcome)));
            }
            let new = NewSession { title: job.title.clone(), directory, rules: Vec::new() };
            let session = running.client.open_session(&new).await?.session;
            return Ok(SessionNews::Started { session: SessionId::new(session.id.as_str()) });
        };
        let driver = self.driver(running, job)?;
        let (mut view, mut outcome) = (driver.view.clone(), driver.outcome.clone());
        loop {
            let ended = outcome.borrow_and_update().clone();
            let seen = view.borrow_and_update().clone();
            if let Some(news) = driver.difference(&seen, job, recorded) {
                return Ok(news);
            }
            if let Some(ended) = ended {
                self.drop_driver(job);
                return Ok(SessionNews::Ended(running.container.with_full_disk(end(ended?)).await));
            }
            tokio::select! {
                changed = view.changed() => if changed.is_err() && outcome.borrow().is_none() {
                    // The task has ended without an outcome: it was aborted when the workbench went away.
                    self.drop_driver(job);
                    return Err(OpenCodeError::Unreachable);
                },
                _ = outcome.changed() => {}
            }
        }
    }
}

impl Driver {
    fn start(running: Arc<Running>, job: opencode::SessionJob) -> Driver {
        let (shown, view) = watch::channel(SessionView::default());
        let (done, outcome) = watch::channel(None);
        let task = tokio::spawn(async move {
            let result = run_session(&running.client, &running.feed, &job, &shown).await;
            done.send_replace(Some(result));
        });
        Driver { view, outcome, replied: Mutex::default(), task: task.abort_handle() }
    }

    fn replied(&self) -> MutexGuard<'_, HashSet<String>> {
        self.replied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first thing that is seen and not recorded.
    fn difference(&self, seen: &SessionView, job: &SessionJob, recorded: &SessionId) -> Option<SessionNews> {
        if let Some(session) = &seen.session
            && session.id.as_str() != recorded.as_str()
        {
            return Some(SessionNews::Started { session: SessionId::new(session.id.as_str()) });
        }
        if seen.looks == 0 {
            return None;
        }
        if let Some(recorded) = job.steps
            && let Some(steps) = seen.steps.get(usize::try_from(recorded).unwrap_or(usize::MAX)..)
            && !steps.is_empty()
        {
            return Some(SessionNews::Progressed { steps: steps.to_vec() });
        }
        let replied = self.replied();
        let waits = |id: &RequestId| seen.pending.iter().any(|pending| request_id(pending) == id.as_str());
        if let Some(gone) = job.requests.iter().find(|id| !waits(id) && !replied.contains(id.as_str())) {
            return Some(SessionNews::Withdrawn(gone.clone()));
        }
        let is_new = |pending: &&PendingRequest| {
            let id = request_id(pending);
            !replied.contains(id) && !job.requests.iter().any(|known| known.as_str() == id)
        };
        let new: Vec<SessionRequest> = seen.pending.iter().filter(is_new).map(request).collect();
        (!new.is_empty()).then_some(SessionNews::Asked(new))
    }
}

#[async_trait]
impl Sessions for WorkbenchSlot {
    async fn advance(&self, job: &SessionJob) -> SessionNews {
        loop {
            let running = match self.running().await {
                Ok(running) => running,
                Err(reason) => {
                    let in_doubt = if job.session.is_some() { IN_DOUBT } else { "" };
                    let reason = format!("the workbench cannot be used: {reason}{in_doubt}");
                    let outcome = SessionOutcome::Failed { reason, retryable: true };
                    return SessionNews::Ended(SessionEnd::without_words(outcome));
                }
            };
            match self.next_news(&running, job).await {
                Ok(news) => return news,
                Err(error) if error.is_temporary() => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    self.drop_driver(job);
                    // What cannot be followed must not go on unseen.
                    if let Err(error) = self.abort(job).await {
                        tracing::warn!(%error, "a session that cannot be followed could not be stopped");
                    }
                    let outcome = SessionOutcome::Failed { reason: error.to_string(), retryable: false };
                    return SessionNews::Ended(running.container.with_full_disk(SessionEnd::without_words(outcome)).await);
                }
            }
        }
    }

    async fn reply(&self, job: &SessionJob, request: &RequestId, reply: &SessionReply) -> Result<(), WorkbenchError> {
        let running = self.running_now()?;
        let directory = directory(job);
        let replied = match (request.as_str().parse::<opencode::PermissionId>(), request.as_str().parse::<opencode::QuestionId>())
        {
            (Ok(id), _) => running.client.reply_permission(&directory, &id, &permission_reply(reply)).await,
            (_, Ok(id)) => match reply {
                SessionReply::Answer { text } => {
                    let questions = running.client.questions(&directory).await.map_err(|error| unreachable_or_gone(&error))?;
                    let count = questions.iter().find(|known| known.id == id).map_or(1, |known| known.questions.len().max(1));
                    let answers = vec![vec![text.clone()]; count];
                    running.client.reply_question(&directory, &id, &answers).await
                }
                _ => running.client.reject_question(&directory, &id).await,
            },
            (Err(_), Err(_)) => return Err(WorkbenchError::Gone),
        };
        replied.map_err(|error| unreachable_or_gone(&error))?;
        if let Some(driver) = self.drivers().get(&driver_key(job)) {
            driver.replied().insert(request.as_str().to_owned());
        }
        Ok(())
    }

    async fn abort(&self, job: &SessionJob) -> Result<SessionEnd, WorkbenchError> {
        let running = self.running_now()?;
        self.drop_driver(job);
        let unreachable = |error: OpenCodeError| WorkbenchError::Unreachable(error.to_string());
        let found = match &job.session {
            Some(id) => match id.as_str().parse() {
                Ok(id) => match running.client.session(&id).await {
                    Err(OpenCodeError::NotFound(_)) => None,
                    found => Some(found.map_err(unreachable)?),
                },
                Err(_) => None,
            },
            None => running.client.find_session(&job.title, &directory(job)).await.map_err(unreachable)?,
        };
        let Some(session) = found else { return Ok(SessionEnd::without_words(SessionOutcome::Aborted)) };
        let message = message_id(&job.message).map_err(unreachable)?;
        running.client.stop_prompt(&session, &message, STOP).await.map_err(unreachable)?;
        let turn = running.client.turn(&session.id, &message).await.map_err(unreachable)?;
        let changes = running.client.diffs(&session, &message).await.unwrap_or_default();
        let words = opencode::Snapshot { turn, ..opencode::Snapshot::default() }.text();
        Ok(SessionEnd { words, files: changes.into_iter().map(file).collect(), outcome: SessionOutcome::Aborted })
    }
}

/// The folder of an agent, inside the container. The ids of agents are letters, digits and `-`.
pub(crate) fn folder_of(agent: &growqr_core::id::AgentId) -> String {
    format!("/workspace/{agent}")
}

fn directory(job: &SessionJob) -> String {
    folder_of(&job.agent)
}

fn driver_key(job: &SessionJob) -> String {
    format!("{} {}", job.title, job.message)
}

/// OpenCode wants ids of messages that begin with `msg_`.
fn message_id(id: &MessageId) -> Result<opencode::MessageId, OpenCodeError> {
    let text = id.as_str();
    let text = if text.starts_with("msg_") { text.to_owned() } else { format!("msg_{text}") };
    Ok(text.parse()?)
}

fn opencode_job(job: &SessionJob) -> Result<opencode::SessionJob, OpenCodeError> {
    Ok(opencode::SessionJob {
        session: NewSession { title: job.title.clone(), directory: directory(job), rules: Vec::new() },
        prompt: Prompt { message: message_id(&job.message)?, agent: AGENT.to_owned(), text: job.prompt.to_string() },
        tracks_changes: true,
        patience: PATIENCE,
    })
}

fn request_id(pending: &PendingRequest) -> &str {
    match pending {
        PendingRequest::Permission(request) => request.id.as_str(),
        PendingRequest::Question(request) => request.id.as_str(),
    }
}

fn request(pending: &PendingRequest) -> SessionRequest {
    let wanted = match pending {
        PendingRequest::Permission(request) => {
            let detail = |name: &str| request.detail(name).map(str::to_owned);
            Wanted::Permission(Permission {
                what: request.permission.clone(),
                patterns: request.patterns.clone(),
                always: request.always.clone(),
                command: detail("command"),
                path: detail("filepath").or_else(|| detail("parentDir")),
                url: detail("url"),
                diff: detail("diff"),
            })
        }
        PendingRequest::Question(request) => {
            let question = |question: &opencode::Question| SessionQuestion {
                text: question.question.clone(),
                options: question.options.iter().map(|option| option.label.clone()).collect(),
            };
            Wanted::Answers(request.questions.iter().map(question).collect())
        }
    };
    SessionRequest { id: RequestId::new(request_id(pending)), session: SessionId::new(pending.session().as_str()), wanted }
}

fn permission_reply(reply: &SessionReply) -> PermissionReply {
    match reply {
        SessionReply::Once | SessionReply::Always => PermissionReply::Once,
        SessionReply::Reject { message } => PermissionReply::Reject { message: Some(message.clone()) },
        SessionReply::Answer { text } => PermissionReply::Reject { message: Some(text.clone()) },
    }
}

fn unreachable_or_gone(error: &OpenCodeError) -> WorkbenchError {
    if error.is_temporary() { WorkbenchError::Unreachable(error.to_string()) } else { WorkbenchError::Gone }
}

fn end(outcome: opencode::SessionOutcome) -> SessionEnd {
    let in_doubt = || outcome.unfinished.iter().map(opencode::ToolCall::summary).collect();
    let ended = match &outcome.ending {
        Ending::Finished(_) => SessionOutcome::Done,
        Ending::Aborted => SessionOutcome::Aborted,
        Ending::Interrupted => SessionOutcome::Interrupted { in_doubt: in_doubt() },
        // While no host ran there was no gateway, so nobody answered its model calls. Nothing of it is in doubt, and it may go on.
        // Any other failure would happen again.
        Ending::Failed(Failure::NoConnection { .. }) if outcome.was_prompted_before => {
            SessionOutcome::Interrupted { in_doubt: in_doubt() }
        }
        Ending::Failed(failure) => SessionOutcome::Failed { reason: reason(failure), retryable: true },
    };
    SessionEnd { words: outcome.text, files: outcome.changes.into_iter().map(file).collect(), outcome: ended }
}

fn reason(failure: &Failure) -> String {
    match failure {
        Failure::UnknownAgent => "OpenCode was started with another configuration".to_owned(),
        Failure::NotStarted => "OpenCode accepted the prompt and never began".to_owned(),
        Failure::Rejected => "a request was refused".to_owned(),
        Failure::NoConnection { message } | Failure::Error { message, .. } => message.clone(),
    }
}

fn file(change: FileChange) -> ChangedFile {
    ChangedFile { path: change.path, added: change.additions, removed: change.deletions }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_session_fails_once_the_workbench_is_given_up_instead_of_waiting() {
        let slot = WorkbenchSlot::default();
        let job = SessionJob {
            agent: growqr_core::id::AgentId::new("a"),
            title: "a".to_owned(),
            session: Some(SessionId::new("ses_1")),
            message: MessageId::new("msg_1"),
            prompt: "write".into(),
            requests: Vec::new(),
            steps: None,
        };
        let mut news = std::pin::pin!(slot.advance(&job));
        let waited = tokio::time::timeout(Duration::from_millis(20), &mut news).await;
        assert!(waited.is_err(), "it may start");
        slot.give_up("it has ended 6 times");
        let reason = format!("the workbench cannot be used: it has ended 6 times{IN_DOUBT}");
        let failed = SessionNews::Ended(SessionEnd::without_words(SessionOutcome::Failed { reason, retryable: true }));
        assert_eq!(news.await, failed);
        assert_eq!(slot.state(), Workbench::Unavailable("it has ended 6 times".to_owned()));
        slot.try_again();
        let waited = tokio::time::timeout(Duration::from_millis(20), slot.advance(&job)).await;
        assert!(waited.is_err(), "the person has ordered a start, so it is waited for again");
    }

    #[test]
    fn after_a_restart_only_a_lost_connection_lets_a_session_go_on() {
        let session = json!({
            "id": "ses_1", "slug": "s", "projectID": "global", "directory": "/workspace/a", "title": "a", "version": "1.18.33",
            "time": {"created": 1, "updated": 2},
        });
        let ended = |failure: Failure, was_prompted_before| {
            end(opencode::SessionOutcome {
                session: serde_json::from_value(session.clone()).unwrap(),
                ending: Ending::Failed(failure),
                text: String::new(),
                changes: Vec::new(),
                unfinished: Vec::new(),
                usage: opencode::SessionUsage::default(),
                was_prompted_before,
            })
            .outcome
        };
        let lost = || Failure::NoConnection { message: "no answer".to_owned() };
        let real = || Failure::Error { name: "APIError".to_owned(), message: "The prompt is refused.".to_owned() };
        let failed = |reason: &str| SessionOutcome::Failed { reason: reason.to_owned(), retryable: true };
        assert_eq!(ended(lost(), true), SessionOutcome::Interrupted { in_doubt: Vec::new() });
        assert_eq!(ended(lost(), false), failed("no answer"));
        assert_eq!(ended(real(), true), failed("The prompt is refused."));
    }
}
