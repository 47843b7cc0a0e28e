//! Servers of tools that nobody calls: what twenty of them add to the start of the program, and what their three hundred tools add to
//! a request. Needs Node.js, and the release binary's path in `GROWQR_BIN`. Prints `name value unit` lines.

mod measure;

use growqr_testkit::mcp::ScriptedMcp;
use measure::{median, timed};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SERVERS: usize = 20;
const TOOLS_OF_EACH: usize = 15;
const RUNS: usize = 21;

/// Bytes in one token, roughly: the estimate of GrowQR and of the stub servers.
const BYTES_PER_TOKEN: f64 = 4.0;

fn main() {
    let Some(binary) = std::env::var_os("GROWQR_BIN") else {
        println!("# the servers of tools were not measured: GROWQR_BIN does not name the release binary");
        return;
    };
    let (address, bodies) = measure::canned::start_with(|_| None);
    let (with, without) = (measure::folder(), measure::folder());
    let servers: Vec<ScriptedMcp> = (0..SERVERS).map(server).collect();
    for (number, server) in servers.iter().enumerate() {
        let (command, args) = server.command();
        let name = format!("server-{number}");
        let mut words = vec!["tools", "add", name.as_str(), "--", command.as_str()];
        words.extend(args.iter().map(String::as_str));
        run(&binary, &address, with.path(), &words);
    }
    let starts = || servers.iter().map(|server| server.count("initialize")).sum::<usize>();
    let before = starts();
    let chat = |folder: &Path| {
        let ((), wall) = timed(|| run(&binary, &address, folder, &["chat", "and now?"]));
        let body = bodies.lock().expect("nothing panicked").pop().expect("a request");
        (wall, body.len())
    };
    // The first chat of a folder begins its conversation.
    let sizes = (chat(with.path()).1, chat(without.path()).1);
    measure::print("tools_300_tokens", (sizes.0 - sizes.1) as f64 / BYTES_PER_TOKEN, "tokens");
    let times = (0..RUNS).map(|_| (chat(with.path()).0, chat(without.path()).0));
    let (mut with_servers, mut without_servers): (Vec<Duration>, Vec<Duration>) = times.unzip();
    let ratio = median(&mut with_servers).as_secs_f64() / median(&mut without_servers).as_secs_f64();
    measure::print("start_20_servers_ratio", ratio, "");
    assert_eq!(starts(), before, "nobody called a server");
}

/// A server whose tools are described as real ones are.
fn server(number: usize) -> ScriptedMcp {
    let tool = |tool: usize| {
        let description =
            "Looks for records that fit the given words, and returns the best of them with their fields, newest first.";
        let text = |about: &str| json!({"type": "string", "description": about});
        let properties = json!({"query": text("The words to look for"), "since": text("A date, such as 2026-11-30")});
        let schema = json!({"type": "object", "properties": properties, "required": ["query"]});
        json!({"name": format!("search_records_{number}_{tool}"), "description": description, "inputSchema": schema})
    };
    let tools: Vec<Value> = (0..TOOLS_OF_EACH).map(tool).collect();
    ScriptedMcp::new(&json!({ "tools": tools }))
}

fn run(binary: &OsStr, address: &str, folder: &Path, words: &[&str]) {
    let mut command = Command::new(binary);
    command.arg("--data-dir").arg(folder).args(words);
    command.env("ANTHROPIC_API_KEY", "sk-ant-bench").env("ANTHROPIC_BASE_URL", address).env_remove("DATABASE_URL");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let status = command.status().expect("the program starts");
    assert!(status.success(), "{words:?}: {status:?}");
}
