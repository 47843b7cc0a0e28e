//! Signing in, and whose profile is open. The engine is `growqr-auth`; here it meets the keychain, the list of accounts
//! and the words that people read. Opening a profile is up to the caller, who gets its [`Home`].

pub(crate) mod failure;
mod keeping;
mod leaving;
#[cfg(all(test, feature = "loopback-issuer"))]
mod tests;
mod view;

pub use view::without_sign_in;

use crate::SystemClock;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::accounts::{Account, Accounts, Leaving};
use crate::profile::gate::FileGate;
use crate::profile::home::{Environment, Home};
use crate::profile::keys;
use crate::profile::sign_in::failure::SignInFailure;
use crate::profile::vault::InKeychain;
use growqr_auth::{AccountChoice, Attempt, Auth, Config, Identity, Ports, Redirect, Schemes, SignInError, Status, SystemRandom};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::ProfileId;
use growqr_core::secret::SecretStore;
use growqr_secrets::Keychain;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names nobody's profile to [`SignIn::switch`], whatever the profiles are called.
pub const NOBODY: &str = "";

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
    /// Whether it is for somebody else than who is signed in in the browser.
    is_for_someone_else: AtomicBool,
    /// Somebody new who was not asked yet.
    asked: Mutex<Option<Identity>>,
    /// Of whom nothing was found in the keychain when their sign-in was to be removed.
    missed: Mutex<Vec<Leaving>>,
    /// Held by whoever changes who is signed in, or whose profile is open: one at a time, each to its end.
    turn: tokio::sync::Mutex<()>,
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
        Ok(Some(SignIn::of(config, home, Arc::new(Keychain::new(home.sign_in_namespace())))))
    }

    /// The service over this keychain.
    fn of(config: Config, home: &Home, keychain: Arc<dyn SecretStore>) -> SignIn {
        let issuer = config.issuer().to_owned();
        let vault = Arc::new(InKeychain(keychain));
        let gate = Arc::new(FileGate(home.root().join("sign-in.lock")));
        let ports = Ports { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), vault, process_lock: gate };
        SignIn {
            home: home.clone(),
            open: Mutex::new(home.profile().clone()),
            auth: Auth::new(config, ports),
            issuer,
            url: Mutex::default(),
            is_for_someone_else: AtomicBool::default(),
            asked: Mutex::default(),
            missed: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Goes on as whoever's profile is open, or as somebody new who has not answered yet, and with what earlier sign-outs
    /// left undone. Asks the keychain, and the network for the latter alone.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub async fn resume(&self) -> Result<(), AppError> {
        let _turn = self.turn.lock().await;
        if !self.ask_again().await? {
            self.go_on().await?;
        }
        self.finish_leaving().await.map(drop)
    }

    async fn go_on(&self) -> Result<(), AppError> {
        let accounts = Accounts::read(self.home.root())?;
        let open = locked(&self.open).clone();
        self.go_on_as(&accounts, accounts.of_profile(&open)).await;
        Ok(())
    }

    /// Asks somebody new again, if the program ended before they answered. Without their sign-in there is nothing to ask.
    async fn ask_again(&self) -> Result<bool, AppError> {
        let accounts = Accounts::read(self.home.root())?;
        let Some(newcomer) = accounts.newcomer.filter(|newcomer| newcomer.issuer == self.issuer) else { return Ok(false) };
        if matches!(self.auth.open(identity(&newcomer)).await, Status::NeedsSignIn { .. }) {
            self.change(|accounts| accounts.newcomer = None).await?;
            return Ok(false);
        }
        *locked(&self.asked) = Some(identity(&newcomer));
        Ok(true)
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
        // Whoever tries the other way while an attempt waits still means the same person.
        let is_retry = way == WayBack::Port && matches!(self.auth.status(), Status::SigningIn { .. });
        let someone_else = someone_else || is_retry && self.is_for_someone_else.load(Ordering::Relaxed);
        self.is_for_someone_else.store(someone_else, Ordering::Relaxed);
        let who = if someone_else { AccountChoice::Other } else { AccountChoice::Any };
        self.cancel().await?;
        let attempt = self.auth.begin(redirect, who).await.map_err(SignInFailure::from)?;
        let url = attempt.url.clone();
        *locked(&self.url) = Some(url.clone());
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
        let _turn = self.turn.lock().await;
        if who(&self.auth.status()).is_none_or(|known| known.sub != identity.sub) {
            // The person has chosen somebody else since.
            self.dismiss_unknown(&identity).await?;
            return Err(SignInFailure::Ended(SignInError::Replaced).into());
        }
        let arrived = self.arrive(identity.clone(), adopt).await;
        if arrived.is_err() {
            // Signed in, but with no profile to be in. What cannot be noted is done all the same.
            if self.leave(&identity, |_| ()).await.is_err() {
                self.auth.sign_out().await;
            }
            self.go_on().await?;
        }
        arrived
    }

    async fn arrive(&self, identity: Identity, adopt: Option<bool>) -> Result<Arrival, AppError> {
        let accounts = Accounts::read(self.home.root())?;
        let is_new = accounts.profile_of(&self.issuer, &identity.sub).is_none();
        if is_new && adopt.is_none() && has_data(&self.home.with_profile(accounts.local)).await? {
            // Noted first, so that a sign-in is never kept of somebody whom nobody knows.
            let newcomer = self.account(&identity);
            self.change(|accounts| accounts.newcomer = Some(newcomer)).await?;
            *locked(&self.asked) = Some(identity);
            return Ok(Arrival::Asks);
        }
        self.open_for(&identity, adopt.unwrap_or(false)).await.map(|home| Arrival::Opened(Box::new(home)))
    }

    /// Signs somebody out again who came too late, unless they have a profile here.
    async fn dismiss_unknown(&self, identity: &Identity) -> Result<(), AppError> {
        if Accounts::read(self.home.root())?.profile_of(&self.issuer, &identity.sub).is_none() {
            self.auth.forget(&identity.sub, SystemClock.now()).await;
        }
        Ok(())
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
    pub async fn choose(&self, adopt: bool) -> Result<Home, AppError> {
        let _turn = self.turn.lock().await;
        let asked = locked(&self.asked).clone();
        let home = self.open_for(&asked.ok_or(SignInFailure::NothingAsked)?, adopt).await?;
        locked(&self.asked).take();
        Ok(home)
    }

    /// Ends the attempt, or the question. Somebody new who does not answer is signed out again, and whoever's profile is
    /// open is signed in as before.
    ///
    /// # Errors
    /// If the accounts cannot be read or written.
    pub async fn cancel(&self) -> Result<(), AppError> {
        self.auth.cancel();
        let _turn = self.turn.lock().await;
        self.end_question().await
    }

    async fn end_question(&self) -> Result<(), AppError> {
        self.auth.cancel();
        let asked = locked(&self.asked).clone();
        let Some(newcomer) = asked else { return Ok(()) };
        self.leave(&newcomer, |_| ()).await?;
        locked(&self.asked).take();
        self.go_on().await
    }

    /// Opens the profile of somebody who has one here, named by profile or address, or nobody's by [`NOBODY`] or, while
    /// no one has adopted the profile of that name, by `local`. Ends an attempt or a question first.
    ///
    /// # Errors
    /// [`SignInFailure::Unknown`], or if it cannot be noted; then whoever was signed in still is.
    pub async fn switch(&self, name: &str) -> Result<Home, AppError> {
        let _turn = self.turn.lock().await;
        self.end_question().await?;
        let accounts = Accounts::read(self.home.root())?;
        let named = |account: &&Account| account.profile.as_str() == name || account.email.as_deref() == Some(name);
        let account = accounts.accounts.iter().find(named).filter(|_| name != NOBODY);
        let profile = match account {
            Some(account) => account.profile.clone(),
            None if name == NOBODY || name == "local" => accounts.local.clone(),
            None => return Err(SignInFailure::Unknown.into()),
        };
        let current = profile.clone();
        self.change(move |accounts| accounts.current = current).await?;
        self.go_on_as(&accounts, account).await;
        Ok(self.opened(profile))
    }

    async fn open_for(&self, identity: &Identity, adopt: bool) -> Result<Home, AppError> {
        let seen = self.account(identity);
        let opened = move |accounts: &mut Accounts| {
            accounts.signed_in(seen, adopt);
            accounts.current.clone()
        };
        Ok(self.opened(self.change(opened).await?))
    }

    async fn change<T: Send + 'static>(&self, change: impl FnOnce(&mut Accounts) -> T + Send + 'static) -> Result<T, AppError> {
        Accounts::change(self.home.root(), change).await
    }

    /// Whether their profile is the open one. Between the service's answer and the opening it is not yet.
    fn is_open(&self, accounts: &Accounts, identity: &Identity) -> bool {
        accounts.profile_of(&self.issuer, &identity.sub) == Some(&*locked(&self.open))
    }

    fn opened(&self, profile: ProfileId) -> Home {
        *locked(&self.open) = profile.clone();
        self.home.with_profile(profile)
    }

    /// Somebody of another service has a profile here, but no sign-in; of one who has signed out none is taken up.
    async fn go_on_as(&self, accounts: &Accounts, account: Option<&Account>) {
        match account.filter(|account| account.issuer == self.issuer) {
            Some(account) if accounts.is_leaving(&account.issuer, &account.sub) => {
                self.auth.remember_ended(identity(account)).await;
            }
            Some(account) => drop(self.auth.open(identity(account)).await),
            None => self.auth.leave().await,
        }
    }

    /// Somebody as an account, without a profile.
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

/// Whom a status is about.
fn who(status: &Status) -> Option<Identity> {
    match status {
        Status::SignedOut => None,
        Status::SigningIn { known, .. } => known.clone(),
        Status::Online { identity, .. } | Status::Offline { identity, .. } | Status::NeedsSignIn { identity } => {
            Some(identity.clone())
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

/// Whether anything was said, remembered, set or kept there.
async fn has_data(home: &Home) -> Result<bool, AppError> {
    let library = Library::open_all(home.clone()).await?;
    Ok(!library.agents().await?.is_empty()
        || library.memory_log(None)?.len() > 1
        || library.settings().await?.iter().any(|setting| setting.is_set)
        || keys::is_any_kept(home).await)
}
