//! The sign-in service: its public handle [`Auth`] and its state. There is one for each profile host, and all changes of the
//! session go through it.
//!
//! Locks: `session_lock` serialises renewal, sign-out and replacement of the session within this process, `process_lock`
//! between programs, `state` (never held across an await) protects the data.

use crate::attempt::{AttemptSecrets, Consent};
use crate::callback::ErrorCode;
use crate::config::Config;
use crate::discovery::{self, DiscoveryError, Endpoints};
use crate::failure::SignInError;
use crate::http::Http;
use crate::identity::Identity;
use crate::keys::Keys;
use crate::process_lock::ProcessLock;
use crate::random::Random;
use crate::sensitive::SensitiveString;
use crate::session::Session;
use crate::status::{OfflineReason, Persistence, Status};
use crate::vault::{Entries, Vault};
use growqr_core::clock::{Clock, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long [`Auth::shut_down`] waits for running tasks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The dependencies of sign-in, provided by the app.
#[derive(Clone)]
pub struct Ports {
    /// The clock for deadlines and expiry.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// The store of the refresh token.
    pub vault: Arc<dyn Vault>,
    /// Keeps other programs with the same vault from using a refresh token at the same time.
    pub process_lock: Arc<dyn ProcessLock>,
}

/// Signing in with Clerk, for one account at a time. This is a handle: clones share one service. Needs a tokio runtime.
#[derive(Clone)]
pub struct Auth {
    pub(crate) inner: Arc<Inner>,
}

/// Why there is no access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// Clerk has ended the sign-in, or its refresh token is lost.
    #[error("the sign-in has ended; sign in again")]
    NeedsSignIn,
    /// Clerk has not confirmed the sign-in. It is retried later.
    #[error("Clerk has not confirmed the sign-in")]
    Offline(OfflineReason),
}

pub(crate) struct Inner {
    pub config: Config,
    pub ports: Ports,
    pub http: Http,
    /// Locked while a token is verified, so that two concurrent verifications do not load the keys twice.
    pub keys: tokio::sync::Mutex<Keys>,
    /// Locked during a renewal, a sign-out and a replacement of the session, including the request and the access to the
    /// vault: a refresh token can be used only once, so no other task may use it at the same time.
    pub session_lock: tokio::sync::Mutex<()>,
    /// Owns the tasks that must run to completion even if their caller is dropped.
    pub tasks: TaskTracker,
    state: Mutex<State>,
    status: watch::Sender<Status>,
}

#[derive(Default)]
pub(crate) struct State {
    pub session: Option<Session>,
    pub attempt: Option<ActiveAttempt>,
    pub endpoints: Option<Endpoints>,
    /// The id of the newest attempt. An older attempt that is still being prepared is discarded.
    pub newest: u64,
    /// Refresh tokens of ended sign-ins that are not yet revoked at Clerk.
    pub unrevoked: Vec<SensitiveString>,
    pub consent: Consent,
    last_id: u64,
}

/// The active attempt. There is at most one.
pub(crate) struct ActiveAttempt {
    pub id: u64,
    pub deadline: Timestamp,
    /// `None` once its callback has arrived.
    pub secrets: Option<AttemptSecrets>,
    /// An error that Clerk reported without a state, so that it cannot be matched to an attempt.
    pub notice: Option<ErrorCode>,
    /// Stops the task that waits for the callback.
    pub stop: CancellationToken,
    pub outcome_sender: oneshot::Sender<Result<Identity, SignInError>>,
}

impl Auth {
    /// Creates the service. Nobody is signed in until [`Auth::open`] or a sign-in.
    #[must_use]
    pub fn new(config: Config, ports: Ports) -> Self {
        let http = Http::new(config.http, config.issuer());
        let inner = Inner {
            config,
            ports,
            http,
            keys: tokio::sync::Mutex::default(),
            session_lock: tokio::sync::Mutex::default(),
            tasks: TaskTracker::new(),
            state: Mutex::default(),
            status: watch::Sender::new(Status::SignedOut),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The current status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.status.borrow().clone()
    }

    /// Subscribes to the status. The receiver has the current status immediately.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Status> {
        self.inner.status.subscribe()
    }

