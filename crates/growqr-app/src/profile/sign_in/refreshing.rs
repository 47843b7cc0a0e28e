//! Keeps a sign-in valid, and stores what the service says about the person.

use super::SignIn;
use crate::SystemClock;
use crate::error::AppError;
use crate::profile::sign_in::failure::SignInFailure;
use growqr_auth::Status;
use growqr_core::clock::{Clock, Timestamp};
use growqr_wire::SignInState;
use std::time::Duration;

/// The longest pause between two checks: a computer that slept wakes up late, and a keychain sends no notice when it is
/// unlocked. A build for tests checks more often.
const CHECK_INTERVAL: Duration = Duration::from_secs(if cfg!(feature = "loopback-issuer") { 2 } else { 30 });

impl SignIn {
    /// Asks the service now: after the computer has woken up, or because the person wants it.
    ///
    /// # Errors
    /// [`SignInFailure::Refresh`].
    pub async fn refresh(&self) -> Result<(), AppError> {
        self.auth.refresh_now().await.map_err(SignInFailure::from)?;
        self.store_identity().await
    }

    /// Asks the service if its last confirmation has expired. The view shows the result: without a network the sign-in stays.
    ///
    /// # Errors
    /// If the accounts cannot be read or written.
    pub async fn renew_if_expired(&self) -> Result<(), AppError> {
        if self.view()?.state == SignInState::Offline {
            // The view shows why it failed.
            let _ = self.auth.refresh_if_due().await;
            self.store_identity().await?;
        }
        Ok(())
    }

    /// Keeps the sign-in valid for as long as it is polled, and calls `changed` each time there is something new to
    /// show.
    pub async fn keep_signed_in(&self, changed: impl Fn()) {
        let mut status = self.auth.subscribe();
        loop {
            // The status shows the result. Before the refresh is due, this only retries to store a sign-in that is not
            // in the keychain yet.
            let _ = self.auth.refresh_if_due().await;
            self.finish_sign_outs_locked(&changed).await;
            let pause = self.auth.next_refresh().map_or(CHECK_INTERVAL, |at| CHECK_INTERVAL.min(until(SystemClock.now(), at)));
            tokio::select! {
                () = tokio::time::sleep(pause.max(Duration::from_millis(100))) => {}
                change = status.changed() => {
                    if change.is_err() {
                        return;
                    }
                    if let Err(error) = self.store_identity().await {
                        tracing::warn!(%error, "the account could not be updated");
                    }
                    changed();
                }
            }
        }
    }

    /// Ends the attempt, and returns once pending work is complete, or after a few seconds. An open question is asked
    /// again at the next start.
    pub async fn close(&self) {
        self.auth.shut_down().await;
    }

    /// Stores what the service says about a person who has a profile here.
    async fn store_identity(&self) -> Result<(), AppError> {
        let Status::Online { identity, .. } = self.auth.status() else { return Ok(()) };
        let seen = self.account(&identity);
        self.change_accounts(move |accounts| accounts.update_account(seen)).await
    }

    async fn finish_sign_outs_locked(&self, changed: &impl Fn()) {
        let _lock = self.change_lock.lock().await;
        match self.finish_sign_outs().await {
            Ok(true) => changed(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "earlier sign-outs could not be completed; they are tried again later"),
        }
    }
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.0 - now.0).unwrap_or(0))
}
