//! Recorded answers, changed at random. Harmless changes lose neither words nor calls; after any other change a call still ends,
//! without a panic, and its reply can be sent back.
//!
//! The changes depend on a seed alone. `GROWQR_FUZZ_SECONDS` runs more seeds for that time, `GROWQR_FUZZ_SEED` a single one.

use crate::openai::world as openai;
use crate::recordings::{Recording, messages, openai as completions};
use crate::world::{World, answered, hello};
use growqr_core::model::{Failure, Reply};
use growqr_core::prompt::{Block, blocks};
use growqr_testkit::anthropic::{Script, says};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// Seeds of a normal run.
const SEEDS: u64 = 400;

/// The stub servers keep all requests, so they are renewed after this many seeds.
const SEEDS_PER_WORLD: u64 = 500;

/// A call that takes longer hangs. Nothing in a recording makes a provider wait.
const HANG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn harmless_changes_lose_neither_words_nor_calls() {
    run(|seed| async move {
        let worlds = Worlds::new().await;
        for seed in seed {
            let mut random = StdRng::seed_from_u64(seed);
            let (is_completion, recording) = pick(&mut random);
            let (kind, body) = harmless(&recording, is_completion, &mut random);
            let pieces = random.random_bool(0.5).then(|| random.random_range(1..200));
            let context = || format!("seed {seed}: {}", String::from_utf8_lossy(&body));
            let reply = worlds.ask(is_completion, &kind, &body, pieces).await;
            let reply = reply.unwrap_or_else(|failure| panic!("{}: {failure}\n{}", recording.name, context()));
            recording.assert_same(&reply, &context());
        }
    })
    .await;
}

#[tokio::test]
async fn after_any_change_a_call_ends_and_its_reply_can_be_sent_back() {
    run(|seeds| async move {
        let worlds = Worlds::new().await;
        for seed in seeds {
            let mut random = StdRng::seed_from_u64(seed);
            let (is_completion, recording) = pick(&mut random);
            let other = pick(&mut random).1;
            let body = broken(&recording, &other, &mut random);
            let pieces = random.random_bool(0.2).then(|| random.random_range(1..200));
            let Ok(reply) = worlds.ask(is_completion, recording.content_type, &body, pieces).await else { continue };
            let context = format!("seed {seed}: {}", String::from_utf8_lossy(&body));
            assert_valid(&reply, &context);
            worlds.send_back(is_completion, &reply, &context).await;
        }
    })
    .await;
}

/// Runs the seeds that the environment asks for.
async fn run<F: Future<Output = ()>>(cases: impl Fn(Box<dyn Iterator<Item = u64>>) -> F) {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    if let Some(seed) = number("GROWQR_FUZZ_SEED") {
        return cases(Box::new(seed..=seed)).await;
    }
    let Some(seconds) = number("GROWQR_FUZZ_SECONDS") else { return cases(Box::new(0..SEEDS)).await };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut next = 0;
    while Instant::now() < end {
        cases(Box::new(next..next + SEEDS_PER_WORLD)).await;
        next += SEEDS_PER_WORLD;
    }
    growqr_testkit::note(&format!("{next} changed answers in {seconds} s, and each call ended as it should"));
}

/// Both providers and their stub servers.
struct Worlds {
    messages: World,
    completions: openai::World,
}

impl Worlds {
    async fn new() -> Worlds {
        Worlds { messages: World::new().await, completions: openai::World::new().await }
    }

    async fn ask(&self, is_completion: bool, kind: &str, body: &[u8], pieces: Option<usize>) -> Result<Reply, Failure> {
        let script = Script::recording(kind, body);
        let script = pieces.map_or(script.clone(), |size| script.in_pieces(size));
        let answer = async {
            if is_completion {
                self.completions.server.route(move |_| Some(script.clone()));
                self.completions.ask(&openai::hello()).await.0
            } else {
                self.messages.claude.route(move |_| Some(script.clone()));
                self.messages.ask(&hello()).await.0
            }
        };
        let ended = tokio::time::timeout(HANG, answer).await;
        ended.unwrap_or_else(|_| panic!("the call hangs on {}", String::from_utf8_lossy(body)))
    }

