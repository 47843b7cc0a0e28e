//! A strict stub server for a Clerk instance: an OpenID Connect provider with one public OAuth application.
//!
//! It runs on its own thread and listens on a loopback port, so that the real client, a real browser and a program in a
//! child process can use it. It refuses what Clerk refuses, accepts each code and refresh token once, revokes the grant when
//! one is used again, serves real pages with forms, and records every request.
//!
//! Not imitated: it has one application and one user in the browser at a time, and no sessions, sign-up or profile pages.
//! Where Clerk's documentation is unclear, it uses the stricter rule (a nonce is required).
//!
//! ```
//! use growqr_testkit::clerk::{self, ClerkStub};
//! # async fn example() {
//! let clerk = ClerkStub::start().await;
//! // … let the product sign in with clerk.issuer() and clerk.client_id(); it returns a URL to open …
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

/// A recorded request.
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

    /// A header. The name must be in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The state of the stub.
struct State {
    issuer: String,
    client_id: String,
    redirect_uris: Vec<String>,
    switches: Switches,
    user: User,
    key: Key,
    /// The fixed time in seconds since 1970; `None`: the computer's clock.
    fixed_time: Option<i64>,
    grants: grants::Grants,
    pending_requests: HashMap<String, grants::AuthorizationRequest>,
    tickets: u64,
    faults: HashMap<String, Fault>,
    forge: Option<Forge>,
    alter_discovery: Option<Alter>,
    alter_keys: Option<Alter>,
    requests: Vec<Request>,
    /// All issued codes and tokens, valid or not.
    issued_secrets: Vec<String>,
}

impl State {
    #[expect(clippy::disallowed_methods, reason = "a real program that uses the stub reads the real clock too")]
    fn now(&self) -> i64 {
        let real = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.fixed_time.unwrap_or_else(|| i64::try_from(real()).unwrap_or(i64::MAX))
    }

    /// The `date` header of a response.
    fn date(&self) -> Option<(String, String)> {
        let time = UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(self.now()).ok()?);
        self.switches.tells_time.then(|| ("date".to_owned(), httpdate::fmt_http_date(time)))
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
        // A panicking test may poison the lock. The data is still valid.
        let result = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A running stub server. Dropping it stops the server and closes all connections.
pub struct ClerkStub {
    shared: Arc<Shared>,
    issuer: String,
    client_id: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl ClerkStub {
    /// Starts a stub on a free loopback port. It uses the computer's clock until a test sets the time.
    pub async fn start() -> ClerkStub {
        ClerkStub::start_blocking().expect("a loopback port is free")
    }

    /// Starts a stub without an async runtime, for tests that only run child processes.
    ///
    /// # Errors
    /// If no loopback port is free.
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
        // Generate the key here, so that no client waits for it.
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

    /// The client id of its application, which is public and uses PKCE. It differs for each stub.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The URL of a picture, for [`User::picture`].
    #[must_use]
    pub fn picture_url(&self) -> String {
        format!("{}/picture.gif", self.issuer)
    }

    /// Registers a redirect URI. The app's own scheme and `/callback` on 127.0.0.1 are registered from the start.
    pub fn register(&self, redirect_uri: &str) {
        self.shared.update(|state| state.redirect_uris.push(redirect_uri.to_owned()));
    }

    /// Changes the behaviour.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.shared.update(|state| change(&mut state.switches));
    }

    /// Sets the user at the browser. At first it is [`User::ada`].
    pub fn sign_in_as(&self, user: User) {
        self.shared.update(|state| state.user = user);
    }

    /// Fixes the clock at this time, in seconds since 1970.
    pub fn set_time(&self, seconds: i64) {
        self.shared.update(|state| state.fixed_time = Some(seconds));
    }

    /// Causes a fault at this path from now on.
    pub fn fail_at(&self, path: &str, fault: Fault) {
        self.shared.update(|state| state.faults.insert(path.to_owned(), fault));
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.shared.update(|state| state.faults.clear());
    }

    /// Manipulates every id_token from now on.
    pub fn forge(&self, forge: impl Fn(&mut Forgery) + Send + Sync + 'static) {
        self.shared.update(|state| state.forge = Some(Arc::new(forge)));
    }

    /// Stops manipulating id_tokens.
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

    /// Signs with a new key and key id from now on. The old key is removed.
    pub fn rotate_keys(&self) {
        self.shared.update(|state| state.key = Key::Second);
    }

    /// The public key as PEM, which an attacker might use as an HMAC secret.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        keys::pem(self.shared.read(|state| state.key))
    }

    /// Revokes all grants, as when an administrator signs the user out.
    pub fn end_all_grants(&self) {
        self.shared.update(|state| state.grants.revoke_all());
    }

    /// A reused refresh token is still refused, but its grant is not revoked.
    pub fn allow_replays(&self) {
        self.shared.update(|state| state.grants.allows_replay = true);
    }

    /// The number of grants that are not revoked.
    #[must_use]
    pub fn valid_grants(&self) -> usize {
        self.shared.read(|state| state.grants.valid())
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.read(|state| state.requests.clone())
    }

    /// All secrets of sign-ins: issued codes and tokens, and received verifiers.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let shown = |request: &Request| request.field("code_verifier").map(str::to_owned);
        self.shared.read(|state| state.issued_secrets.iter().cloned().chain(state.requests.iter().filter_map(shown)).collect())
    }

    /// The number of requests to a path.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }

    /// Waits until there were this many requests to a path. Has no timeout.
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
