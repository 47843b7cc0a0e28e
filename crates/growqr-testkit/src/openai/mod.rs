//! A strict stub server for OpenAI's chat-completions API. It accepts only what the strictest real server accepts, and can
//! imitate the peculiarities of real servers in its responses ([`ServerBehaviour`]).
//!
//! It listens on a loopback port, like the stub for the Messages API, and plays the same scripts, so the same test can run
//! with both. It refuses tool calls without results, results without calls, unknown roles and fields, arguments that are not
//! JSON, repeated ids, tools without a schema, and prompts that do not fit.
//!
//! Not imitated: its token counts are an estimate (a quarter of the bytes), it supports no images, and it bills nothing.
//!
//! ```
//! use growqr_testkit::openai::{ServerBehaviour, OpenAiStub, says};
//! # async fn example() {
//! let server = OpenAiStub::start(ServerBehaviour::ollama()).await;
//! server.will(says("hello"));
//! // … let the product talk to server.base_url() …
//! server.assert_all_accepted();
//! # }
//! ```

mod api_error;
mod behaviour;
mod fields;
mod serve;
mod validate;
mod wire;

pub use crate::record::{RecordedRequest, RequestOutcome, RequestView, ToolResult};
pub use crate::script::{Point, Script, StopPoint, calls, says, thinks};
pub use behaviour::{Calls, Program, ServerBehaviour};

use crate::http::Connection;
use serde_json::json;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

type Router = Arc<dyn Fn(&RequestView<'_>) -> Option<Script> + Send + Sync>;

/// The state of the stub.
struct State {
    behaviour: ServerBehaviour,
    queue: VecDeque<Script>,
    router: Option<Router>,
    requests: Vec<RecordedRequest>,
    /// Whether a model is loaded, which the first chat completion does.
    is_loaded: bool,
    /// Numbers of the requests whose beginning was silently dropped.
    truncated: Vec<u64>,
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
pub struct OpenAiStub {
    shared: Arc<Shared>,
    port: u16,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl OpenAiStub {
    /// Starts a stub on a free loopback port.
    pub async fn start(behaviour: ServerBehaviour) -> OpenAiStub {
        OpenAiStub::start_blocking(behaviour).expect("a loopback port is free")
    }

    /// Starts a stub without an async runtime, for tests that only run child processes.
    ///
    /// # Errors
    /// If no loopback port is free.
    pub fn start_blocking(behaviour: ServerBehaviour) -> io::Result<OpenAiStub> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let state = State {
            behaviour,
            queue: VecDeque::new(),
            router: None,
            requests: Vec::new(),
            is_loaded: false,
            truncated: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changes: watch::Sender::new(0) });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    _ = accept(serving, listener) => {}
                }
            });
        });
        let base_url = format!("http://127.0.0.1:{port}/v1");
        Ok(OpenAiStub { shared, port, base_url, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT/v1`, for `OPENAI_BASE_URL`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes the behaviour from now on.
    pub fn change_behaviour(&self, change: impl FnOnce(&mut ServerBehaviour)) {
        self.shared.update(|state| change(&mut state.behaviour));
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

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.read(|state| state.requests.clone())
    }

    /// All requests for chat completions so far.
    #[must_use]
    pub fn chats(&self) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == "/v1/chat/completions");
        requests
    }

    /// The numbers of the requests whose beginning was dropped because the prompt did not fit, as Ollama does.
    #[must_use]
    pub fn truncated(&self) -> Vec<u64> {
        self.shared.read(|state| state.truncated.clone())
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

    /// Fails the test if any request for a chat completion was refused, did not fit or had no script. Other requests, with
    /// which a client probes the server, may fail.
    ///
    /// # Panics
    /// With the first such request and the error.
    pub fn assert_all_accepted(&self) {
        for request in self.chats() {
            match &request.ended {
                Some(RequestOutcome::Refused { status, message }) => {
                    panic!("request {} was refused with {status}: {message}\n{}", request.number, request.body)
                }
                Some(RequestOutcome::Unscripted) => panic!("request {} had no script\n{}", request.number, request.body),
                _ => {}
            }
        }
        assert_eq!(self.truncated(), [0; 0], "the beginning of these requests was dropped");
    }
}

impl Drop for OpenAiStub {
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
                connections.spawn(serve::connection(Arc::clone(&shared), client));
            }
        }
    }
}

/// An error response in the usual format.
#[must_use]
pub fn error(status: u16, code: &str, message: &str) -> Script {
    let body = json!({"error": {"message": message, "type": code, "param": null, "code": code}});
    Script::http(status, &[("content-type", "application/json")], &body.to_string())
}

/// An error response whose `error` is a plain string, as in Ollama's own API.
#[must_use]
pub fn bare_error(status: u16, message: &str) -> Script {
    Script::http(status, &[("content-type", "application/json")], &json!({"error": message}).to_string())
}

/// A 429, with or without `retry-after` in seconds.
#[must_use]
pub fn rate_limited(retry_after: Option<u64>) -> Script {
    let script = error(429, "rate_limit_exceeded", "Rate limit reached.");
    match retry_after {
        Some(seconds) => script.header("retry-after", &seconds.to_string()),
        None => script,
    }
}

/// A 503 of llama.cpp while the model is being loaded.
#[must_use]
pub fn loading() -> Script {
    error(503, "unavailable_error", "Loading model")
}

/// Sends this JSON as an event at `at` and closes the connection.
#[must_use]
pub fn breaks(script: Script, at: Point, data: &str) -> Script {
    script.insert(at, &format!("data: {data}\n\n")).cut(at)
}
