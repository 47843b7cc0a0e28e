//! A strict stand-in for a Clerk instance as an OpenID Connect provider, with one public OAuth application.
//!
//! It listens on a loopback port on a thread of its own, so that the real client, a real browser and a program in a
//! child process can all use it. It refuses what Clerk refuses, takes a code and a refresh token once, ends the whole
//! grant when one is used again, shows real pages with real forms, and records every request.
//!
//! What it is not: it has one application, one person in the browser at a time, and no sessions, sign-up or profile
//! pages. Where documents leave Clerk's rules open, it has the stricter one (a nonce is required).
//!
//! ```
//! use growqr_testkit::clerk::{self, ClerkStub};
//! # async fn example() {
//! let clerk = ClerkStub::start().await;
//! // … let the product sign in with clerk.issuer() and clerk.client_id(); it gives an address to open …
//! # let url = "";
//! let callback = clerk::allow(url).await;
//! # }
//! ```

mod authorize;
mod browser;
mod documents;
mod grants;
mod keys;
mod reply;
mod serve;
mod switches;
mod token;

pub use browser::{Page, allow, deny, open, send};
pub use keys::{Key, Sign, jwk};
pub use switches::{Fault, Forgery, Iss, Switches, User};

use crate::http::Connection;
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

type Alter = Arc<dyn Fn(&mut Value) + Send + Sync>;
type Forge = Arc<dyn Fn(&mut Forgery) + Send + Sync>;

/// One request as received.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The decoded query.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The decoded body, if it was a form.
    pub form: Vec<(String, String)>,
}

impl Request {
    /// A field of the form.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Everything the stand-in knows.
struct State {
    issuer: String,
    client_id: String,
    redirect_uris: Vec<String>,
    switches: Switches,
    user: User,
    key: Key,
    /// Seconds at which the clock stands, or `None` for the computer's.
    fixed_time: Option<i64>,
    grants: grants::Grants,
    pending_requests: HashMap<String, grants::AuthorizationRequest>,
    tickets: u64,
    faults: HashMap<String, Fault>,
    forge: Option<Forge>,
    alter_discovery: Option<Alter>,
    alter_keys: Option<Alter>,
    requests: Vec<Request>,
    /// Codes and tokens that were given out, good or not.
    issued_secrets: Vec<String>,
}

impl State {
    #[expect(clippy::disallowed_methods, reason = "a real app against the stand-in goes by the real time")]
    fn now(&self) -> i64 {
        let real = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.fixed_time.unwrap_or_else(|| i64::try_from(real()).unwrap_or(i64::MAX))
    }

