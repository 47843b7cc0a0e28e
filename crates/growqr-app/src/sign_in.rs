//! Signing in, and whose profile is open. The engine is `growqr-auth`; here it meets the keychain, the list of accounts
//! and the words that people read. Opening a profile is up to the caller, who gets its [`Home`].

mod view;

pub use view::without_sign_in;

use crate::SystemClock;
use crate::accounts::{Account, Accounts};
use crate::error::AppError;
use crate::gate::FileGate;
use crate::home::{Environment, Home};
use crate::library::Library;
use crate::vault::InKeychain;
use growqr_auth::{
    Attempt, Auth, BeginError, CallbackError, Config, ConfigError, Identity, Ports, Redirect, RefreshError, Schemes, SignInError,
    Status, SystemRandom, Who,
};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::ProfileId;
use growqr_secrets::Keychain;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long to sleep at most before the time is looked at again: a computer that slept wakes up late.
const LOOK: Duration = Duration::from_secs(30);

/// Names nobody's profile to [`SignIn::switch`], whatever the profiles are called.
pub const NOBODY: &str = "";

/// Why signing in, or out, did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// No sign-in service is set.
    #[error("this GrowQR knows no sign-in service")]
    NotConfigured,
    /// What is set is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The attempt could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The attempt failed.
    #[error(transparent)]
    Ended(#[from] SignInError),
    /// A link came back that is not the answer.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The service was asked again and did not confirm it.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Nobody,
    /// The person stopped it.
    #[error("signing in was stopped")]
    Stopped,
    /// Nobody of that name has a profile here.
    #[error("nobody of that name has a profile on this computer")]
    Unknown,
    /// Nobody new waits for an answer.
    #[error("nobody new has signed in")]
    NothingAsked,
}

/// How the browser comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// By a link that opens the app.
    Link,
    /// To a port on this computer.
    Port,
}

/// An attempt under way.
#[derive(Debug)]
pub struct Begun {
    /// To be opened in the system's browser, and shown for copying. Keep it out of logs.
    pub url: String,
    /// Why the sign-in will not survive a restart, if it will not.
    pub notice: Option<String>,
    attempt: Attempt,
}

/// What a sign-in came to.
#[derive(Debug)]
pub enum Arrival {
    /// Their profile is the open one now.
    Opened(Box<Home>),
    /// They are new here and there is something in the local profile: ask, then [`SignIn::choose`].
    Asks,
}

/// The service: one per process.
pub struct SignIn {
    home: Home,
    /// The profile that is open in this process.
    open: Mutex<ProfileId>,
    auth: Auth,
    issuer: String,
    /// The address of the attempt under way.
    url: Mutex<Option<String>>,
    /// Somebody new who was not asked yet.
    asked: Mutex<Option<Identity>>,
}

impl SignIn {
    /// The service, if one is set.
    ///
    /// # Errors
    /// [`SignInFailure::Config`] if what is set is wrong.
    pub fn find(home: &Home, environment: &Environment) -> Result<Option<SignIn>, AppError> {
        SignIn::find_for(Schemes::RELEASE, home, environment)
    }

