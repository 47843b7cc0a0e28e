//! The attempts to sign in at servers: one at a time for each.

use growqr_tools::ServerName;
use growqr_tools::sign_in::{SignInError, SignIns};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What became of the last attempt at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AttemptState {
    /// It is found out where to sign in, or the browser is expected to come back.
    Waiting,
    /// Why it failed.
    Failed(String),
}

/// The attempts of this process.
pub(super) struct Attempts {
    pub(super) sign_ins: Arc<SignIns>,
    /// The last attempt at each server; none after one that succeeded or was stopped.
    last: Mutex<BTreeMap<ServerName, Attempt>>,
    pub(super) tasks: TaskTracker,
    stop: CancellationToken,
}

struct Attempt {
    state: AttemptState,
    /// Also tells it from the attempt that replaces it.
    stop: Arc<CancellationToken>,
}

impl Attempts {
    pub(super) fn new(sign_ins: Arc<SignIns>) -> Attempts {
        Attempts { sign_ins, last: Mutex::default(), tasks: TaskTracker::new(), stop: CancellationToken::new() }
    }

    /// The state of each server's last attempt.
    pub(super) fn states(&self) -> BTreeMap<ServerName, AttemptState> {
        self.last().iter().map(|(name, attempt)| (name.clone(), attempt.state.clone())).collect()
    }

    /// Stops the attempt at a server, if there is one.
    pub(super) fn stop(&self, name: &str) {
        self.last().retain(|known, attempt| {
            let is_meant = known.as_str() == name;
            if is_meant {
                attempt.stop.cancel();
            }
            !is_meant
        });
    }

    /// Stops all attempts.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Notes a new attempt, which stops an earlier one.
    pub(super) fn begin(&self, name: &ServerName) -> Arc<CancellationToken> {
        let stop = Arc::new(self.stop.child_token());
        let new = Attempt { state: AttemptState::Waiting, stop: Arc::clone(&stop) };
        if let Some(earlier) = self.last().insert(name.clone(), new) {
            earlier.stop.cancel();
        }
        stop
    }

    /// Forgets an attempt that has not come as far as the browser, unless another one has taken its place.
    pub(super) fn forget(&self, name: &ServerName, attempt: &Arc<CancellationToken>) {
        self.last().retain(|known, noted| known != name || !Arc::ptr_eq(&noted.stop, attempt));
    }

    /// Notes how an attempt ended, unless another one has taken its place.
    pub(super) fn end(&self, name: &ServerName, attempt: &Arc<CancellationToken>, ended: &Result<(), SignInError>) {
        let mut last = self.last();
        let Some(noted) = last.get_mut(name).filter(|noted| Arc::ptr_eq(&noted.stop, attempt)) else { return };
        match ended {
            Ok(()) | Err(SignInError::Stopped) => drop(last.remove(name)),
            Err(error) => noted.state = AttemptState::Failed(error.to_string()),
        }
    }

    fn last(&self) -> MutexGuard<'_, BTreeMap<ServerName, Attempt>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
