//! The cost of a turn without the model: the time of whole turns through a host on a real disk, minus the time of the
//! same requests to a server that answers at once. Also the memory of awake agents. Prints `name value unit` lines.

mod measure;
mod seed;

use growqr_actors::{Host, HostConfig};
use growqr_app::{Client, Environment, Events, Profile};
use growqr_core::agent::Input;
use growqr_core::id::AgentId;
use growqr_wire::{Needs, Push, Request};
use measure::{Probe, bare_requests, median, ms};
use serde_json::json;
use std::time::{Duration, Instant};

const TURNS: usize = 60;

/// The answer to a message that begins with `list` or `note` is one tool call; the answer to a tool result is text.
fn wanted(body: &str) -> Option<(&'static str, String)> {
    let last = &body[body.rfind(r#"{"role":"user""#)?..];
    if last.contains("tool_result") {
        return None;
    }
    if last.contains("list ") {
        return Some(("list_memory", json!({}).to_string()));
    }
    let number = last.split_once("note ")?.1.split('"').next()?;
    let page = format!("journal/{number}.md");
    Some(("commit_memory", json!({"path": page, "content": format!("note {number}\n"), "message": "Note it"}).to_string()))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for kind in ["hello", "list", "note"] {
        runtime.block_on(turns(kind));
    }
    runtime.block_on(rules());
    runtime.block_on(awake());
}

/// Uses a new profile for each kind: an earlier conversation would only make the requests longer, and the subtracted
/// time larger than the measured one.
async fn turns(kind: &str) {
    let folder = measure::folder();
    let (address, sent) = measure::canned::start_with(wanted);
    let environment = Environment::from_variables(&[("ANTHROPIC_API_KEY", "sk-ant-bench"), ("ANTHROPIC_BASE_URL", &address)]);
    let profile = Profile::find(Some(folder.path()), &environment).expect("a profile");
    let (client, mut events) = Client::open(profile, &environment, Needs::Host).await.expect("it starts");
    // The first turns of each kind warm caches and connections.
    for n in 0..5 {
        turn(&client, &mut events, &format!("{kind} warm{n}")).await;
    }
    sent.lock().expect("nothing panicked").clear();
    let mut taken = Vec::new();
    let mut appends = 0;
    let (mut probe, mut waits) = (Probe::new(folder.path()), Vec::new());
    for n in 0..TURNS {
        let (time, count) = turn(&client, &mut events, &format!("{kind} {n}")).await;
        taken.push(time);
        waits.push(probe.fsync_4k());
        appends = count;
    }
    let requests = std::mem::take(&mut *sent.lock().expect("nothing panicked"));
    let per_turn = requests.len() / TURNS;
    // Sends the same bytes again over one plain connection.
    let bare = bare_requests(&address, &requests);
    let whole = median(&mut taken);
    let bare: Duration = median(&mut bare.chunks(per_turn).map(|turn| turn.iter().sum()).collect::<Vec<Duration>>());
    measure::print(&format!("{kind}_fsync_4k"), ms(median(&mut waits)) * 1e3, "us");
    measure::print(&format!("{kind}_turn"), ms(whole), "ms");
    measure::print(&format!("{kind}_turn_bare_requests"), ms(bare), "ms");
    measure::print(&format!("{kind}_turn_own"), ms(whole.saturating_sub(bare)), "ms");
    measure::print(&format!("{kind}_turn_appends"), f64::from(appends), "");
    client.close().await;
}

/// Compares turns with a tool call in a profile without rules of the person with those in a profile with a hundred, in turn.
async fn rules() {
    const RULES: usize = 100;
    let (address, _sent) = measure::canned::start_with(wanted);
    let environment = Environment::from_variables(&[("ANTHROPIC_API_KEY", "sk-ant-bench"), ("ANTHROPIC_BASE_URL", &address)]);
    let folders = [measure::folder(), measure::folder()];
    let mut profiles = Vec::new();
    for folder in &folders {
        let profile = Profile::find(Some(folder.path()), &environment).expect("a profile");
        profiles.push(Client::open(profile, &environment, Needs::Host).await.expect("it starts"));
    }
    for n in 0..RULES {
        let line = format!("ask commit_memory path=private/{n}/*");
        profiles[1].0.send(Request::AddRule { line }).await.expect("it is added");
    }
    let mut taken = [Vec::new(), Vec::new()];
    for n in 0..2 * TURNS {
        // Each of the two comes first as often as the other.
        for which in [n % 2, 1 - n % 2] {
            let (client, events) = &mut profiles[which];
            taken[which].push(turn(client, events, &format!("note {n}")).await.0);
        }
    }
    let [without, with] = taken.map(|mut taken| ms(median(&mut taken)));
    measure::print("rules_turn_ratio", with / without, "");
    for (client, _) in profiles {
        client.close().await;
    }
}

/// Runs one turn. Returns the time from the message to the end of the turn, and the number of appends.
async fn turn(client: &Client, events: &mut Events, text: &str) -> (Duration, u32) {
    #[expect(clippy::disallowed_methods, reason = "a bench measures")]
    let began = Instant::now();
    let request = Request::Say {
        agent: "grow".to_owned(),
        id: growqr_app::new_message_id(),
        text: text.to_owned(),
        attachments: Vec::new(),
    };
    client.send(request).await.expect("it is recorded");
    let mut appends = 0;
    loop {
        if let Some(Push::Recorded { events, .. }) = events.next().await.expect("it is understood") {
            appends += 1;
            if events.iter().any(|event| event.kind == "turn_ended") {
                return (began.elapsed(), appends);
            }
        }
    }
}

/// Measures the memory of a thousand sub-agents with fifty events each, all awake.
async fn awake() {
    const AGENTS: usize = 1_000;
    let folder = measure::folder();
    let ports = seed::ports(folder.path(), AGENTS).await;
    let config = HostConfig {
        idle: Duration::from_secs(3_600),
        inbox: 64,
        snapshot_after: u64::MAX,
        snapshot_every: u64::MAX,
        ..HostConfig::default()
    };
    let before = measure::resident();
    let host = Host::start(ports, config).await.expect("it starts");
    for n in 0..AGENTS {
        // No turn is running, so this only wakes the agent.
        host.control(&AgentId::new(format!("a-{n}")), Input::Cancel { tree: true }).await.expect("it wakes");
    }
    if let (Some(before), Some(after)) = (before, measure::resident()) {
        measure::print("awake_1000_agents", (after.saturating_sub(before)) as f64 / 1e6, "MB");
    }
    host.stop().await;
}