    fn kid(&self) -> &'static str {
        match self.key {
            Key::First => "ins_test1",
            Key::Second => "ins_test2",
            Key::Foreign => "ins_stranger",
        }
    }
}

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Shared {
    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // A panicking test may poison the lock; the others still want their record.
        let result = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A running stand-in. It stops, and closes all connections, when this is dropped.
pub struct ClerkStub {
    shared: Arc<Shared>,
    issuer: String,
    client_id: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl ClerkStub {
    /// Starts one on a free loopback port. Its clock is the computer's until a test sets it.
    pub async fn start() -> ClerkStub {
        ClerkStub::start_blocking().expect("a loopback port is free")
    }

    /// Starts one without an async runtime, for tests that only run child processes.
    ///
    /// # Errors
    /// If no loopback port can be had.
    pub fn start_blocking() -> io::Result<ClerkStub> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let issuer = format!("http://{address}");
        let client_id = format!("client_stand_in_{}", address.port());
        let state = State {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            redirect_uris: vec!["ai.growqr.desktop://auth/callback".to_owned(), "http://127.0.0.1/callback".to_owned()],
            switches: Switches::default(),
            user: User::ada(),
            key: Key::First,
            fixed_time: None,
            grants: grants::Grants::default(),
            pending_requests: HashMap::new(),
            tickets: 0,
            faults: HashMap::new(),
            forge: None,
            alter_discovery: None,
            alter_keys: None,
            requests: Vec::new(),
            issued_secrets: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changes: watch::Sender::new(0) });
        // Made here, so that no client waits for it.
        let _ = keys::jwk(Key::First, "");
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = shared.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    _ = accept(serving, listener) => {}
                }
            });
        });
        Ok(ClerkStub { shared, issuer, client_id, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The id of its one application: public, with PKCE. No two stand-ins share one.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where it keeps a picture of a person, for [`User::picture`].
    #[must_use]
    pub fn picture_url(&self) -> String {
        format!("{}/picture.gif", self.issuer)
    }

    /// Registers one more redirect URI. Known from the start: the app's own scheme, and `/callback` on 127.0.0.1.
    pub fn register(&self, redirect_uri: &str) {
        self.shared.update(|state| state.redirect_uris.push(redirect_uri.to_owned()));
    }

    /// Changes how it behaves.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.shared.update(|state| change(&mut state.switches));
    }

    /// Who sits at the browser. At first [`User::ada`].
    pub fn sign_in_as(&self, user: User) {
        self.shared.update(|state| state.user = user);
    }

    /// Stops its clock at this second since 1970.
    pub fn set_time(&self, seconds: i64) {
        self.shared.update(|state| state.fixed_time = Some(seconds));
    }

    /// From now on this goes wrong at this path.
    pub fn fail_at(&self, path: &str, fault: Fault) {
        self.shared.update(|state| state.faults.insert(path.to_owned(), fault));
    }

    /// Everything works again.
    pub fn clear_faults(&self) {
        self.shared.update(|state| state.faults.clear());
    }

    /// Changes every id_token from now on, after it was made right.
    pub fn forge(&self, forge: impl Fn(&mut Forgery) + Send + Sync + 'static) {
        self.shared.update(|state| state.forge = Some(Arc::new(forge)));
    }

    /// Id_tokens are right again.
    pub fn stop_forging(&self) {
        self.shared.update(|state| state.forge = None);
    }

    /// Changes the discovery document from now on.
    pub fn alter_discovery(&self, alter: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.shared.update(|state| state.alter_discovery = Some(Arc::new(alter)));
    }

    /// Changes the key set from now on.
    pub fn alter_keys(&self, alter: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.shared.update(|state| state.alter_keys = Some(Arc::new(alter)));
    }

    /// Signs with a new key of a new name from now on; the old one is gone.
    pub fn rotate_keys(&self) {
        self.shared.update(|state| state.key = Key::Second);
    }

    /// The public key as PEM, which a forger might use as a shared secret.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        keys::pem(self.shared.read(|state| state.key))
    }

    /// Ends every grant, as when an administrator signs the user out.
    pub fn end_all_grants(&self) {
        self.shared.update(|state| state.grants.revoke_all());
    }

    /// A used refresh token is still refused, but ends nothing else.
    pub fn allow_replays(&self) {
        self.shared.update(|state| state.grants.allows_replay = true);
    }

    /// How many grants live.
    #[must_use]
    pub fn valid_grants(&self) -> usize {
        self.shared.read(|state| state.grants.valid())
    }

    /// All requests so far, in the order in which they arrived.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.read(|state| state.requests.clone())
    }

    /// Everything that nobody else may learn: the codes and tokens that it gave out, and the verifiers that it was shown.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let shown = |request: &Request| request.field("code_verifier").map(str::to_owned);
        self.shared.read(|state| state.issued_secrets.iter().cloned().chain(state.requests.iter().filter_map(shown)).collect())
    }

    /// How often a path was asked.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }

    /// Returns once a path was asked so many times. Waits for as long as that takes.
    pub async fn until(&self, path: &str, times: usize) {
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.borrow_and_update();
            if self.count(path) >= times {
                return;
            }
            // The sender lives as long as self.
            let _ = changes.changed().await;
        }
    }
}

impl Drop for ClerkStub {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(shared: Arc<Shared>, listener: std::net::TcpListener) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                let (read, write) = stream.into_split();
                connections.spawn(serve::connection(shared.clone(), Connection { read, write, buffer: Vec::new() }));
            }
        }
    }
}
