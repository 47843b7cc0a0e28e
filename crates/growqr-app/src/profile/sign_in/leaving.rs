//! Signing out: noted first, then done, and tried again until the keychain has let go.

use super::{SignIn, locked, who};
use crate::SystemClock;
use crate::error::AppError;
use crate::profile::accounts::{Accounts, Leaving};
use crate::profile::home::Home;
use crate::profile::sign_in::failure::SignInFailure;
use growqr_auth::{Identity, Persistence, SignOutResult, Status, VaultError};
use growqr_core::clock::{Clock, Timestamp};

impl SignIn {
    /// Signs out on this computer and opens the local profile. Their data stays for their next sign-in. Returns what is
    /// to be said about it, if anything. A sign-in that the keychain does not let go of is never taken up again, and
    /// removed later; to sign out once more tries it now.
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

    /// Signs this person out, who is signed in now.
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
        // A keychain that has it may be away for this moment alone.
        let was_never_kept = matches!(self.auth.status(), Status::Online { kept: Persistence::ThisRun(_), .. });
        let out = self.auth.sign_out().await;
        let is_gone = match out.removed {
            // What was told to the service is worth nothing, wherever it may still be.
            Ok(()) => out.was_kept || out.revoked,
            Err(error) => error == VaultError::Absent && was_never_kept,
        };
        if is_gone && let Err(error) = self.change(move |accounts| accounts.left(&gone)).await {
            // Then it is looked for once more.
            tracing::warn!(%error, "that the sign-in was removed could not be noted");
        }
        Ok((out, result))
    }

    /// Does what earlier sign-outs left undone, as far as the keychain lets it. Whether that was anything.
    pub(super) async fn finish_leaving(&self) -> Result<bool, AppError> {
        let mut is_any_gone = false;
        for leaving in Accounts::read(self.home.root())?.leaving {
            if leaving.issuer != self.issuer {
                continue;
            }
            // A keychain that was there and is not, or has nothing in it, may only be starting anew.
            let out = self.auth.forget(&leaving.sub, Timestamp(leaving.at)).await;
            if out.removed.is_err() || !out.was_kept && self.is_missed_first(&leaving) {
                continue;
            }
            self.change(move |accounts| accounts.left(&leaving)).await?;
            is_any_gone = true;
        }
        Ok(is_any_gone)
    }

    /// Whether nothing was found in this run until now.
    fn is_missed_first(&self, leaving: &Leaving) -> bool {
        let mut missed = locked(&self.missed);
        let is_first = !missed.contains(leaving);
        if is_first {
            missed.push(leaving.clone());
        }
        is_first
    }

    /// Whether the keychain may still hold a sign-in of somebody who has signed out.
    pub(super) fn is_anybody_leaving(&self, accounts: &Accounts) -> bool {
        accounts.leaving.iter().any(|leaving| leaving.issuer == self.issuer)
    }
}

/// Where there is no keychain, there is nothing in it.
fn is_gone(removed: Result<(), VaultError>) -> bool {
    matches!(removed, Ok(()) | Err(VaultError::Absent))
}
