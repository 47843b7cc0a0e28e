//! The cost of the gateway, against direct calls to the same stub server in the same run: the added time of a short call, and the
//! time of eight streams with 1,000 tokens a second each. The budgets are in memory, so this does not include the disk. Prints
//! `name value unit` lines.

use async_trait::async_trait;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::limits::LimitReached;
use growqr_core::model::Failure;
use growqr_core::money::Money;
use growqr_core::secret::Secret;
use growqr_gateway::{
    Available, Backend, Backends, Caller, Gateway, Meter, MeterError, Ports, Reservation, Sessions, Settings, Settlement,
    SizeStore,
};
use growqr_models::anthropic::{Anthropic, Config};
use growqr_testkit::anthropic::{AnthropicStub, says};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const MODEL: &str = "claude-opus-4-7";
const CALLS: usize = 300;
const STREAMS: usize = 8;
const ROUNDS: usize = 3;
/// Tokens of one stream; one event each, a thousand a second.
const TOKENS: u32 = 3_000;
const PACE: Duration = Duration::from_millis(1);

/// Everyone is known and has money.
struct Rich;

#[async_trait]
impl Sessions for Rich {
    async fn payer(&self, caller: &Caller) -> Option<AgentId> {
        Some(AgentId::new(caller.session.as_str()))
    }

    async fn limit_hit(&self, _agent: &AgentId, _limit: LimitReached) {}
}

#[async_trait]
impl Meter for Rich {
    async fn available(&self, _agent: &AgentId) -> Result<Available, MeterError> {
        Ok(Available { money: Money::usd(1_000), limit: LimitReached::Allowance, tokens: 0, max_output: 16_000 })
    }

    async fn reserve(&self, _agent: &AgentId, _charge: &EffectId, _model: &str, _most: Reservation) -> Result<(), MeterError> {
        Ok(())
    }

    async fn settle(&self, _agent: &AgentId, _charge: &EffectId, _settlement: Settlement) {}
}

/// Keeps nothing.
#[async_trait]
impl SizeStore for Rich {
    async fn load(&self) -> Option<Vec<u8>> {
        None
    }

    async fn save(&self, _sizes: Vec<u8>) {}
}

struct Always(Backend);

#[async_trait]
impl Backends for Always {
    async fn backend(&self, _agent: &AgentId) -> Result<Backend, Failure> {
        Ok(self.0.clone())
    }
}

/// Where calls go, and with which key.
struct Way {
    url: String,
    key: String,
    client: reqwest::Client,
}

impl Way {
    fn new(url: String, key: &str) -> Way {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).tcp_nodelay(true).build().expect("a client");
        Way { url: format!("{url}/v1/messages"), key: key.to_owned(), client }
    }

    /// Makes a call; returns its time and the size of the answer.
    async fn call(&self, session: &str, body: String) -> (Duration, usize) {
        #[expect(clippy::disallowed_methods, reason = "a bench measures")]
        let began = Instant::now();
        let request = self.client.post(&self.url).header("x-api-key", &self.key).header("anthropic-version", "2023-06-01");
        let request = request.header("content-type", "application/json").header("x-session-id", session);
        let mut response = request.body(body).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let mut size = 0;
        while let Some(bytes) = response.chunk().await.expect("the whole answer") {
            size += bytes.len();
        }
        (began.elapsed(), size)
    }

    /// The time of all streams at once.
    async fn streams(&self) -> Duration {
        #[expect(clippy::disallowed_methods, reason = "a bench measures")]
        let began = Instant::now();
        let calls = (0..STREAMS).map(async |number| self.call(&format!("ses_{number}"), body("hello")).await);
        let sizes: Vec<usize> = futures_util::future::join_all(calls).await.into_iter().map(|(_, size)| size).collect();
        assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
        began.elapsed()
    }
}

/// A request of the size that OpenCode's first one has.
fn body(text: &str) -> String {
    let system = "You are a careful engineer who works in a container. ".repeat(600);
    let messages = json!([{"role": "user", "content": text}]);
    json!({"model": MODEL, "max_tokens": 16_000, "system": system, "messages": messages, "stream": true}).to_string()
}

