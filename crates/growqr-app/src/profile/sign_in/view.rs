//! What is shown about signing in: the state, the accounts, and a notice. Changes nothing.

use super::{SignIn, cause, locked};
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
        let person_of = |identity: &Identity| {
            let profile = accounts.profile_of(&self.issuer, &identity.sub).cloned();
            Some(person(&Account { profile: profile.unwrap_or_else(|| ProfileId::new("")), ..self.account(identity) }))
        };
        let view = View { people: people(&accounts), ..empty_view(SignInState::SignedOut) };
        let pending_choice = locked(&self.pending_choice).clone();
        if let Some(identity) = pending_choice {
            return Ok(View { state: SignInState::Choosing, person: person_of(&identity), ..view });
        }
        Ok(match self.auth.status() {
            Status::SignedOut => View { notice: self.has_pending_sign_outs(&accounts).then(pending_sign_out_notice), ..view },
            Status::SigningIn { deadline, notice, known } => View {
                state: SignInState::SigningIn,
                person: known.as_ref().and_then(person_of),
                url: locked(&self.url).clone(),
                until: Some(deadline.0),
                notice: notice.map(|code| format!("The sign-in page reported {code:?}. If nothing happens, start again.")),
                ..view
            },
            Status::Online { identity, .. } if !self.is_open(&accounts, &identity) => {
                View { state: SignInState::SigningIn, person: person_of(&identity), ..view }
            }
            Status::Online { identity, expires_at, kept } => View {
                state: SignInState::Online,
                person: person_of(&identity),
                until: Some(expires_at.0),
                notice: persistence_notice(kept),
                ..view
            },
            Status::Offline { identity, because, .. } => {
                let known = accounts.profile_of(&self.issuer, &identity.sub).and_then(|profile| accounts.account_of(profile));
                let until = known.and_then(|account| account.valid_until);
                // A confirmation that an earlier run or another program has received is valid until then.
                let has_expired = until.is_none_or(|until| until <= SystemClock.now().0);
                let is_valid = because == OfflineReason::NotAsked && !has_expired;
                let state = if is_valid { SignInState::Online } else { SignInState::Offline };
                let until = until.filter(|_| is_valid || has_expired);
                View { state, person: person_of(&identity), until, notice: offline_notice(because), ..view }
            }
            Status::NeedsSignIn { identity } => View { state: SignInState::NeedsSignIn, person: person_of(&identity), ..view },
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
    Ok(View { person, people: people(&accounts), ..empty_view(SignInState::NotConfigured) })
}

fn empty_view(state: SignInState) -> View {
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

fn pending_sign_out_notice() -> String {
    "The keychain still contains a sign-in that has ended. It cannot be used here, and is removed as soon as the keychain is unlocked."
        .to_owned()
}

fn persistence_notice(kept: Persistence) -> Option<String> {
    match kept {
        Persistence::Keychain => None,
        Persistence::UntilExpiry => Some("The sign-in service gave no lasting sign-in: it holds for this run only.".to_owned()),
        Persistence::ThisRun(error) => Some(format!("You will have to sign in again after a restart: {error}.")),
    }
}

fn offline_notice(because: OfflineReason) -> Option<String> {
    let error = cause::offline(because)?;
    let step = error.next_step.map(|step| format!(" {step}")).unwrap_or_default();
    let mut text = error.message;
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(format!("{text}.{step}"))
}
