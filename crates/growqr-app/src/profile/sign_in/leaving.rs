//! Signing out: recorded first, then performed, and retried until the keychain has removed the sign-in.

use super::{SignIn, locked, who};
use crate::SystemClock;
use crate::error::AppError;
use crate::profile::accounts::{Accounts, Leaving};
use crate::profile::home::Home;
use crate::profile::sign_in::failure::SignInFailure;
use growqr_auth::{Identity, Persistence, SignOutResult, Status, VaultError};
use growqr_core::clock::{Clock, Timestamp};

impl SignIn {
    /// Signs out on this computer and opens the local profile. The person's data stays for their next sign-in. Returns
    /// a notice for the person, if there is one. A sign-in that the keychain cannot remove now is never resumed, and is
    /// removed later; signing out once more retries it now.
    ///
    /// # Errors
    /// [`SignInFailure::Nobody`].
    pub async fn sign_out(&self) -> Result<(Home, Option<String>), AppError> {
        let _turn = self.turn.lock().await;
        let status = self.auth.status();
        let Some(identity) = who(&status) else { return self.sign_out_again().await };
        let (out, local) = self
            .leave(&identity, |accounts| {
                accounts.signed_out();
                accounts.current.clone()
            })
            .await?;
        locked(&self.asked).take();
        let had_ended = matches!(status, Status::NeedsSignIn { .. });
        let is_untold = is_gone(out.removed) && !out.revoked && !had_ended;
        let notice = is_untold.then(|| "The sign-in service could not be told; the sign-in ends there by itself.".to_owned());
        Ok((self.opened(local), notice))
    }

    async fn sign_out_again(&self) -> Result<(Home, Option<String>), AppError> {
        if !self.is_anybody_leaving(&Accounts::read(self.home.root())?) {
            return Err(SignInFailure::Nobody.into());
        }
        self.finish_leaving().await?;
        Ok((self.home.with_profile(locked(&self.open).clone()), None))
    }

    /// Signs out this person, who is signed in now. `also` changes the accounts in the same step.
    pub(super) async fn leave<T: Send + 'static>(
        &self,
        identity: &Identity,
        also: impl FnOnce(&mut Accounts) -> T + Send + 'static,
    ) -> Result<(SignOutResult, T), AppError> {
        let gone = Leaving { issuer: self.issuer.clone(), sub: identity.sub.clone(), at: SystemClock.now().0 };
        let noted = gone.clone();
        let result = self
            .change(move |accounts| {
                accounts.leave(&noted.issuer, &noted.sub, noted.at);
                also(accounts)
            })
            .await?;
        // A keychain that holds the sign-in may be unavailable just now: "absent" proves something only if it was never
        // stored.
        let was_never_kept = matches!(self.auth.status(), Status::Online { kept: Persistence::ThisRun(_), .. });
        let out = self.auth.sign_out().await;
        let is_gone = match out.removed {
            // A sign-in that the service has revoked is worthless, wherever it may still be stored.
            Ok(()) => out.was_kept || out.revoked,
            Err(error) => error == VaultError::Absent && was_never_kept,
        };
        if is_gone && let Err(error) = self.change(move |accounts| accounts.left(&gone)).await {
            // The removal is then tried once more.
            tracing::warn!(%error, "that the sign-in was removed could not be noted");
        }
        Ok((out, result))
    }

    /// Completes earlier sign-outs, as far as the keychain allows. Returns true if one was completed.
    pub(super) async fn finish_leaving(&self) -> Result<bool, AppError> {
        let mut is_any_gone = false;
        for leaving in Accounts::read(self.home.root())?.leaving {
            if leaving.issuer != self.issuer {
                continue;
            }
            // A keychain that is absent or empty may only be restarting, so the first miss does not count.
            let out = self.auth.forget(&leaving.sub, Timestamp(leaving.at)).await;
            if out.removed.is_err() || !out.was_kept && self.is_missed_first(&leaving) {
                continue;
            }
            self.change(move |accounts| accounts.left(&leaving)).await?;
            is_any_gone = true;
        }
        Ok(is_any_gone)
    }

    /// True the first time in this run that this sign-in was not found.
    fn is_missed_first(&self, leaving: &Leaving) -> bool {
        let mut missed = locked(&self.missed);
        let is_first = !missed.contains(leaving);
        if is_first {
            missed.push(leaving.clone());
        }
        is_first
    }

    /// True if the keychain may still hold the sign-in of a person who has signed out.
    pub(super) fn is_anybody_leaving(&self, accounts: &Accounts) -> bool {
        accounts.leaving.iter().any(|leaving| leaving.issuer == self.issuer)
    }
}

/// True if the keychain does not hold the sign-in. A keychain that does not exist holds nothing.
fn is_gone(removed: Result<(), VaultError>) -> bool {
    matches!(removed, Ok(()) | Err(VaultError::Absent))
}
