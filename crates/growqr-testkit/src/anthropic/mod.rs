//! A strict stub server for the Messages API.
//!
//! It runs on its own thread and listens on a loopback port, so that a client in the test, or a program in a child process,
//! can use it. It refuses invalid requests with the messages of the service where they are known. It signs thinking, caches
//! prompts and bills like the service. Its replies and faults are scripted.
//!
//! Not imitated: it does not check the content of images and documents, it runs no server tools (but sends scripted blocks
//! of them), and its token counts are an estimate (a quarter of the bytes).
//!
//! ```
//! use growqr_testkit::anthropic::{AnthropicStub, says};
//! # async fn example() {
//! let claude = AnthropicStub::start().await;
//! claude.will(says("hello"));
//! // … let the product talk to claude.base_url() with claude.key() …
//! claude.assert_all_accepted();
//! # }
//! ```

pub(crate) mod api_error;
mod cache;
mod checks;
mod conversation;
mod fields;
mod model_rules;
mod models;
mod serve;
mod signature;
mod sources;
mod validate;
mod wire;

pub use crate::record::{Bill, RecordedRequest, RequestOutcome, RequestView, ToolResult};
pub use crate::script::{Point, Script, StopPoint, calls, says, thinks};

use crate::http::Connection;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

/// The only accepted key.
const KEY: &str = "sk-ant-api03-stand-in-key-000000000000";

type Router = Arc<dyn Fn(&RequestView<'_>) -> Option<Script> + Send + Sync>;

/// The state of the stub.
struct State {
    key: String,
    new_account: bool,
    now_ms: u64,
    queue: VecDeque<Script>,
    router: Option<Router>,
    requests: Vec<RecordedRequest>,
    listed: Vec<Value>,
    registry: signature::Registry,
    cache: cache::Cache,
}

impl State {
    /// The record of a request. It is created before the request is processed.
    fn record(&mut self, number: u64) -> &mut RecordedRequest {
        &mut self.requests[number as usize - 1]
    }
}

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Shared {
    /// Reads or changes the state, and notifies waiting tests.
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
pub struct AnthropicStub {
    shared: Arc<Shared>,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl AnthropicStub {
    /// Starts a stub on a free loopback port. Its account counts as new, see [`AnthropicStub::be_an_old_account`].
    pub async fn start() -> AnthropicStub {
        AnthropicStub::start_blocking().expect("a loopback port is free")
    }

    /// Starts a stub without an async runtime, for tests and benches that only run child processes.
    ///
    /// # Errors
    /// If no loopback port is free.
    pub fn start_blocking() -> io::Result<AnthropicStub> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let state = State {
            key: KEY.to_owned(),
            new_account: true,
            now_ms: 0,
            queue: VecDeque::new(),
            router: None,
            requests: Vec::new(),
            listed: models::ROWS.iter().map(models::Row::describe).collect(),
            registry: signature::Registry::default(),
            cache: cache::Cache::default(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changes: watch::Sender::new(0) });
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
        Ok(AnthropicStub { shared, base_url, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`, for `ANTHROPIC_BASE_URL`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The accepted key, for `ANTHROPIC_API_KEY`.
    #[must_use]
    pub fn key(&self) -> &str {
        KEY
    }

    /// Adds a script to the queue.
    pub fn will(&self, script: Script) {
        self.shared.update(|state| state.queue.push_back(script));
    }

    /// Adds scripts to the queue, one for each request.
    pub fn will_all(&self, scripts: impl IntoIterator<Item = Script>) {
        self.shared.update(|state| state.queue.extend(scripts));
    }

    /// Sets a router, which chooses the script by the request. If it returns `None`, the queue is used. Replaces an earlier
    /// router.
    pub fn route(&self, router: impl Fn(&RequestView<'_>) -> Option<Script> + Send + Sync + 'static) {
        self.shared.update(|state| state.router = Some(Arc::new(router)));
    }

    /// The number of scripts left in the queue.
    #[must_use]
    pub fn scripts_left(&self) -> usize {
        self.shared.read(|state| state.queue.len())
    }

    /// Advances the stub's clock, which stands still otherwise. Cached prompts expire by this clock.
    pub fn advance(&self, time: Duration) {
        self.shared.update(|state| state.now_ms += u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    }

    /// Makes the account older than 31 August 2026. Thinking of such accounts is bound to the conversation only on request.
    pub fn be_an_old_account(&self) {
        self.shared.update(|state| state.new_account = false);
    }

    /// Adds a new model at the start of the list of the Models API. It cannot be used for messages.
    pub fn list_also(&self, id: &str, name: &str, max_input_tokens: u64, max_tokens: u64) {
        let model = json!({
            "id": id, "type": "model", "display_name": name, "created_at": "2027-01-01T00:00:00Z",
            "max_input_tokens": max_input_tokens, "max_tokens": max_tokens, "capabilities": null,
        });
        self.shared.update(|state| state.listed.insert(0, model));
    }

    /// Removes a model from the list of models: the key does not offer it.
    pub fn unlist(&self, id: &str) {
        self.shared.update(|state| state.listed.retain(|model| model["id"] != id));
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.read(|state| state.requests.clone())
    }

    /// All requests for messages so far.
    #[must_use]
    pub fn messages(&self) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == "/v1/messages");
        requests
    }

    /// The cost of all requests so far, in USD micro-cents.
    #[must_use]
    pub fn total_micro_cents(&self) -> u64 {
        self.shared.read(|state| state.requests.iter().filter_map(|request| request.bill).map(|bill| bill.micro_cents).sum())
    }

    /// Waits until the requests satisfy `condition` and returns them. Has no timeout.
    pub async fn until(&self, condition: impl Fn(&[RecordedRequest]) -> bool) -> Vec<RecordedRequest> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let requests = self.requests();
            if condition(&requests) {
                return requests;
            }
            // The sender lives as long as self.
            let _ = changes.changed().await;
        }
    }

    /// Fails the test if any request was refused or had no script. A request for a list without any key is no mistake: a check of
    /// a key asks in this way whether the server needs one.
    ///
    /// # Panics
    /// With the first such request and the error.
    pub fn assert_all_accepted(&self) {
        for request in self.requests() {
            match &request.ended {
                Some(RequestOutcome::Refused { status: 401, .. })
                    if request.method == "GET" && request.header("x-api-key").is_none() => {}
                Some(RequestOutcome::Refused { status, message }) => {
                    panic!("request {} was refused with {status}: {message}\n{}", request.number, request.body)
                }
                Some(RequestOutcome::Unscripted) => panic!("request {} had no script\n{}", request.number, request.body),
                _ => {}
            }
        }
    }
}

impl Drop for AnthropicStub {
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
                let client = Connection { read, write, buffer: Vec::new() };
                connections.spawn(serve::connection(shared.clone(), client));
            }
        }
    }
}
