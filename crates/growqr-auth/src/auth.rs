//! The service: one per profile host. Everything that changes who is signed in goes through here.

use crate::attempt::AttemptSecrets;
use crate::callback::ErrorCode;
use crate::config::Config;
use crate::discovery::{self, DiscoveryError, Endpoints};
use crate::http::Http;
use crate::identity::Identity;
use crate::keys::Keys;
use crate::process_lock::ProcessLock;
use crate::random::Random;
use crate::sensitive::SensitiveString;
use crate::session::Session;
use crate::sign_in::SignInError;
use crate::status::{OfflineReason, Status};
use crate::vault::{Entries, Vault};
use growqr_core::clock::{Clock, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long closing waits for what is under way.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// What sign-in needs of the world.
#[derive(Clone)]
pub struct Ports {
    /// The time. Deadlines and expiry are counted by it.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Where the refresh token is kept.
    pub vault: Arc<dyn Vault>,
    /// Keeps other programs that know the same vault out while a token is used.
    pub process_lock: Arc<dyn ProcessLock>,
}

/// Signing in with Clerk, for one account at a time. A handle; clones are the same service. It needs a tokio runtime.
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
    /// Clerk has ended the sign-in.
    #[error("the sign-in has ended; sign in again")]
    NeedsSignIn,
    /// Clerk has not confirmed the sign-in; it is asked again later.
    #[error("Clerk has not confirmed the sign-in")]
    Offline(OfflineReason),
}

pub(crate) struct Inner {
    pub config: Config,
    pub ports: Ports,
    pub http: Http,
    /// Held while keys are read, so that two tokens do not read them twice.
    pub keys: tokio::sync::Mutex<Keys>,
    /// Held by whoever renews, ends or replaces the session, across the request and the vault: a refresh token is used
    /// up by its use, so nobody else may use it meanwhile.
    pub session_lock: tokio::sync::Mutex<()>,
    /// Owns the work that must not stop halfway when its caller goes away.
    pub tasks: TaskTracker,
    state: Mutex<State>,
    status: watch::Sender<Status>,
}

#[derive(Default)]
pub(crate) struct State {
    pub session: Option<Session>,
    pub attempt: Option<ActiveAttempt>,
    pub endpoints: Option<Endpoints>,
    /// The attempt that was asked for last; an older one that is still being prepared comes to nothing.
    pub newest: u64,
    /// Refresh tokens of sign-ins that have ended and of which Clerk does not know it yet.
    pub unrevoked: Vec<SensitiveString>,
    last_id: u64,
}

/// The one attempt.
pub(crate) struct ActiveAttempt {
    pub id: u64,
    pub deadline: Timestamp,
    /// `None` once its callback has come.
    pub secrets: Option<AttemptSecrets>,
    /// What Clerk reported without being able to say for which attempt.
    pub notice: Option<ErrorCode>,
    /// Ends what waits for it.
    pub stop: CancellationToken,
    pub outcome_sender: oneshot::Sender<Result<Identity, SignInError>>,
}

impl Auth {
    /// Nobody is signed in at first; see [`Auth::open`].
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

    /// Where sign-in stands now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.status.borrow().clone()
    }

    /// Follows the status. The receiver has the present one at once.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Status> {
        self.inner.status.subscribe()
    }

    /// The access token, renewed first if it is due. A token that still lives is given also when Clerk cannot be reached.
    pub async fn access_token(&self) -> Result<SensitiveString, RefreshError> {
        let renewed = self.refresh_if_due().await;
        let now = self.inner.now();
        let token = self.inner.read_state(|state| state.session.as_ref().and_then(|session| session.usable(now)));
        token.ok_or(renewed.err().unwrap_or(RefreshError::SignedOut))
    }

    /// When [`Auth::refresh_if_due`] has something to do. `None` while nothing will be due.
    #[must_use]
    pub fn next_refresh(&self) -> Option<Timestamp> {
        self.inner.read_state(|state| state.session.as_ref().and_then(Session::due_at))
    }

    /// Ends the attempt, if there is one. AccountChoice is signed in stays so.
    pub fn cancel(&self) {
        self.inner.update_state(|state| {
            state.newest = state.next_id();
            state.end_attempt(Err(SignInError::Cancelled));
        });
    }

    /// Ends the attempt, and returns once no work is left halfway, or after a few seconds: what hangs then is most likely
    /// another program, or the network. The session stays in the vault.
    pub async fn shut_down(&self) {
        self.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("what sign-in was about to do is left undone");
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

    /// Changes the state and publishes what has come of it, in the order of the changes.
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

    /// The endpoints as they were last read, or read now.
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

    /// Runs work to its end, whatever becomes of whoever waits for it.
    pub async fn run_to_completion<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.tasks.spawn(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only the end of the runtime stops a task that nobody aborts; then nobody waits here either.
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

    /// Ends the attempt and tells whoever began it.
    pub fn end_attempt(&mut self, outcome: Result<Identity, SignInError>) {
        if let Some(attempt) = self.attempt.take() {
            attempt.stop.cancel();
            // Nobody has to wait for the outcome.
            let _ = attempt.outcome_sender.send(outcome);
        }
    }

    /// The session, if it is still this one.
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
