//! Fixtures: a stub server of Clerk, a test clock, a test keychain, and the service that uses them.

use growqr_auth::{
    AccountChoice, Attempt, Auth, CallbackError, Config, HttpTimeouts, Identity, Ports, ProcessLock, Redirect, SensitiveString,
    SignInError, Status, SystemRandom, Vault, VaultError,
};
use growqr_core::clock::{Clock, Timestamp};
use growqr_testkit::clerk::{self, ClerkStub};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 22 November 2026.
const START_MS: i64 = 1_795_305_600_000;

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A keychain in memory that can fail like a real one.
#[derive(Default)]
pub struct TestVault {
    pub entries: Mutex<HashMap<String, String>>,
    fault: Mutex<Option<VaultError>>,
    /// Error of the next read only.
    read_fault: Mutex<Option<VaultError>>,
    during_next_set: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl TestVault {
    pub fn fail(&self, fault: impl Into<Option<VaultError>>) {
        *self.fault.lock().unwrap() = fault.into();
    }

    /// Makes only the next read fail.
    pub fn fail_one_read(&self, fault: VaultError) {
        *self.read_fault.lock().unwrap() = Some(fault);
    }

    /// Runs `action` during the next `set`.
    pub fn during_next_set(&self, action: impl FnOnce() + Send + 'static) {
        *self.during_next_set.lock().unwrap() = Some(Box::new(action));
    }

    pub fn is_empty(&self) -> bool {
        self.entries.lock().unwrap().is_empty()
    }

    fn check(&self) -> Result<(), VaultError> {
        self.fault.lock().unwrap().map_or(Ok(()), Err)
    }
}

#[async_trait::async_trait]
impl Vault for TestVault {
    async fn get(&self, name: &str) -> Result<Option<SensitiveString>, VaultError> {
        self.check()?;
        self.read_fault.lock().unwrap().take().map_or(Ok(()), Err)?;
        Ok(self.entries.lock().unwrap().get(name).cloned().map(SensitiveString::new))
    }

