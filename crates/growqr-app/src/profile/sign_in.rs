//! Signing in, and which profile is open. The protocol is in `growqr-auth`; this module connects it to the keychain, to
//! the list of accounts and to the texts that people read. The caller opens the profile, whose [`Home`] is returned.

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

/// Selects the local profile in [`SignIn::switch`], whatever the profiles are called.
pub const NOBODY: &str = "";

/// How the browser returns the callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// By a deep link that opens the app.
    Link,
    /// To a loopback port.
    Port,
}

/// A sign-in attempt that has begun.
#[derive(Debug)]
pub struct Begun {
    /// The address to open in the system's browser, and to show for copying. It must not be logged.
    pub url: String,
    /// Why the sign-in will be lost at a restart, if it will be.
    pub notice: Option<String>,
    attempt: Attempt,
}

/// The result of a sign-in.
#[derive(Debug)]
pub enum Arrival {
    /// The person's profile is now the open one.
    Opened(Box<Home>),
    /// The person is new here and the local profile has data: ask whether it is theirs, then call [`SignIn::choose`].
    Asks,
}

/// The sign-in service; one per process.
pub struct SignIn {
    home: Home,
    /// The profile that is open in this process.
    open: Mutex<ProfileId>,
    auth: Auth,
    issuer: String,
    /// The address of the current attempt.
    url: Mutex<Option<String>>,
    /// True if the current attempt is for another person than the one who is signed in at the browser.
    is_for_someone_else: AtomicBool,
    /// A new person who has not answered yet whether the local profile is theirs.
    asked: Mutex<Option<Identity>>,
    /// Sign-outs whose sign-in was not found in the keychain when it should be removed.
    missed: Mutex<Vec<Leaving>>,
    /// Locked while the signed-in person or the open profile changes: one change at a time, each to its end.
    turn: tokio::sync::Mutex<()>,
}

impl SignIn {
    /// Creates the service, if one is configured.
    ///
    /// # Errors
    /// [`SignInFailure::Config`] if the configuration is not valid.
    pub fn find(home: &Home, environment: &Environment) -> Result<Option<SignIn>, AppError> {
        SignIn::find_for(Schemes::RELEASE, home, environment)
    }

    /// Like [`SignIn::find`], with the link schemes of this edition of the app.
    ///
    /// # Errors
    /// As [`SignIn::find`].
    pub fn find_for(schemes: Schemes, home: &Home, environment: &Environment) -> Result<Option<SignIn>, AppError> {
        let found = Config::find(|name| home.clerk(name, environment)).map_err(SignInFailure::from)?;
        let Some(mut config) = found else { return Ok(None) };
        config.schemes = schemes;
        Ok(Some(SignIn::of(config, home, Arc::new(Keychain::new(home.sign_in_namespace())))))
    }

    /// Creates the service with this keychain.
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

    /// Resumes the sign-in of the open profile's account, or of a new person who has not answered yet. Then completes
    /// earlier sign-outs. Reads the keychain; uses the network only for the sign-outs.
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

    /// Restores the question to a new person, if the program ended before they answered. Returns false if there is no
    /// such person or if their sign-in is lost.
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

    /// Begins an attempt. It replaces an earlier one.
    ///
    /// # Errors
    /// [`SignInFailure::Begin`]; the person who is signed in stays signed in.
    pub async fn begin(&self, way: WayBack, someone_else: bool) -> Result<Begun, AppError> {
        let redirect = match way {
            WayBack::Link => Redirect::DeepLink,
            WayBack::Port => Redirect::Loopback,
        };
        // A person who tries the loopback port while an attempt waits still means the same account.
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
    /// [`SignInFailure::Ended`].
    pub async fn complete(&self, begun: Begun, adopt: Option<bool>) -> Result<Arrival, AppError> {
        let identity = begun.attempt.outcome().await.map_err(SignInFailure::from)?;
        let _turn = self.turn.lock().await;
        if who(&self.auth.status()).is_none_or(|known| known.sub != identity.sub) {
            // The person has chosen another account meanwhile.
            self.dismiss_unknown(&identity).await?;
            return Err(SignInFailure::Ended(SignInError::Replaced).into());
        }
        let arrived = self.arrive(identity.clone(), adopt).await;
        if arrived.is_err() {
            // Signed in, but the profile cannot be opened: sign out again, even if that cannot be recorded.
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
            // Recorded first, so that the keychain never holds the sign-in of a person who is not in the accounts.
            let newcomer = self.account(&identity);
            self.change(|accounts| accounts.newcomer = Some(newcomer)).await?;
            *locked(&self.asked) = Some(identity);
            return Ok(Arrival::Asks);
        }
        self.open_for(&identity, adopt.unwrap_or(false)).await.map(|home| Arrival::Opened(Box::new(home)))
    }

    /// Signs out a person whose sign-in ended too late, unless they have a profile here.
    async fn dismiss_unknown(&self, identity: &Identity) -> Result<(), AppError> {
        if Accounts::read(self.home.root())?.profile_of(&self.issuer, &identity.sub).is_none() {
            self.auth.forget(&identity.sub, SystemClock.now()).await;
        }
        Ok(())
    }

    /// True if the local profile has data that a new person could adopt.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn has_local_data(&self) -> Result<bool, AppError> {
        let local = Accounts::read(self.home.root())?.local;
        has_data(&self.home.with_profile(local)).await
    }

    /// The answer of a new person: whether the data in the local profile is theirs.
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

    /// Ends the attempt or the open question. A new person who does not answer is signed out again, and the account of
    /// the open profile is signed in as before.
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

    /// Opens the profile of the account with this profile name or email address. Opens the local profile for [`NOBODY`]
    /// and, while no account has adopted the profile of that name, for `local`. Ends an attempt or an open question
    /// first.
    ///
    /// # Errors
    /// [`SignInFailure::Unknown`], or if the change cannot be recorded; then the person who was signed in still is.
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

    /// True if this person's profile is the open one. After the service's answer it is not open yet.
    fn is_open(&self, accounts: &Accounts, identity: &Identity) -> bool {
        accounts.profile_of(&self.issuer, &identity.sub) == Some(&*locked(&self.open))
    }

    fn opened(&self, profile: ProfileId) -> Home {
        *locked(&self.open) = profile.clone();
        self.home.with_profile(profile)
    }

    /// An account of another issuer has a profile here but no sign-in. The sign-in of an account that has signed out is
    /// not resumed.
    async fn go_on_as(&self, accounts: &Accounts, account: Option<&Account>) {
        match account.filter(|account| account.issuer == self.issuer) {
            Some(account) if accounts.is_leaving(&account.issuer, &account.sub) => {
                self.auth.remember_ended(identity(account)).await;
            }
            Some(account) => drop(self.auth.open(identity(account)).await),
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

/// True if the profile has conversations, memory, changed settings or keys.
async fn has_data(home: &Home) -> Result<bool, AppError> {
    let library = Library::open_all(home.clone()).await?;
    Ok(!library.agents().await?.is_empty()
        || library.memory_log(None)?.len() > 1
        || library.settings().await?.iter().any(|setting| setting.is_set)
        || keys::is_any_kept(home).await)
}
