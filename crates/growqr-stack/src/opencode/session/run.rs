//! The driver of one prompt in one session: looks at the server by REST, woken by events. Replies and aborts go straight to the
//! server. It sends the prompt at most once, and finds its session and prompt again when it is started anew.

use super::phase::{Ending, Failure, Known, Phase, Snapshot, phase};
use crate::opencode::asks::PendingRequest;
use crate::opencode::changes::FileChange;
use crate::opencode::client::{NewSession, OpenCode, Prompt};
use crate::opencode::error::OpenCodeError;
use crate::opencode::events::{Event, EventKind};
use crate::opencode::feed::EventFeed;
use crate::opencode::usage::SessionUsage;
use crate::opencode::wire::{Message, Session, Status, ToolCall};
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

/// Between two looks while events arrive; they only come earlier than this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Between two looks at a session that is idle without an ending, or at a server that cannot be reached.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// After an event that changes what the session does.
const SOON: Duration = Duration::from_millis(100);
/// After an event that only changes the view.
const SOME_TIME: Duration = Duration::from_secs(1);
/// After a prompt without an answer; then the server has stored it, if it has got it.
const STORED_AFTER: Duration = Duration::from_secs(2);
/// How long the files that a run changed are waited for.
const DIFFS_WITHIN: Duration = Duration::from_secs(3);

/// One prompt in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionJob {
    /// The session. One with this title is used again.
    pub session: NewSession,
    /// The prompt. One that the session has is not sent again.
    pub prompt: Prompt,
    /// Whether the directory becomes a git repository, so that all changes are known. Not for a folder of the person's own.
    pub tracks_changes: bool,
    /// How long the server may be unreachable before the run is given up.
    pub patience: Duration,
}

/// What is known of a running session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionView {
    /// The session, once it is open.
    pub session: Option<Session>,
    /// What it does.
    pub phase: Phase,
    /// How often the server was looked at; 0: nothing is known yet.
    pub looks: u64,
    /// The tool calls that have ended, one short text for each.
    pub steps: Vec<String>,
    /// The tool calls that run or wait now.
    pub calls: Vec<ToolCall>,
    /// What waits for a reply.
    pub pending: Vec<PendingRequest>,
}

/// How a run ended, and what it left.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionOutcome {
    /// The session.
    pub session: Session,
    /// How the run ended.
    pub ending: Ending,
    /// The last text of the model.
    pub text: String,
    /// The files that the run changed.
    pub changes: Vec<FileChange>,
    /// Tool calls that had not ended. After an interruption they may have had effects.
    pub unfinished: Vec<ToolCall>,
    /// What the session has used since it was created.
    pub usage: SessionUsage,
    /// An earlier run of the driver had sent the prompt.
    pub was_prompted_before: bool,
}

/// Runs a prompt to its end. Started again with the same job after a crash of either side, it takes up the same session and
/// prompt. The view is updated whenever it changes. Dropping the future does not stop the session.
///
/// # Errors
/// [`OpenCodeError`]: a temporary one only after the job's patience. The session then still exists and may be working.
pub async fn run_session(
    client: &OpenCode,
    feed: &EventFeed,
    job: &SessionJob,
    view: &watch::Sender<SessionView>,
) -> Result<SessionOutcome, OpenCodeError> {
    // Before the first call, so that no event is missed.
    let events = feed.subscribe();
    let opened = patiently(job.patience, || client.open_session(&job.session)).await?;
    let session = opened.session;
    view.send_modify(|view| view.session = Some(session.clone()));
    if job.tracks_changes {
        patiently(job.patience, || client.track_changes(&session.directory)).await?;
    }
    let known = Known::default();
    let mut run = Run { client, job, session, events, known, idle_since: None, seen: Vec::new(), due: Instant::now() };
    if !run.is_prompted().await? {
        return run.outcome(Ending::Failed(Failure::UnknownAgent), Snapshot::default()).await;
    }
    run.until_ended(view).await
}

struct Run<'a> {
    client: &'a OpenCode,
    job: &'a SessionJob,
    session: Session,
    events: broadcast::Receiver<Event>,
    known: Known,
    /// Since when all looks have found the session idle and without anything new.
    idle_since: Option<Instant>,
    /// The turn at the last look.
    seen: Vec<Message>,
    /// When to look next.
    due: Instant,
}