    /// The same, coming back by the links of this edition of the app.
    ///
    /// # Errors
    /// As [`SignIn::find`].
    pub fn find_for(schemes: Schemes, home: &Home, environment: &Environment) -> Result<Option<SignIn>, AppError> {
        let found = Config::find(|name| home.clerk(name, environment)).map_err(SignInFailure::from)?;
        let Some(mut config) = found else { return Ok(None) };
        config.schemes = schemes;
        let issuer = config.issuer().to_owned();
        let keychain = Arc::new(InKeychain(Arc::new(Keychain::new(home.sign_in_namespace()))));
        let gate = Arc::new(FileGate(home.root().join("sign-in.lock")));
        let ports = Ports { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), vault: keychain, gate };
        let auth = Auth::new(config, ports);
        let open = Mutex::new(home.profile().clone());
        Ok(Some(SignIn { home: home.clone(), open, auth, issuer, url: Mutex::default(), asked: Mutex::default() }))
    }

    /// Goes on as whoever's profile is open. Asks the keychain, not the network.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub async fn resume(&self) -> Result<(), AppError> {
        let accounts = Accounts::read(self.home.root())?;
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.go_on_as(accounts.of_profile(&open)).await;
        Ok(())
    }

    /// Begins an attempt, in place of an earlier one.
    ///
    /// # Errors
    /// [`SignInFailure::Begin`]; who is signed in stays so.
    pub async fn begin(&self, way: WayBack, someone_else: bool) -> Result<Begun, AppError> {
        let redirect = match way {
            WayBack::Link => Redirect::DeepLink,
            WayBack::Port => Redirect::Loopback,
        };
        let who = if someone_else { Who::SomeoneElse } else { Who::Anyone };
        self.cancel().await?;
        let attempt = self.auth.begin(redirect, who).await.map_err(SignInFailure::from)?;
        let url = attempt.url.clone();
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.clone());
        let notice = attempt.vault.err().map(|error| format!("You will have to sign in again after a restart: {error}."));
        Ok(Begun { url, notice, attempt })
    }

    /// Takes a link that came back from the browser. Anybody can send one; only the answer to the waiting attempt does
    /// anything, and what it does is told by [`SignIn::complete`].
    ///
    /// # Errors
    /// [`SignInFailure::Callback`].
    pub async fn callback(&self, link: &str) -> Result<(), AppError> {
        self.auth.callback(link).await.map_err(SignInFailure::from)?;
        Ok(())
    }

    /// Waits for the end of an attempt. `adopt` answers beforehand whether somebody new takes what is in the local profile.
    ///
    /// # Errors
    /// [`SignInFailure::Ended`].
    pub async fn complete(&self, begun: Begun, adopt: Option<bool>) -> Result<Arrival, AppError> {
        let identity = begun.attempt.outcome().await.map_err(SignInFailure::from)?;
        let arrived = self.arrive(identity, adopt).await;
        if arrived.is_err() {
            // Signed in, but with no profile to be in.
            self.auth.sign_out().await;
        }
        arrived
    }

    async fn arrive(&self, identity: Identity, adopt: Option<bool>) -> Result<Arrival, AppError> {
        let accounts = Accounts::read(self.home.root())?;
        let is_new = accounts.profile_of(&self.issuer, &identity.sub).is_none();
        if is_new && adopt.is_none() && has_data(&self.home.with_profile(accounts.local)).await? {
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
            return Ok(Arrival::Asks);
        }
        self.open_for(&identity, adopt.unwrap_or(false)).map(|home| Arrival::Opened(Box::new(home)))
    }

    /// Whether somebody new who signs in now would find something in the local profile.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn has_local_data(&self) -> Result<bool, AppError> {
        let local = Accounts::read(self.home.root())?.local;
        has_data(&self.home.with_profile(local)).await
    }

    /// The answer of somebody new: whether what is in the local profile is theirs.
    ///
    /// # Errors
    /// [`SignInFailure::NothingAsked`].
    pub fn choose(&self, adopt: bool) -> Result<Home, AppError> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let home = self.open_for(&asked.ok_or(SignInFailure::NothingAsked)?, adopt)?;
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(home)
    }

    /// Ends the attempt, or the question. Somebody new who does not answer is signed out again, and whoever's profile is
    /// open is signed in as before.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub async fn cancel(&self) -> Result<(), AppError> {
        self.auth.cancel();
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        if asked.is_some() {
            self.auth.sign_out().await;
            self.resume().await?;
        }
        Ok(())
    }

    /// Opens the profile of somebody who has one here, named by profile or address, or nobody's by [`NOBODY`] or, while
    /// no one has adopted the profile of that name, by `local`. Ends an attempt or a question first.
    ///
    /// # Errors
    /// [`SignInFailure::Unknown`].
    pub async fn switch(&self, name: &str) -> Result<Home, AppError> {
        self.cancel().await?;
        let accounts = Accounts::read(self.home.root())?;
        let named = |account: &&Account| account.profile.as_str() == name || account.email.as_deref() == Some(name);
        let account = accounts.accounts.iter().find(named).filter(|_| name != NOBODY);
        let profile = match account {
            Some(account) => account.profile.clone(),
            None if name == NOBODY || name == "local" => accounts.local.clone(),
            None => return Err(SignInFailure::Unknown.into()),
        };
        self.go_on_as(account).await;
        Accounts::change(self.home.root(), |accounts| accounts.current = profile.clone())?;
        Ok(self.opened(profile))
    }

    /// Signs out on this computer and opens the local profile. Their data stays for their next sign-in. Returns what is
    /// to be said about it, if anything.
    ///
    /// # Errors
    /// [`SignInFailure::Nobody`].
    pub async fn sign_out(&self) -> Result<(Home, Option<String>), AppError> {
        let had_ended = match self.auth.status() {
            Status::SignedOut => return Err(SignInFailure::Nobody.into()),
            status => matches!(status, Status::NeedsSignIn { .. }),
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let out = self.auth.sign_out().await;
        let local = Accounts::change(self.home.root(), |accounts| {
            accounts.signed_out();
            accounts.current.clone()
        })?;
        let notice = match (out.removed, out.revoked) {
            (Err(error), _) => Some(format!("The keychain still holds the sign-in: {error}. Unlock it and sign out again.")),
            (Ok(()), false) if !had_ended => {
                Some("The sign-in service could not be told; the sign-in ends there by itself.".to_owned())
            }
            (Ok(()), _) => None,
        };
        Ok((self.opened(local), notice))
    }

    /// Asks the service now: after waking up, or because the person wants it.
    ///
    /// # Errors
    /// [`SignInFailure::Refresh`].
    pub async fn refresh(&self) -> Result<(), AppError> {
        self.auth.refresh_now().await.map_err(SignInFailure::from)?;
        self.note()
    }

    /// Keeps the sign-in alive for as long as it is polled, and calls `changed` each time there is something new to show.
    pub async fn keep(&self, changed: impl Fn()) {
        let mut status = self.auth.subscribe();
        loop {
            let now = SystemClock.now();
            let due = self.auth.next_refresh();
            if due.is_some_and(|at| at <= now) {
                // How it went shows in the status.
                let _ = self.auth.refresh_if_due().await;
            }
            let pause = due.map_or(LOOK, |at| LOOK.min(until(now, at)));
            tokio::select! {
                () = tokio::time::sleep(pause.max(Duration::from_millis(100))) => {}
                change = status.changed() => {
                    if change.is_err() {
                        return;
                    }
                    if let Err(error) = self.note() {
                        tracing::warn!(%error, "who is signed in could not be noted");
                    }
                    changed();
                }
            }
        }
    }

    /// Ends the attempt, and returns once nothing is left half done.
    pub async fn close(&self) {
        self.auth.shut_down().await;
    }

    /// Takes up what the service said of somebody who has a profile here.
    fn note(&self) -> Result<(), AppError> {
        let Status::Online { identity, .. } = self.auth.status() else { return Ok(()) };
        Accounts::change(self.home.root(), |accounts| {
            let seen = self.account(accounts, &identity);
            if let Some(account) = accounts.accounts.iter_mut().find(|account| account.profile == seen.profile) {
                *account = seen;
            }
        })
    }

    fn open_for(&self, identity: &Identity, adopt: bool) -> Result<Home, AppError> {
        let profile = Accounts::change(self.home.root(), |accounts| {
            accounts.signed_in(self.account(accounts, identity), adopt);
            accounts.current.clone()
        })?;
        Ok(self.opened(profile))
    }

    /// Whether their profile is the open one. Between the service's answer and the opening it is not yet.
    fn is_open(&self, accounts: &Accounts, identity: &Identity) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.profile_of(&self.issuer, &identity.sub) == Some(&*open)
    }

    fn opened(&self, profile: ProfileId) -> Home {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = profile.clone();
        self.home.with_profile(profile)
    }

    /// Somebody of another service has a profile here, but no sign-in.
    async fn go_on_as(&self, account: Option<&Account>) {
        match account.filter(|account| account.issuer == self.issuer) {
            Some(account) => drop(self.auth.open(identity(account)).await),
            None => self.auth.leave().await,
        }
    }

    /// Somebody as an account; without a profile yet, if they are new.
    fn account(&self, accounts: &Accounts, identity: &Identity) -> Account {
        let profile = accounts.profile_of(&self.issuer, &identity.sub).cloned();
        Account {
            profile: profile.unwrap_or_else(|| ProfileId::new("")),
            issuer: self.issuer.clone(),
            sub: identity.sub.clone(),
            email: identity.email.clone(),
            email_verified: identity.email_verified,
            name: identity.name.clone(),
            picture_url: identity.picture.clone(),
            last_verified_at: identity.last_verified_at.0,
        }
    }
}

fn identity(account: &Account) -> Identity {
    Identity {
        sub: account.sub.clone(),
        email: account.email.clone(),
        email_verified: account.email_verified,
        name: account.name.clone(),
        picture: account.picture_url.clone(),
        last_verified_at: Timestamp(account.last_verified_at),
    }
}

/// Whether anything was said or remembered there.
async fn has_data(home: &Home) -> Result<bool, AppError> {
    let library = Library::open_all(home.clone()).await?;
    Ok(!library.agents().await?.is_empty() || library.memory_log(None)?.len() > 1)
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.0 - now.0).unwrap_or(0))
}
