//! The whole program: `growqr chat` on a second start with 10,000 events in the profile, a key from the environment and
//! a loopback server that answers at once. Needs the release binary's path in `GROWQR_BIN`. Prints `name value unit`
//! lines.

mod measure;

use growqr_app::{Client, Environment, Profile};
use growqr_wire::{Needs, Push, Request};
use measure::{fsync_4k, median, ms, timed};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const EVENTS: u64 = 10_000;
const RUNS: usize = 21;

fn main() {
    let Some(binary) = std::env::var_os("GROWQR_BIN") else {
        println!("# the whole program was not measured: GROWQR_BIN does not name the release binary");
        return;
    };
    let folder = measure::folder();
    measure::print("fsync_4k", fsync_4k(folder.path()).as_secs_f64() * 1e6, "us");
    let address = measure::canned::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let events = runtime.block_on(live(folder.path(), &address));
    measure::print("chat_events_in_profile", events as f64, "");
    let chat = || {
        let mut command = Command::new(&binary);
        command.arg("--data-dir").arg(folder.path()).args(["chat", "and now?"]);
        command.env("ANTHROPIC_API_KEY", "sk-ant-bench").env("ANTHROPIC_BASE_URL", &address).env_remove("DATABASE_URL");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let child = command.spawn().expect("the program starts");
        let (status, peak) = measure::wait_with_peak(child);
        assert!(status.success(), "{status:?}");
        peak
    };
    chat();
    let (walls, peaks): (Vec<Duration>, Vec<u64>) = (0..RUNS).map(|_| timed(chat)).map(|(peak, wall)| (wall, peak)).unzip();
    let (mut walls, peak) = (walls, peaks.into_iter().max().unwrap_or_default());
    let wall: Duration = median(&mut walls);
    measure::print("chat_second_start", ms(wall), "ms");
    measure::print("chat_second_start_slowest", ms(walls[RUNS - 1]), "ms");
    measure::print("chat_second_start_peak", peak as f64 / 1e6, "MB");
}

/// Runs turns of one conversation until the profile has `EVENTS` events. Returns the last position.
async fn live(folder: &Path, address: &str) -> u64 {
    let environment = Environment::from_variables(&[("ANTHROPIC_API_KEY", "sk-ant-bench"), ("ANTHROPIC_BASE_URL", address)]);
    let profile = Profile::find(Some(folder), &environment).expect("a profile");
    let (client, mut events) = Client::open(profile, &environment, Needs::Host).await.expect("it starts");
    let budget = Request::SetSetting { name: "budget.per_day".to_owned(), value: Some("100000".to_owned()) };
    client.send(budget).await.expect("it is set");
    let mut position = 0;
    while position < EVENTS {
        let id = growqr_app::new_message_id();
        let text = format!("This is what I say at event {position}, and it is a sentence.");
        client.send(Request::Say { agent: "grow".to_owned(), id, text, attachments: Vec::new() }).await.expect("it is recorded");
        while let Some(push) = events.next().await.expect("it is understood") {
            let Push::Recorded { events, .. } = push else { continue };
            position = events.last().map_or(position, |event| event.position);
            if events.iter().any(|event| event.kind == "turn_ended") {
                break;
            }
        }
    }
    client.close().await;
    position
}
