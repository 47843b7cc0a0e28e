//! What is shown about signing in: the state, the accounts, and a notice. Changes nothing.

use super::{SignIn, locked};
use crate::SystemClock;
use crate::error::AppError;
use crate::profile::accounts::{Account, Accounts};
use crate::profile::location::Profile;
use growqr_auth::{Identity, OfflineReason, Persistence, Status};
use growqr_core::clock::Clock;
use growqr_core::id::ProfileId;
use growqr_wire::{Person, SignIn as View, SignInState};

impl SignIn {
    /// The current state, to show to the person.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub fn view(&self) -> Result<View, AppError> {
        let accounts = Accounts::read(self.base_profile.root())?;
        let whom = |identity: &Identity| {
            let profile = accounts.profile_of(&self.issuer, &identity.sub).cloned();
            Some(person(&Account { profile: profile.unwrap_or_else(|| ProfileId::new("")), ..self.account(identity) }))
        };
        let view = View { people: people(&accounts), ..nobody(SignInState::SignedOut) };
        let pending_choice = locked(&self.pending_choice).clone();
        if let Some(identity) = pending_choice {
            return Ok(View { state: SignInState::Choosing, person: whom(&identity), ..view });
        }
        Ok(match self.auth.status() {
            Status::SignedOut => View { notice: self.has_pending_sign_outs(&accounts).then(still_kept), ..view },
            Status::SigningIn { deadline, notice, known } => View {
                state: SignInState::SigningIn,
                person: known.as_ref().and_then(whom),
                url: locked(&self.url).clone(),
                until: Some(deadline.0),
                notice: notice.map(|code| format!("The sign-in page reported {code:?}. If nothing happens, start again.")),
                ..view
            },
            Status::Online { identity, .. } if !self.is_open(&accounts, &identity) => {
                View { state: SignInState::SigningIn, person: whom(&identity), ..view }
            }
            Status::Online { identity, expires_at, kept } => View {
                state: SignInState::Online,
                person: whom(&identity),
                until: Some(expires_at.0),
                notice: not_kept(kept),
                ..view
            },
            Status::Offline { identity, because, .. } => {
                let known = accounts.profile_of(&self.issuer, &identity.sub).and_then(|profile| accounts.account_of(profile));
                let until = known.and_then(|account| account.valid_until);
                // A confirmation that an earlier run or another program has received is valid until then.
                let is_good = because == OfflineReason::NotAsked && until.is_some_and(|until| SystemClock.now().0 < until);
                let state = if is_good { SignInState::Online } else { SignInState::Offline };
                View { state, person: whom(&identity), until, notice: unconfirmed(because), ..view }
            }
            Status::NeedsSignIn { identity } => View { state: SignInState::NeedsSignIn, person: whom(&identity), ..view },
        })
    }
}

/// The state if no sign-in service is configured, with the accounts that have a profile here.
///
/// # Errors
/// If the accounts cannot be read.
pub fn without_sign_in(profile: &Profile) -> Result<View, AppError> {
    let accounts = Accounts::read(profile.root())?;
    let person = accounts.account_of(profile.id()).map(person);
    Ok(View { person, people: people(&accounts), ..nobody(SignInState::NotConfigured) })
}

fn nobody(state: SignInState) -> View {
    View { state, person: None, people: Vec::new(), url: None, until: None, notice: None }
}

fn people(accounts: &Accounts) -> Vec<Person> {
    let mut people: Vec<Person> = accounts.accounts.iter().map(person).collect();
    people.sort_by(|a, b| (&a.name, &a.email, &a.profile).cmp(&(&b.name, &b.email, &b.profile)));
    people
}

fn person(account: &Account) -> Person {
    Person {
        profile: account.profile.to_string(),
        id: account.sub.clone(),
        name: account.name.clone(),
        email: account.email.clone(),
        picture_url: account.picture_url.clone(),
        last_verified_at: account.last_verified_at,
    }
}

fn still_kept() -> String {
    "The keychain still holds a sign-in that has ended. Nobody can use it here; it is removed as soon as the keychain opens."
        .to_owned()
}

fn not_kept(kept: Persistence) -> Option<String> {
    match kept {
        Persistence::Keychain => None,
        Persistence::UntilExpiry => {
            Some("The service gave no lasting sign-in: you will have to sign in again tomorrow.".to_owned())
        }
        Persistence::ThisRun(error) => Some(format!("You will have to sign in again after a restart: {error}.")),
    }
}

fn unconfirmed(because: OfflineReason) -> Option<String> {
    match because {
        OfflineReason::NotAsked => None,
        OfflineReason::Network(error) => Some(format!("The sign-in service cannot be reached: {error}.")),
        OfflineReason::Discovery(error) => Some(format!("The sign-in service cannot be trusted: {error}.")),
        OfflineReason::Clock => Some("This computer's clock is wrong; set it, then it goes on.".to_owned()),
        OfflineReason::Vault(error) => Some(format!("The sign-in cannot be read: {error}.")),
        OfflineReason::Refused(error) => Some(format!("The sign-in service refused: {error}.")),
        OfflineReason::Unchecked(error) => Some(format!("The sign-in service's answer is not to be believed: {error}.")),
    }
}