    /// Sends the reply back to a server that refuses what its API forbids. A server that checks signatures would refuse changed
    /// thinking, so only the other API is asked.
    async fn send_back(&self, is_completion: bool, reply: &Reply, context: &str) {
        if !is_completion {
            return;
        }
        let mut messages = openai::hello().messages;
        messages.extend(answered(reply, "seen"));
        messages.push(crate::world::user("go on"));
        self.completions.server.route(|_| Some(says("good")));
        let again = self.completions.ask(&openai::request(messages)).await.0;
        assert!(again.is_ok(), "{again:?} after {context}");
    }
}

fn pick(random: &mut StdRng) -> (bool, Recording) {
    let is_completion = random.random_bool(0.5);
    let mut all = if is_completion { completions::all() } else { messages::all() };
    (is_completion, all.swap_remove(random.random_range(0..all.len())))
}

/// Checks what the rest of the program relies on.
fn assert_valid(reply: &Reply, context: &str) {
    serde_json::from_str::<Vec<Value>>(reply.content.text()).unwrap_or_else(|error| panic!("{error} in {context}"));
    let mut ids = BTreeSet::new();
    for block in blocks(&reply.content) {
        let Block::Call { id, name, input } = block else { continue };
        assert!(ids.insert(id.to_string()) && !id.as_str().is_empty(), "an id twice: {context}");
        let is_valid = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        assert!(is_valid(id.as_str()) && is_valid(&name) && !name.is_empty() && name.len() <= 64, "{id} {name}: {context}");
        assert!(serde_json::from_str::<Value>(input.text()).unwrap().is_object(), "{context}");
    }
}

/// The recording in another form with the same meaning.
fn harmless(recording: &Recording, is_completion: bool, random: &mut StdRng) -> (String, Vec<u8>) {
    let kinds = ["text/event-stream", "application/json", "text/plain; charset=utf-8", "application/x-ndjson", ""];
    let kind = kinds[random.random_range(0..kinds.len())].to_owned();
    if !recording.is_stream {
        let spaces = ["", "\n", " \r\n\r\n "][random.random_range(0..3)];
        return (kind, [spaces.as_bytes(), &recording.body(), spaces.as_bytes()].concat());
    }
    let newline = ["\n", "\r\n", "\r"][random.random_range(0..3)];
    // Events without JSON need an empty line, because a single newline does not part them.
    let is_parted = random.random_bool(0.5) || recording.events.iter().any(|event| !event.starts_with(['{', '[']));
    let space = if random.random_bool(0.8) { " " } else { "" };
    let mut out = if random.random_bool(0.1) { "\u{feff}".to_owned() } else { String::new() };
    for (at, event) in recording.events.iter().enumerate() {
        let event = retold(event, is_completion, random);
        for _ in 0..random.random_range(0..3_u32) {
            let extra = [": keep-alive", "event: message", "id: 7", "retry: 10", ":", "x-unknown: 1"];
            out.push_str(extra[random.random_range(0..extra.len())]);
            out.push_str(newline);
            // An empty line between events is no event.
            if is_parted && random.random_bool(0.5) {
                out.push_str(newline);
            }
        }
        if is_parted && random.random_bool(0.1) {
            let idle = ["data:", "data: ping", "data: {}", "data: {\"type\":\"ping\"}", "data: {\"type\":\"aurora\",\"x\":[1]}"];
            out.push_str(idle[random.random_range(0..idle.len())]);
            out.push_str(&newline.repeat(2));
        }
        out.push_str(&format!("data:{space}{event}"));
        let is_last = at + 1 == recording.events.len();
        if !is_last || random.random_bool(0.5) {
            out.push_str(&newline.repeat(if is_parted { 2 } else { 1 }));
        }
    }
    (kind, out.into_bytes())
}

