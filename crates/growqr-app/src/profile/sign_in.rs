//! Signing in, and which profile is open. The protocol is in `growqr-auth`; this module connects it to the keychain, to
//! the list of accounts and to the texts that people read. The caller opens the profile, whose [`Profile`] is returned.

mod cause;
pub(crate) mod failure;
mod refreshing;
mod signing_out;
#[cfg(all(test, feature = "loopback-issuer"))]
mod tests;
mod view;

pub use view::without_sign_in;

use crate::SystemClock;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::accounts::{Account, Accounts, PendingSignOut};
use crate::profile::file_lock::FileLock;
use crate::profile::keys;
use crate::profile::location::{Environment, Profile};
use crate::profile::sign_in::failure::SignInFailure;
use crate::profile::vault::KeychainVault;
use growqr_auth::{AccountChoice, Attempt, Auth, Config, Identity, Ports, Redirect, Schemes, SignInError, Status, SystemRandom};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::ProfileId;
use growqr_core::secret::SecretStore;
use growqr_secrets::Keychain;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name that selects the local profile in [`SignIn::switch`], even if an account has adopted a profile named
/// `local`.
pub const LOCAL_PROFILE: &str = "";

/// How the browser returns the callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackRoute {
    /// By a deep link that opens the app.
    DeepLink,
    /// To a loopback port.
    LoopbackPort,
}

/// A sign-in attempt that has begun.
#[derive(Debug)]
pub struct SignInAttempt {
    /// The address to open in the system's browser, and to show for copying. It must not be logged.
    pub url: String,
    /// Why the sign-in will be lost at a restart, if it will be.
    pub notice: Option<String>,
    attempt: Attempt,
}

/// The result of a sign-in.
#[derive(Debug)]
pub enum SignInOutcome {
    /// The person's profile is now the open one.
    Opened(Box<Profile>),
    /// The person is new here and the local profile has data: ask whether it is theirs, then call [`SignIn::choose`].
    NeedsChoice,
}

/// The sign-in service; one per process.
pub struct SignIn {
    /// The profile that was open at the start: names the data folder and the database of all profiles.
    base_profile: Profile,
    /// The profile that is open in this process.
    open: Mutex<ProfileId>,
    auth: Auth,
    issuer: String,
    /// The address of the current attempt.
    url: Mutex<Option<String>>,
    /// True if the current attempt is for another account than the one that is signed in at the browser.
    is_for_someone_else: AtomicBool,
    /// A new person who has not answered yet whether the local profile is theirs.
    pending_choice: Mutex<Option<Identity>>,
    /// Pending sign-outs whose sign-in was not in the keychain at the first try. They complete at the second miss.
    not_found_once: Mutex<Vec<PendingSignOut>>,
    /// Locked while the signed-in person or the open profile changes: one change at a time, each to its end.
    change_lock: tokio::sync::Mutex<()>,
}

impl SignIn {
    /// Creates the service, if one is configured.
    ///
    /// # Errors
    /// [`SignInFailure::Config`] if the configuration is not valid.
    pub fn find(profile: &Profile, environment: &Environment) -> Result<Option<SignIn>, AppError> {
        SignIn::find_for(Schemes::RELEASE, profile, environment)
    }

    /// Like [`SignIn::find`], with the link schemes of this edition of the app.
    ///
    /// # Errors
    /// As [`SignIn::find`].
    pub fn find_for(schemes: Schemes, profile: &Profile, environment: &Environment) -> Result<Option<SignIn>, AppError> {
        let found = Config::find(|name| profile.clerk_setting(name, environment)).map_err(SignInFailure::from)?;
        let Some(mut config) = found else { return Ok(None) };
        config.schemes = schemes;
        Ok(Some(SignIn::with_keychain(config, profile, Arc::new(Keychain::new(profile.sign_in_namespace())))))
    }