impl Run<'_> {
    /// Sends the prompt unless the session has it. Returns `false` if there is no such agent.
    async fn is_prompted(&mut self) -> Result<bool, OpenCodeError> {
        let (client, id, prompt) = (self.client, self.session.id.clone(), &self.job.prompt);
        loop {
            if patiently(self.job.patience, || client.has_message(&id, &prompt.message)).await? {
                return Ok(true);
            }
            // The server would accept an unknown agent and then do nothing.
            let agents = patiently(self.job.patience, || client.agents(&self.session.directory)).await?;
            if !agents.contains(&prompt.agent) {
                return Ok(false);
            }
            self.known.is_prompted_now = true;
            match client.prompt(&id, prompt).await {
                Ok(()) => return Ok(true),
                Err(error) if error.is_temporary() => tokio::time::sleep(STORED_AFTER).await,
                Err(error) => return Err(error),
            }
        }
    }

    async fn until_ended(mut self, view: &watch::Sender<SessionView>) -> Result<SessionOutcome, OpenCodeError> {
        let mut unreachable_since: Option<Instant> = None;
        loop {
            match self.look().await {
                Ok(snapshot) => {
                    unreachable_since = None;
                    let phase = self.phase(&snapshot);
                    self.show(view, &snapshot, &phase);
                    if let Phase::Ended(ending) = phase {
                        return self.outcome(ending, snapshot).await;
                    }
                    self.due = Instant::now() + if self.idle_since.is_some() { LOOK_AGAIN } else { LOOK_EVERY };
                }
                Err(error) if error.is_temporary() || error.is_server_error() => {
                    let since = *unreachable_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.job.patience {
                        return Err(error);
                    }
                    // What was idle before may have been a server that is gone.
                    self.idle_since = None;
                    self.due = Instant::now() + LOOK_AGAIN;
                }
                Err(error) => return Err(error),
            }
            self.wait().await;
        }
    }

    /// The status is read first: an idle session then has its last message.
    async fn look(&self) -> Result<Snapshot, OpenCodeError> {
        let status = self.client.status(&self.session).await?;
        let turn = self.client.turn(&self.session.id, &self.job.prompt.message).await?;
        let pending = if status == Status::Idle { Vec::new() } else { self.client.pending(&self.session).await? };
        Ok(Snapshot { status, turn, pending })
    }

    fn phase(&mut self, snapshot: &Snapshot) -> Phase {
        // A run can begin after its status was read. Its messages are then new, and the next look finds it busy.
        let has_news = self.seen != snapshot.turn;
        self.idle_since = match snapshot.status {
            Status::Idle if has_news => Some(Instant::now()),
            Status::Idle => Some(self.idle_since.unwrap_or_else(Instant::now)),
            _ => None,
        };
        if has_news {
            self.seen.clone_from(&snapshot.turn);
        }
        self.known.quiet = self.idle_since.map(|since| since.elapsed()).unwrap_or_default();
        phase(snapshot, &self.known)
    }

    fn show(&self, view: &watch::Sender<SessionView>, snapshot: &Snapshot, phase: &Phase) {
        let looks = view.borrow().looks + 1;
        let next = SessionView {
            looks,
            session: Some(self.session.clone()),
            phase: phase.clone(),
            steps: snapshot.steps(),
            calls: snapshot.unfinished_calls(),
            pending: snapshot.pending.clone(),
        };
        view.send_if_modified(|shown| {
            let is_new = looks == 1 || *shown != SessionView { looks: shown.looks, ..next.clone() };
            *shown = next;
            is_new
        });
    }

    /// Waits until it is time to look.
    async fn wait(&mut self) {
        loop {
            tokio::select! {
                biased;
                event = self.events.recv() => match event {
                    Ok(event) => self.hear(&event),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.look_within(SOON),
                    // Without events the looks go on.
                    Err(broadcast::error::RecvError::Closed) => return tokio::time::sleep_until(self.due).await,
                },
                () = tokio::time::sleep_until(self.due) => return,
            }
        }
    }

    fn look_within(&mut self, time: Duration) {
        self.due = self.due.min(Instant::now() + time);
    }

    fn hear(&mut self, event: &Event) {
        let is_own = event.session.as_ref() == Some(&self.session.id);
        let is_here = event.directory.as_deref() == Some(&self.session.directory);
        match &event.kind {
            EventKind::Failed(message) if is_own => {
                self.known.error = Some(message.clone());
                self.look_within(SOON);
            }
            EventKind::Status(_) | EventKind::Idle if is_own => self.look_within(SOON),
            // A child's requests too; it works in the same directory.
            EventKind::RequestsChanged | EventKind::Disposed if is_here => self.look_within(SOON),
            EventKind::Connected => self.look_within(SOON),
            EventKind::MessageChanged if is_own => self.look_within(SOME_TIME),
            _ => {}
        }
    }

    async fn outcome(&self, ending: Ending, mut snapshot: Snapshot) -> Result<SessionOutcome, OpenCodeError> {
        let (client, id, patience) = (self.client, &self.session.id, self.job.patience);
        let until = Instant::now() + DIFFS_WITHIN;
        while snapshot.awaits_diffs() && Instant::now() < until {
            tokio::time::sleep(SOON).await;
            snapshot.turn = patiently(patience, || client.turn(id, &self.job.prompt.message)).await?;
        }
        Ok(SessionOutcome {
            ending,
            text: snapshot.text(),
            changes: patiently(patience, || client.changes_of(&self.session, &snapshot.turn)).await?,
            unfinished: snapshot.unfinished_calls(),
            usage: patiently(patience, || client.usage(id)).await?,
            was_prompted_before: !self.known.is_prompted_now,
            session: patiently(patience, || client.session(id)).await?,
        })
    }
}

/// Repeats a call that has no effect when repeated, while the server cannot be reached.
async fn patiently<T, F>(patience: Duration, mut call: impl FnMut() -> F) -> Result<T, OpenCodeError>
where
    F: Future<Output = Result<T, OpenCodeError>>,
{
    let until = Instant::now() + patience;
    loop {
        match call().await {
            Err(error) if error.is_temporary() && Instant::now() < until => tokio::time::sleep(LOOK_AGAIN).await,
            other => return other,
        }
    }
}
