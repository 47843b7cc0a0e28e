//! A strict stand-in for servers that speak OpenAI's chat completions: as strict as the strictest of them in what it
//! takes, and as odd as the oddest in what it says ([`ServerBehaviour`]).
//!
//! It speaks real bytes on a loopback port of its own, like the stand-in for the Messages API, and plays the same
//! scripts: the same story runs on both. It refuses calls without results and results without calls, unknown roles and
//! fields, arguments that are no JSON text, ids used twice, tools without a schema, and prompts that do not fit.
//!
//! What it is not: its tokens are an estimate (a quarter of the bytes), it knows no pictures, and it bills nothing.
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

/// Everything the stand-in knows.
struct State {
    behaviour: ServerBehaviour,
    queue: VecDeque<Script>,
    router: Option<Router>,
    requests: Vec<RecordedRequest>,
    /// Whether a model was asked, and so was loaded.
    is_loaded: bool,
    /// Requests whose beginning was dropped without a word.
    truncated: Vec<u64>,
}

impl State {
    /// The record of a request; it was made before anything else happened to it.
    fn record(&mut self, number: u64) -> &mut RecordedRequest {
        &mut self.requests[number as usize - 1]
    }
}

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Shared {
    /// Looks at the state or changes it, and tells whoever waits.
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
pub struct OpenAiStub {
    shared: Arc<Shared>,
    port: u16,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl OpenAiStub {
    /// Starts one on a free loopback port.
    pub async fn start(behaviour: ServerBehaviour) -> OpenAiStub {
        OpenAiStub::start_blocking(behaviour).expect("a loopback port is free")
    }

    /// Starts one without an async runtime, for tests that only run child processes.
    ///
    /// # Errors
    /// If no loopback port can be had.
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

    /// From now on it behaves so.
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

    /// Chooses scripts by what is asked, whatever the order in which requests come. Where it gives `None`, the queue is
    /// used. It replaces an earlier router.
    pub fn route(&self, router: impl Fn(&RequestView<'_>) -> Option<Script> + Send + Sync + 'static) {
        self.shared.update(|state| state.router = Some(Arc::new(router)));
    }

    /// All requests so far, in the order in which they arrived.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.read(|state| state.requests.clone())
    }

    /// The requests for answers so far.
    #[must_use]
    pub fn chats(&self) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == "/v1/chat/completions");
        requests
    }

    /// The numbers of the requests whose beginning was dropped because it did not fit, as Ollama does it.
    #[must_use]
    pub fn truncated(&self) -> Vec<u64> {
        self.shared.read(|state| state.truncated.clone())
    }

    /// Returns the requests as soon as they satisfy `condition`. Waits for as long as that takes.
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

    /// Fails the test if any request for an answer broke a rule, did not fit, or found no script. What a client asks
    /// beside that, to find out who is there, may come to nothing.
    ///
    /// # Panics
    /// With the first such request and what was wrong with it.
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

/// An error in the usual form.
#[must_use]
pub fn error(status: u16, code: &str, message: &str) -> Script {
    let body = json!({"error": {"message": message, "type": code, "param": null, "code": code}});
    Script::http(status, &[("content-type", "application/json")], &body.to_string())
}

/// An error whose `error` is a bare text, as Ollama's own interface has it.
#[must_use]
pub fn bare_error(status: u16, message: &str) -> Script {
    Script::http(status, &[("content-type", "application/json")], &json!({"error": message}).to_string())
}

/// 429, with or without the seconds to wait.
#[must_use]
pub fn rate_limited(retry_after: Option<u64>) -> Script {
    let script = error(429, "rate_limit_exceeded", "Rate limit reached.");
    match retry_after {
        Some(seconds) => script.header("retry-after", &seconds.to_string()),
        None => script,
    }
}

/// 503 while the model is being loaded, as llama.cpp says it.
#[must_use]
pub fn loading() -> Script {
    error(503, "unavailable_error", "Loading model")
}

/// At `at`, this JSON as an event, and the end.
#[must_use]
pub fn breaks(script: Script, at: Point, data: &str) -> Script {
    script.insert(at, &format!("data: {data}\n\n")).cut(at)
}