    /// Creates the service with this keychain.
    fn with_keychain(config: Config, profile: &Profile, keychain: Arc<dyn SecretStore>) -> SignIn {
        let issuer = config.issuer().to_owned();
        let vault = Arc::new(KeychainVault(keychain));
        let process_lock = Arc::new(FileLock(profile.root().join("sign-in.lock")));
        let ports = Ports { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), vault, process_lock };
        SignIn {
            base_profile: profile.clone(),
            open: Mutex::new(profile.id().clone()),
            auth: Auth::new(config, ports),
            issuer,
            url: Mutex::default(),
            is_for_someone_else: AtomicBool::default(),
            pending_choice: Mutex::default(),
            not_found_once: Mutex::default(),
            change_lock: tokio::sync::Mutex::default(),
        }
    }

    /// Resumes the sign-in of the open profile's account, or of a new person who has not answered yet. Then completes
    /// earlier sign-outs. Reads the keychain; uses the network only for the sign-outs.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub async fn resume(&self) -> Result<(), AppError> {
        let _lock = self.change_lock.lock().await;
        if !self.restore_pending_choice().await? {
            self.resume_open_account().await?;
        }
        self.finish_sign_outs().await.map(drop)
    }

    async fn resume_open_account(&self) -> Result<(), AppError> {
        let accounts = Accounts::read(self.base_profile.root())?;
        let open = locked(&self.open).clone();
        self.resume_account(&accounts, accounts.account_of(&open)).await;
        Ok(())
    }

    /// Restores the question to a new person, if the program ended before they answered. Returns false if there is no
    /// such person or if their sign-in is lost.
    async fn restore_pending_choice(&self) -> Result<bool, AppError> {
        let accounts = Accounts::read(self.base_profile.root())?;
        let Some(undecided) = accounts.undecided.filter(|account| account.issuer == self.issuer) else { return Ok(false) };
        if matches!(self.auth.open(identity_of_account(&undecided)).await, Status::NeedsSignIn { .. }) {
            self.change_accounts(|accounts| accounts.undecided = None).await?;
            return Ok(false);
        }
        *locked(&self.pending_choice) = Some(identity_of_account(&undecided));
        Ok(true)
    }

    /// Begins an attempt. It replaces an earlier one.
    ///
    /// # Errors
    /// [`SignInFailure::Begin`]; the person who is signed in stays signed in.
    pub async fn begin(&self, route: CallbackRoute, someone_else: bool) -> Result<SignInAttempt, AppError> {
        let redirect = match route {
            CallbackRoute::DeepLink => Redirect::DeepLink,
            CallbackRoute::LoopbackPort => Redirect::Loopback,
        };
        // While an attempt waits, trying the loopback port instead of the deep link is a retry for the same account.
        let is_retry = route == CallbackRoute::LoopbackPort && matches!(self.auth.status(), Status::SigningIn { .. });
        let someone_else = someone_else || is_retry && self.is_for_someone_else.load(Ordering::Relaxed);
        self.is_for_someone_else.store(someone_else, Ordering::Relaxed);
        let who = if someone_else { AccountChoice::Other } else { AccountChoice::Any };
        self.cancel().await?;
        let attempt = self.auth.begin(redirect, who).await.map_err(SignInFailure::from)?;
        let url = attempt.url.clone();
        *locked(&self.url) = Some(url.clone());
        let notice = attempt.vault.err().map(|error| format!("You will have to sign in again after a restart: {error}."));
        Ok(SignInAttempt { url, notice, attempt })
    }

    /// Whether the sign-in holds for this run only, and one more attempt may make it last: the service then asks the person for
    /// consent.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        self.auth.needs_consent()
    }

    /// Handles a link that came from the browser. Any program can send a link: only the answer to the waiting attempt
    /// has an effect, and [`SignIn::complete`] returns the result.
    ///
    /// # Errors
    /// [`SignInFailure::Callback`].
    pub async fn callback(&self, link: &str) -> Result<(), AppError> {
        self.auth.callback(link).await.map_err(SignInFailure::from)?;
        Ok(())
    }

    /// Waits for the end of an attempt. `adopt` answers in advance whether a new person adopts the local profile.
    ///
    /// # Errors
    /// [`SignInFailure::AttemptFailed`].
    pub async fn complete(&self, attempt: SignInAttempt, adopt: Option<bool>) -> Result<SignInOutcome, AppError> {
        let identity = attempt.attempt.outcome().await.map_err(SignInFailure::from)?;
        let _lock = self.change_lock.lock().await;
        if identity_of_status(&self.auth.status()).is_none_or(|known| known.sub != identity.sub) {
            // The person has chosen another account meanwhile.
            self.forget_if_unknown(&identity).await?;
            return Err(SignInFailure::AttemptFailed(SignInError::Replaced).into());
        }
        let outcome = self.open_after_sign_in(identity.clone(), adopt).await;
        if outcome.is_err() {
            // Signed in, but the profile cannot be opened: sign out again, even if that cannot be recorded.
            if self.sign_out_identity(&identity, |_| ()).await.is_err() {
                self.auth.sign_out().await;
            }
            self.resume_open_account().await?;
        }
        outcome
    }

    async fn open_after_sign_in(&self, identity: Identity, adopt: Option<bool>) -> Result<SignInOutcome, AppError> {
        let accounts = Accounts::read(self.base_profile.root())?;
        let is_new = accounts.profile_of(&self.issuer, &identity.sub).is_none();
        if is_new && adopt.is_none() && has_data(&self.base_profile.with_id(accounts.local)).await? {
            // Recorded first, so that the keychain never contains the sign-in of a person who is not in the accounts.
            let undecided = self.account(&identity);
            self.change_accounts(|accounts| accounts.undecided = Some(undecided)).await?;
            *locked(&self.pending_choice) = Some(identity);
            return Ok(SignInOutcome::NeedsChoice);
        }
        self.open_profile_of(&identity, adopt.unwrap_or(false)).await.map(|profile| SignInOutcome::Opened(Box::new(profile)))
    }

    /// Signs out a person whose sign-in ended too late, unless they have a profile here.
    async fn forget_if_unknown(&self, identity: &Identity) -> Result<(), AppError> {
        if Accounts::read(self.base_profile.root())?.profile_of(&self.issuer, &identity.sub).is_none() {
            self.auth.forget(&identity.sub, SystemClock.now()).await;
        }
        Ok(())
    }

    /// True if the local profile has data that a new person could adopt.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn has_local_data(&self) -> Result<bool, AppError> {
        let local = Accounts::read(self.base_profile.root())?.local;
        has_data(&self.base_profile.with_id(local)).await
    }

    /// The answer of a new person: whether the data in the local profile is theirs.
    ///
    /// # Errors
    /// [`SignInFailure::NoOpenQuestion`].
    pub async fn choose(&self, adopt: bool) -> Result<Profile, AppError> {
        let _lock = self.change_lock.lock().await;
        let pending_choice = locked(&self.pending_choice).clone();
        let profile = self.open_profile_of(&pending_choice.ok_or(SignInFailure::NoOpenQuestion)?, adopt).await?;
        locked(&self.pending_choice).take();
        Ok(profile)
    }

    /// Ends the attempt or the open question. A new person who does not answer is signed out again, and the account of
    /// the open profile is signed in as before.
    ///
    /// # Errors
    /// If the accounts cannot be read or written.
    pub async fn cancel(&self) -> Result<(), AppError> {
        self.auth.cancel();
        let _lock = self.change_lock.lock().await;
        self.cancel_pending_choice().await
    }

    async fn cancel_pending_choice(&self) -> Result<(), AppError> {
        self.auth.cancel();
        let pending_choice = locked(&self.pending_choice).clone();
        let Some(undecided) = pending_choice else { return Ok(()) };
        self.sign_out_identity(&undecided, |_| ()).await?;
        locked(&self.pending_choice).take();
        self.resume_open_account().await
    }

    /// Opens the profile of the account with this profile name or email address. Opens the local profile for
    /// [`LOCAL_PROFILE`] and, while no account has adopted the profile of that name, for `local`. Ends an attempt or an
    /// open question first.
    ///
    /// # Errors
    /// [`SignInFailure::UnknownAccount`], or if the change cannot be recorded; then the person who was signed in still
    /// is.
    pub async fn switch(&self, name: &str) -> Result<Profile, AppError> {
        let _lock = self.change_lock.lock().await;
        self.cancel_pending_choice().await?;
        let accounts = Accounts::read(self.base_profile.root())?;
        let named = |account: &&Account| account.profile.as_str() == name || account.email.as_deref() == Some(name);
        let account = accounts.accounts.iter().find(named).filter(|_| name != LOCAL_PROFILE);
        let profile = match account {
            Some(account) => account.profile.clone(),
            None if name == LOCAL_PROFILE || name == "local" => accounts.local.clone(),
            None => return Err(SignInFailure::UnknownAccount.into()),
        };
        let current = profile.clone();
        self.change_accounts(move |accounts| accounts.current = current).await?;
        self.resume_account(&accounts, account).await;
        Ok(self.set_open(profile))
    }

    async fn open_profile_of(&self, identity: &Identity, adopt: bool) -> Result<Profile, AppError> {
        let seen = self.account(identity);
        let opened = move |accounts: &mut Accounts| {
            accounts.record_sign_in(seen, adopt);
            accounts.current.clone()
        };
        Ok(self.set_open(self.change_accounts(opened).await?))
    }

    async fn change_accounts<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Accounts) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        Accounts::change(self.base_profile.root(), change).await
    }

    /// True if this person's profile is the open one. It is not yet between the end of an attempt and
    /// [`SignIn::complete`].
    fn is_open(&self, accounts: &Accounts, identity: &Identity) -> bool {
        accounts.profile_of(&self.issuer, &identity.sub) == Some(&*locked(&self.open))
    }

    fn set_open(&self, profile: ProfileId) -> Profile {
        *locked(&self.open) = profile.clone();
        self.base_profile.with_id(profile)
    }

    /// Resumes the account's sign-in, unless the account belongs to another issuer or has signed out.
    async fn resume_account(&self, accounts: &Accounts, account: Option<&Account>) {
        match account.filter(|account| account.issuer == self.issuer) {
            Some(account) if accounts.has_pending_sign_out(&account.issuer, &account.sub) => {
                self.auth.remember_ended(identity_of_account(account)).await;
            }
            Some(account) => drop(self.auth.open(identity_of_account(account)).await),
            None => self.auth.leave().await,
        }
    }

    /// Converts an identity to an account without a profile.
    fn account(&self, identity: &Identity) -> Account {
        let valid_until = match self.auth.status() {
            Status::Online { identity: known, expires_at, .. } if known.sub == identity.sub => Some(expires_at.0),
            _ => None,
        };
        Account {
            profile: ProfileId::new(""),
            issuer: self.issuer.clone(),
            sub: identity.sub.clone(),
            email: identity.email.clone(),
            email_verified: identity.email_verified,
            name: identity.name.clone(),
            picture_url: identity.picture.clone(),
            last_verified_at: identity.last_verified_at.0,
            valid_until,
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The person whom a status describes.
fn identity_of_status(status: &Status) -> Option<Identity> {
    match status {
        Status::SignedOut => None,
        Status::SigningIn { known, .. } => known.clone(),
        Status::Online { identity, .. } | Status::Offline { identity, .. } | Status::NeedsSignIn { identity } => {
            Some(identity.clone())
        }
    }
}

fn identity_of_account(account: &Account) -> Identity {
    Identity {
        sub: account.sub.clone(),
        email: account.email.clone(),
        email_verified: account.email_verified,
        name: account.name.clone(),
        picture: account.picture_url.clone(),
        last_verified_at: Timestamp(account.last_verified_at),
    }
}

/// True if the profile has conversations, memory, changed settings or keys.
async fn has_data(profile: &Profile) -> Result<bool, AppError> {
    let library = Library::open_all(profile.clone()).await?;
    Ok(!library.agents().await?.is_empty()
        || library.memory_log(None)?.len() > 1
        || library.settings().await?.iter().any(|setting| setting.is_set)
        || keys::has_stored_key(profile).await)
}