fn main() {
    let claude = AnthropicStub::start_blocking().expect("a stub server");
    claude.route(|_| Some(says("a short answer in a few words")));
    let paced = start_paced();
    let short = (Way::new(claude.base_url().to_owned(), claude.key()), gateway_to(claude.base_url(), claude.key()));
    let long = (Way::new(paced.clone(), "any"), gateway_to(&paced, "any"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        added(&short.0, &short.1).await;
        streams(&long.0, &long.1).await;
    });
}

/// The added time of a short call. The two ways take turns.
async fn added(direct: &Way, gateway: &Way) {
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..CALLS + 30 {
        for (way, times) in [direct, gateway].into_iter().zip(&mut times) {
            let (time, _) = way.call("ses", body(&format!("question {number}"))).await;
            // The first calls open connections.
            if number >= 30 {
                times.push(time);
            }
        }
    }
    let [direct, gateway] = times.map(|mut times| median(&mut times));
    print("gateway_direct_call", ms(direct), "ms");
    print("gateway_call", ms(gateway), "ms");
    print("gateway_added", ms(gateway.saturating_sub(direct)), "ms");
}

/// The time of eight streams. The two ways take turns.
async fn streams(direct: &Way, gateway: &Way) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(direct.streams().await);
        times[1].push(gateway.streams().await);
    }
    let [direct, gateway] = times.map(|mut times| median(&mut times).as_secs_f64());
    let tokens = f64::from(TOKENS) * STREAMS as f64;
    print("gateway_direct_tokens_per_second", tokens / direct, "");
    print("gateway_tokens_per_second", tokens / gateway, "");
    print("gateway_streams_ratio", gateway / direct, "");
}

/// Starts a gateway in front of a server, on a thread of its own.
fn gateway_to(base_url: &str, key: &str) -> Way {
    let mut config = Config::new(Secret::new(key), 1);
    config.base_url = base_url.to_owned();
    let backend = Backend::Relay { upstream: Arc::new(Anthropic::new(config)), model: MODEL.to_owned() };
    let rich = Arc::new(Rich);
    let ports = Ports { sessions: rich.clone(), meter: rich.clone(), backends: Arc::new(Always(backend)), sizes: rich };
    let gateway = Gateway::new(ports, Settings::new(1, 1));
    let token = gateway.tokens().register("box", [1; 32]);
    let (send, receive) = std::sync::mpsc::channel();
    on_own_thread(async move {
        let bound = gateway.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        send.send(bound).expect("main waits for it");
        std::future::pending::<()>().await;
    });
    Way::new(format!("http://{}", receive.recv().expect("it starts")), token.expose())
}

/// Starts a server that streams tokens at a steady pace, on a thread of its own. Returns its URL.
fn start_paced() -> String {
    let (send, receive) = std::sync::mpsc::channel();
    on_own_thread(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        send.send(listener.local_addr().expect("it is bound")).expect("main waits for it");
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve_paced(stream));
        }
    });
    format!("http://{}", receive.recv().expect("it starts"))
}

fn on_own_thread(work: impl Future<Output = ()> + Send + 'static) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(work);
    });
}

/// Answers every request of a connection with a stream.
async fn serve_paced(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    while read_request(&mut stream).await? {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        let usage = json!({"input_tokens": 1, "output_tokens": 1});
        send(&mut stream, &json!({"type": "message_start", "message": {"model": MODEL, "usage": usage}})).await?;
        // Catches up after a delay, so a slow reader shows in the total time.
        let mut ticks = tokio::time::interval(PACE);
        for _ in 0..TOKENS {
            ticks.tick().await;
            let delta = json!({"type": "text_delta", "text": " word"});
            send(&mut stream, &json!({"type": "content_block_delta", "index": 0, "delta": delta})).await?;
        }
        send(&mut stream, &json!({"type": "message_delta", "usage": {"output_tokens": TOKENS}})).await?;
        send(&mut stream, &json!({"type": "message_stop"})).await?;
        stream.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

async fn send(stream: &mut TcpStream, data: &serde_json::Value) -> std::io::Result<()> {
    let event = format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default());
    stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).await
}

/// Reads a request with its body; `false` if the connection was closed.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<bool> {
    let mut received = Vec::new();
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(false);
        }
        let text = String::from_utf8_lossy(&received);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(true);
        }
    }
}

fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
