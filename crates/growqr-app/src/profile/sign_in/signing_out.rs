//! Signing out: recorded first, then performed, and retried until the keychain has removed the sign-in.

use super::{SignIn, identity_of_status, locked};
use crate::SystemClock;
use crate::error::AppError;
use crate::profile::accounts::{Accounts, PendingSignOut};
use crate::profile::location::Profile;
use crate::profile::sign_in::failure::SignInFailure;
use growqr_auth::{Identity, Persistence, SignOutResult, Status, VaultError};
use growqr_core::clock::{Clock, Timestamp};

impl SignIn {
    /// Signs out on this computer and opens the local profile. The person's data stays for their next sign-in. Returns
    /// a notice for the person, if there is one. A sign-in that the keychain cannot remove now is never resumed, and is
    /// removed later; signing out once more retries it now.
    ///
    /// # Errors
    /// [`SignInFailure::NotSignedIn`].
    pub async fn sign_out(&self) -> Result<(Profile, Option<String>), AppError> {
        let _lock = self.change_lock.lock().await;
        let status = self.auth.status();
        let Some(identity) = identity_of_status(&status) else { return self.retry_sign_outs().await };
        let (out, local) = self
            .sign_out_identity(&identity, |accounts| {
                accounts.open_local();
                accounts.current.clone()
            })
            .await?;
        locked(&self.pending_choice).take();
        let had_ended = matches!(status, Status::NeedsSignIn { .. });
        let could_not_notify = is_gone(out.removed) && !out.revoked && !had_ended;
        let notice = could_not_notify
            .then(|| "The sign-in service could not be notified; the sign-in expires there by itself.".to_owned());
        Ok((self.set_open(local), notice))
    }

    async fn retry_sign_outs(&self) -> Result<(Profile, Option<String>), AppError> {
        if !self.has_pending_sign_outs(&Accounts::read(self.base_profile.root())?) {
            return Err(SignInFailure::NotSignedIn.into());
        }
        self.finish_sign_outs().await?;
        Ok((self.base_profile.with_id(locked(&self.open).clone()), None))
    }

    /// Signs out this person, who is signed in now. `also` is applied to the accounts in the same write that records the
    /// sign-out.
    pub(super) async fn sign_out_identity<T: Send + 'static>(
        &self,
        identity: &Identity,
        also: impl FnOnce(&mut Accounts) -> T + Send + 'static,
    ) -> Result<(SignOutResult, T), AppError> {
        let pending = PendingSignOut { issuer: self.issuer.clone(), sub: identity.sub.clone(), at: SystemClock.now().0 };
        let recorded = pending.clone();
        let result = self
            .change_accounts(move |accounts| {
                accounts.record_sign_out(&recorded.issuer, &recorded.sub, recorded.at);
                also(accounts)
            })
            .await?;
        // A keychain that contains the sign-in may be unavailable just now: "absent" proves something only if it was
        // never stored.
        let was_never_stored = matches!(self.auth.status(), Status::Online { kept: Persistence::ThisRun(_), .. });
        let out = self.auth.sign_out().await;
        let is_gone = match out.removed {
            // A sign-in that the service has revoked is worthless, wherever it may still be stored.
            Ok(()) => out.was_kept || out.revoked,
            Err(error) => error == VaultError::Absent && was_never_stored,
        };
        if is_gone && let Err(error) = self.change_accounts(move |accounts| accounts.remove_pending_sign_out(&pending)).await {
            // The removal is then tried once more.
            tracing::warn!(%error, "the completed sign-out could not be recorded");
        }
        Ok((out, result))
    }

    /// Completes earlier sign-outs, as far as the keychain allows. Returns true if one was completed.
    pub(super) async fn finish_sign_outs(&self) -> Result<bool, AppError> {
        let mut is_any_completed = false;
        for pending in Accounts::read(self.base_profile.root())?.pending_sign_outs {
            if pending.issuer != self.issuer {
                continue;
            }
            // A keychain that is absent or empty may only be restarting, so the first miss does not count.
            let out = self.auth.forget(&pending.sub, Timestamp(pending.at)).await;
            if out.removed.is_err() || !out.was_kept && self.is_first_miss(&pending) {
                continue;
            }
            self.change_accounts(move |accounts| accounts.remove_pending_sign_out(&pending)).await?;
            is_any_completed = true;
        }
        Ok(is_any_completed)
    }

    /// True the first time in this run that this sign-in was not found.
    fn is_first_miss(&self, pending: &PendingSignOut) -> bool {
        let mut not_found_once = locked(&self.not_found_once);
        let is_first = !not_found_once.contains(pending);
        if is_first {
            not_found_once.push(pending.clone());
        }
        is_first
    }

    /// True if the keychain may still contain the sign-in of a person who has signed out.
    pub(super) fn has_pending_sign_outs(&self, accounts: &Accounts) -> bool {
        accounts.pending_sign_outs.iter().any(|pending| pending.issuer == self.issuer)
    }
}

/// True if the keychain does not contain the sign-in. A keychain that does not exist contains nothing.
fn is_gone(removed: Result<(), VaultError>) -> bool {
    matches!(removed, Ok(()) | Err(VaultError::Absent))
}