    async fn set(&self, name: &str, value: &SensitiveString) -> Result<(), VaultError> {
        self.check()?;
        self.entries.lock().unwrap().insert(name.to_owned(), value.expose().to_owned());
        let action = self.during_next_set.lock().unwrap().take();
        action.into_iter().for_each(|action| action());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), VaultError> {
        self.check()?;
        self.entries.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A process lock within the test.
#[derive(Default)]
pub struct TestProcessLock(Arc<tokio::sync::Mutex<()>>);

#[async_trait::async_trait]
impl ProcessLock for TestProcessLock {
    async fn acquire(&self, timeout: Duration) -> Box<dyn Send> {
        match tokio::time::timeout(timeout, self.0.clone().lock_owned()).await {
            Ok(guard) => Box::new(guard),
            Err(_) => Box::new(()),
        }
    }
}

pub struct World {
    pub clerk: ClerkStub,
    pub clock: Arc<TestClock>,
    pub vault: Arc<TestVault>,
    pub process_lock: Arc<TestProcessLock>,
    pub auth: Auth,
}

impl World {
    pub async fn new() -> World {
        let clerk = ClerkStub::start().await;
        clerk.set_time(START_MS / 1000);
        let clock = Arc::new(TestClock(AtomicI64::new(START_MS)));
        let vault = Arc::new(TestVault::default());
        let process_lock = Arc::new(TestProcessLock::default());
        let auth = service(&clerk, (&clock, &vault, &process_lock), HttpTimeouts::default());
        World { clerk, clock, vault, process_lock, auth }
    }

    /// A world with a signed-in user.
    pub async fn signed_in() -> (World, Identity) {
        let world = World::new().await;
        let identity = world.sign_in().await.unwrap();
        (world, identity)
    }

    /// Restarts the program: only the keychain stays.
    pub fn restart(&mut self) {
        self.restart_with(HttpTimeouts::default());
    }

    pub fn restart_with(&mut self, timeouts: HttpTimeouts) {
        self.auth = service(&self.clerk, self.ports(), timeouts);
    }

    /// A second service with the same keychain, like another program.
    pub fn another_program(&self) -> Auth {
        service(&self.clerk, self.ports(), HttpTimeouts::default())
    }

    fn ports(&self) -> (&Arc<TestClock>, &Arc<TestVault>, &Arc<TestProcessLock>) {
        (&self.clock, &self.vault, &self.process_lock)
    }

    /// Advances the clocks of this computer and of Clerk.
    pub fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
        self.clerk.set_time(self.clock.now().seconds());
    }

    /// Makes only this computer's clock wrong by these seconds.
    pub fn skew(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub async fn begin(&self) -> Attempt {
        self.auth.begin(Redirect::DeepLink, AccountChoice::Any).await.unwrap()
    }

    /// Begins an attempt and presses Allow in the browser. Returns the callback URL.
    pub async fn allowed(&self) -> String {
        clerk::allow(&self.begin().await.url).await
    }

    pub async fn sign_in(&self) -> Result<Identity, SignInError> {
        match self.auth.callback(&self.allowed().await).await {
            Ok(identity) => Ok(identity),
            Err(CallbackError::Failed(error)) => Err(error),
            Err(other) => panic!("the callback itself was refused: {other}"),
        }
    }

    /// Asserts that nobody is signed in, the keychain is empty, and Clerk has no valid sign-in.
    pub fn assert_nobody_is_signed_in(&self) {
        assert_eq!(self.auth.status(), Status::SignedOut);
        assert!(self.vault.is_empty());
        assert_eq!(self.clerk.valid_grants(), 0);
    }

    pub fn is_online(&self) -> bool {
        matches!(self.auth.status(), Status::Online { .. })
    }

    pub fn exchanges(&self) -> usize {
        self.clerk.count("/oauth/token")
    }
}

fn service(
    clerk: &ClerkStub,
    (clock, vault, process_lock): (&Arc<TestClock>, &Arc<TestVault>, &Arc<TestProcessLock>),
    timeouts: HttpTimeouts,
) -> Auth {
    let mut config = Config::from_issuer(clerk.issuer(), clerk.client_id()).unwrap();
    config.http = timeouts;
    Auth::new(
        config,
        Ports { clock: clock.clone(), random: Arc::new(SystemRandom), vault: vault.clone(), process_lock: process_lock.clone() },
    )
}

/// A service of another server than the stub, with the clock of this computer, and its keychain.
#[expect(clippy::disallowed_methods, reason = "the other server is a program with this computer's clock")]
pub fn auth_for(issuer: &str, client_id: &str) -> (Auth, Arc<TestVault>) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let clock = Arc::new(TestClock(AtomicI64::new(i64::try_from(now.as_millis()).unwrap())));
    let vault = Arc::new(TestVault::default());
    let process_lock = Arc::new(TestProcessLock::default());
    let ports = Ports { clock, random: Arc::new(SystemRandom), vault: vault.clone(), process_lock };
    (Auth::new(Config::from_issuer(issuer, client_id).unwrap(), ports), vault)
}

/// Short timeouts, for servers that never respond.
pub fn short_timeouts() -> HttpTimeouts {
    let short = Duration::from_millis(500);
    HttpTimeouts { connect: short, response: short, revocation: short }
}

/// A parameter of a URL, decoded.
pub fn parameter(url: &str, name: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The URL with another value of a parameter.
pub fn with(url: &str, name: &str, value: &str) -> String {
    let (base, _) = url.split_once('?').unwrap();
    let parsed = reqwest::Url::parse(url).unwrap();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (known, old) in parsed.query_pairs() {
        query.append_pair(&known, if known == name { value } else { &old });
    }
    format!("{base}?{}", query.finish())
}

/// The URL without a parameter.
pub fn without(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').unwrap();
    let left: Vec<&str> = query.split('&').filter(|part| !part.starts_with(&format!("{name}="))).collect();
    format!("{base}?{}", left.join("&"))
}