    /// The access token. Renews it first if it is due. Returns an unexpired token even if Clerk cannot be reached.
    pub async fn access_token(&self) -> Result<SensitiveString, RefreshError> {
        let renewed = self.refresh_if_due().await;
        let now = self.inner.now();
        let token = self.inner.read_state(|state| state.session.as_ref().and_then(|session| session.valid_access_token(now)));
        token.ok_or(renewed.err().unwrap_or(RefreshError::SignedOut))
    }

    /// When [`Auth::refresh_if_due`] will have something to do. `None` without a session to renew.
    #[must_use]
    pub fn next_refresh(&self) -> Option<Timestamp> {
        self.inner.read_state(|state| state.session.as_ref().and_then(Session::due_at))
    }

    /// Whether the sign-in holds for this run only, and a second attempt may make it last: it then asks for consent.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        let needs = |state: &State| {
            let kept = state.session.as_ref().map(|session| session.kept);
            kept == Some(Persistence::UntilExpiry) && state.consent == Consent::Needed
        };
        self.inner.read_state(needs)
    }

    /// Cancels the attempt, if there is one. The session is not changed.
    pub fn cancel(&self) {
        self.inner.update_state(|state| {
            state.newest = state.next_id();
            state.end_attempt(Err(SignInError::Cancelled));
        });
    }

    /// Cancels the attempt and waits until all tasks are done, but only for a few seconds: another program or the network
    /// may block a task for longer. The session stays in the vault.
    pub async fn shut_down(&self) {
        self.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("sign-in tasks did not end in time and are dropped");
        }
    }
}

impl Inner {
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub fn entries(&self) -> Entries<'_> {
        Entries { vault: &*self.ports.vault, config: &self.config }
    }

    /// Reads the state.
    pub fn read_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and publishes the new status, in the order of the changes.
    pub fn update_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        let status = state.status();
        self.status.send_if_modified(|known| {
            let is_new = *known != status;
            *known = status;
            is_new
        });
        result
    }

    /// The cached endpoints; reads them if they are not cached.
    pub async fn endpoints(&self) -> Result<Endpoints, DiscoveryError> {
        match self.read_state(|state| state.endpoints.clone()) {
            Some(known) => Ok(known),
            None => self.read_endpoints().await,
        }
    }

    pub async fn read_endpoints(&self) -> Result<Endpoints, DiscoveryError> {
        let endpoints = discovery::endpoints(&self.http, self.config.issuer()).await?;
        self.update_state(|state| state.endpoints = Some(endpoints.clone()));
        Ok(endpoints)
    }

    /// Runs a task that completes even if the caller of this function is dropped.
    pub async fn run_to_completion<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.tasks.spawn(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The task is never aborted, so only the shutdown of the runtime cancels it, and that drops this future too.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl State {
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn is_attempt(&self, id: u64) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| attempt.id == id)
    }

    /// Ends the attempt and sends the outcome to its [`crate::Attempt`].
    pub fn end_attempt(&mut self, outcome: Result<Identity, SignInError>) {
        if let Some(attempt) = self.attempt.take() {
            attempt.stop.cancel();
            // The receiver may have been dropped.
            let _ = attempt.outcome_sender.send(outcome);
        }
    }

    /// The session, if it still has this id.
    pub fn session_mut(&mut self, id: u64) -> Option<&mut Session> {
        self.session.as_mut().filter(|session| session.id == id)
    }

    fn status(&self) -> Status {
        let session = self.session.as_ref();
        match &self.attempt {
            Some(attempt) => Status::SigningIn {
                deadline: attempt.deadline,
                notice: attempt.notice,
                known: session.map(|session| session.identity.clone()),
            },
            None => session.map_or(Status::SignedOut, Session::status),
        }
    }
}