/// An event with fields that do not matter changed.
fn retold(event: &str, is_completion: bool, random: &mut StdRng) -> String {
    // Half characters can be written but not read by the parser of this test.
    let Ok(mut value) = serde_json::from_str::<Value>(event) else { return event.to_owned() };
    if !value.is_object() || random.random_bool(0.5) {
        return event.to_owned();
    }
    let junk = junk(random);
    match random.random_range(0..5) {
        0 => value["x_unknown"] = junk,
        1 => value["created"] = junk,
        2 => value["id"] = junk,
        3 if is_completion => value["system_fingerprint"] = junk,
        4 if value["usage"].is_object() => value["usage"] = junk,
        _ => {}
    }
    value.to_string()
}

fn junk(random: &mut StdRng) -> Value {
    let all = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(0.5),
        json!("7"),
        json!(""),
        json!("null"),
        json!([]),
        json!({}),
        json!([null, {"a": [1]}]),
        json!({"text": {"text": "x"}}),
        json!(true),
        json!(u64::MAX),
        json!(i64::MIN),
        json!("\u{0}\u{fffd}</think>\n<tool_call>"),
    ];
    all[random.random_range(0..all.len())].clone()
}

/// The recording after changes that may destroy it.
fn broken(recording: &Recording, other: &Recording, random: &mut StdRng) -> Vec<u8> {
    let mut recording = recording.clone();
    for _ in 0..random.random_range(0..4) {
        let events = &mut recording.events;
        if events.is_empty() {
            break;
        }
        let at = random.random_range(0..events.len());
        match random.random_range(0..6) {
            0 => drop(events.remove(at)),
            1 => events.insert(at, events[random.random_range(0..events.len())].clone()),
            2 => events.swap(at, random.random_range(0..other.events.len().min(at + 1)).min(at)),
            3 => events.insert(at, other.events[random.random_range(0..other.events.len())].clone()),
            4 => events[at] = error(random),
            _ => {
                if let Ok(mut value) = serde_json::from_str::<Value>(&events[at]) {
                    spoil(&mut value, random);
                    events[at] = value.to_string();
                }
            }
        }
    }
    let mut body = recording.body();
    for _ in 0..random.random_range(0..3) {
        let at = random.random_range(0..=body.len());
        let end = (at + random.random_range(0..40)).min(body.len());
        match random.random_range(0..5) {
            0 => body.truncate(at),
            1 => drop(body.drain(at..end)),
            2 => body.insert(at, random.random_range(0..=255)),
            3 => {
                let copy = body[at..end].to_vec();
                body.splice(at..at, copy);
            }
            _ => {
                let bytes = [&b"\n\n"[..], b"\ndata: ", b"\\ud83c", b"\xf0\x9f", b"\"}}", b"<think>", b"\r", b"[DONE]", b"{}"];
                body.splice(at..at, bytes[random.random_range(0..bytes.len())].iter().copied());
            }
        }
    }
    body
}

fn error(random: &mut StdRng) -> String {
    let body = junk(random);
    let code = [0, 400, 401, 429, 500, 529][random.random_range(0..6)];
    let all = [
        json!({"error": body}),
        json!({"error": {"message": body, "code": code}}),
        json!([{"error": {"message": "no", "code": code}}]),
        json!({"type": "error", "error": {"type": "overloaded_error", "message": body}}),
        json!({"detail": body}),
    ];
    all[random.random_range(0..all.len())].to_string()
}

/// Replaces one value somewhere inside.
fn spoil(value: &mut Value, random: &mut StdRng) {
    let is_deep = random.random_bool(0.85);
    match value {
        Value::Object(fields) if is_deep && !fields.is_empty() => {
            let at = random.random_range(0..fields.len());
            if random.random_bool(0.1) {
                let name = fields.keys().nth(at).unwrap().clone();
                fields.remove(&name);
            } else {
                spoil(fields.values_mut().nth(at).unwrap(), random);
            }
        }
        Value::Array(items) if is_deep && !items.is_empty() => {
            let at = random.random_range(0..items.len());
            spoil(&mut items[at], random);
        }
        other => *other = junk(random),
    }
}
