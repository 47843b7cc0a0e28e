//! Sub-agents in the workbench: with the real OpenCode in a real container, and a scripted model behind the gateway.

use crate::canary::{encodings, for_each_file};
use crate::docker_desk::{LIMIT, Owned, Running, desk, docker, part, port, ports, remember, reset, status, until, up};
use crate::program::Program;
use growqr_app::Environment;
use growqr_testkit::DockerHost;
use growqr_testkit::anthropic::{Point, RequestView, Script, StopPoint, calls, says};
use growqr_wire::{Reply, Request};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a request comes from OpenCode: with its own tools, through the gateway.
pub fn is_session(request: &RequestView<'_>) -> bool {
    request.tool_names().contains(&"write")
}

pub fn send(name: &str, task: &str) -> (&'static str, Value) {
    ("spawn_sub_agent", json!({"name": name, "task": task, "needs": ["files", "shell"]}))
}

pub fn write(path: &str, content: &str) -> Script {
    calls([("write", json!({"filePath": path, "content": content}))])
}

pub fn shell(command: &str) -> Script {
    calls([("bash", json!({"command": command, "description": "Runs a command"}))])
}

/// The Grow Agent sends a sub-agent to the workbench, which writes a file and needs the shell.
pub fn one_writer(request: &RequestView<'_>) -> Option<Script> {
    if is_session(request) {
        return Some(match request.answers_so_far() {
            0 => write("greeting.txt", "hello\n"),
            1 => shell("cp greeting.txt copy.txt"),
            _ => says("Wrote greeting.txt and copied it."),
        });
    }
    Some(if request.last_user_text().contains("Wrote greeting.txt") {
        says("The greeting is written.")
    } else if request.tool_results().is_empty() {
        calls([send("writer", "write a greeting")])
    } else {
        says("I have sent somebody.")
    })
}

fn asks(program: &Program) -> Vec<Value> {
    program.json(&["asks", "list"])
}

pub fn until_asked(program: &Program) -> Value {
    until("a question", || asks(program).into_iter().next())
}

pub fn answer(program: &Program, ask: &Value, answer: &str) {
    let ran = program.run(&["asks", "answer", ask["ask"]["id"].as_str().expect("an id"), answer]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

pub fn say(program: &Program, text: &str) {
    let ran = program.run(&["agents", "say", "grow", text]);
    // The command ends early if a sub-agent asks meanwhile.
    assert!(ran.code == Some(0) || ran.err.contains("waits for your answer"), "{ran:?}");
}

fn agents(program: &Program) -> Vec<Value> {
    program.json(&["agents", "list"])
}

/// The sub-agents, in the order of their names.
pub fn sub_agents(program: &Program) -> Vec<Value> {
    let mut found: Vec<Value> = agents(program).into_iter().filter(|agent| agent["id"] != "grow").collect();
    found.sort_by_key(|agent| agent["name"].to_string());
    found
}

/// Whether no turn is under way.
pub fn is_over(program: &Program) -> bool {
    let at_work = ["thinking", "working", "waiting"];
    agents(program).iter().all(|agent| !at_work.contains(&agent["status"].as_str().expect("a status")))
}

/// Waits until nobody is at work and the Grow Agent has said this.
pub fn until_said(program: &Program, words: &str) {
    until(words, || (is_over(program) && program.run(&["agents", "show", "grow"]).out.contains(words)).then_some(()));
}

/// What all agents have spent is what the provider bills, to the micro-cent; nothing is reserved or unknown.
pub fn assert_costs_equal_the_bill(program: &Program) {
    program.claude.assert_all_accepted();
    let billed = program.claude.total_micro_cents();
    let by_agent = program.json(&["budget", "show", "--by", "agent"]);
    let spent: u64 = by_agent.iter().map(|row| row["cost"].as_u64().expect("money")).sum();
    assert!(billed > 0);
    assert_eq!(spent, billed, "{by_agent:?}");
    for row in by_agent.iter().filter(|row| row["cost"].as_u64() > Some(0)) {
        let tokens = |which: &str| row[which].as_u64().expect("a number");
        assert!(tokens("input_tokens") > 0 && tokens("output_tokens") > 0, "{row}");
    }
    assert_eq!(program.json(&["budget", "show"])[0]["reserved"], 0);
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
}

/// The requests of sessions whose last message is this prompt: one, unless it was sent again.
fn prompts(program: &Program, task: &str) -> usize {
    let first = program.claude.messages().into_iter().filter(|request| {
        let view = request.asked();
        is_session(&view) && view.answers_so_far() == 0 && view.first_user_text().contains(task)
    });
    first.count()
}

#[test]
fn a_sub_agent_in_the_workbench_writes_a_file_asks_for_the_shell_and_reports() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(one_writer);
    let running = Running::ready(&program);
    say(&program, "greet the world");
    let ask = until_asked(&program);
    assert_eq!(ask["ask"]["detail"]["session"]["permission"]["command"], "cp greeting.txt copy.txt", "{ask}");
    answer(&program, &ask, "allow");
    until_said(&program, "The greeting is written.");
    let writer = sub_agents(&program).remove(0);
    assert_eq!((writer["mind"].as_str(), writer["name"].as_str()), (Some("session"), Some("writer")), "{writer}");
    let folder = format!("/workspace/{}", writer["id"].as_str().expect("an id"));
    let owned = Owned::of(host, &program);
    assert_eq!(owned.shell("opencode", &format!("cat {folder}/greeting.txt {folder}/copy.txt")), "hello\nhello");
    assert_eq!(prompts(&program, "write a greeting"), 1);
    assert_costs_equal_the_bill(&program);
    let shown = program.run(&["agents", "show", "grow"]);
    assert!(shown.out.contains("greeting.txt (+1"), "the report names the files: {shown:?}");
    drop(running);
    reset(&program);
}

/// A sub-agent that copies a file three times, and once more when it is told to.
fn one_copier(request: &RequestView<'_>) -> Option<Script> {
    if !is_session(request) {
        return one_writer(request);
    }
    Some(match request.answers_so_far() {
        0 => write("greeting.txt", "hello\n"),
        1 => shell("cp greeting.txt one.txt"),
        2 => shell("cp greeting.txt two.txt"),
        3 => shell("cp greeting.txt three.txt"),
        4 => says("Wrote greeting.txt and copied it."),
        5 => shell("cp greeting.txt four.txt"),
        _ => says("Copied it once more."),
    })
}

#[test]
fn an_answer_for_always_is_a_listed_rule_and_without_the_rule_the_session_asks_again() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(one_copier);
    let running = Running::ready(&program);
    say(&program, "greet the world");
    let ask = until_asked(&program);
    let line = "allow workbench_bash command=\"cp *\"";
    assert_eq!(ask["ask"]["detail"]["session"]["rule"], line, "{ask}");
    let id = ask["ask"]["id"].as_str().expect("an id");
    let answered = program.run(&["asks", "answer", id, "allow", "--scope", "agent"]);
    assert_eq!(answered.code, Some(0), "{answered:?}");
    until_said(&program, "The greeting is written.");
    assert_eq!((count(&program, "ask_raised"), count(&program, "session_decided")), (1, 2), "the rule decides the others");
    let writer = sub_agents(&program).remove(0)["id"].as_str().expect("an id").to_owned();
    let rules = program.json(&["rules", "list"]);
    let added: Vec<&Value> = rules.iter().filter(|rule| rule["origin"] == "answer").collect();
    assert!(added.len() == 1 && added[0]["line"] == format!("{line} agent={writer}"), "{added:?}");
    let removed = program.run(&["rules", "remove", added[0]["id"].as_str().expect("an id")]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    let told = program.run(&["agents", "say", &writer, "copy it once more"]);
    assert!(told.code == Some(0) || told.err.contains("waits for your answer"), "{told:?}");
    let again = until_asked(&program);
    assert_eq!(again["ask"]["detail"]["session"]["permission"]["command"], "cp greeting.txt four.txt", "{again}");
    answer(&program, &again, "allow");
    let owned = Owned::of(host, &program);
    until("the fourth copy", || {
        let is_there = owned.shell("opencode", &format!("cat /workspace/{writer}/four.txt 2>/dev/null || echo none")) == "hello";
        (is_there && is_over(&program)).then_some(())
    });
    assert_costs_equal_the_bill(&program);
    drop(running);
    reset(&program);
}

/// A sub-agent that leaves a text with spaces at both ends, and a file that is no text.
fn one_with_bytes(request: &RequestView<'_>) -> Option<Script> {
    if !is_session(request) {
        return one_writer(request);
    }
    Some(match request.answers_so_far() {
        0 => write("spaced.md", SPACED),
        1 => shell("printf '\\000\\377\\200\\n' > data.bin"),
        _ => says("Wrote greeting.txt and copied it."),
    })
}

const SPACED: &str = "\n  spaced  \n\n";

/// Asks the host, as the window does.
pub fn send_to_host(program: &Program, request: Request) -> Reply {
    let environment = Environment::from_process();
    let profile = growqr_app::Profile::find(Some(program.folder()), &environment).expect("a profile");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(growqr_app::send_request(profile, &environment, request)).expect("an answer")
}

#[test]
fn files_leave_the_workbench_byte_for_byte_and_before_they_are_removed() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(one_with_bytes);
    let running = Running::ready(&program);
    say(&program, "greet the world");
    let ask = until_asked(&program);
    answer(&program, &ask, "allow");
    until_said(&program, "The greeting is written.");
    let agent = sub_agents(&program).remove(0)["id"].as_str().expect("an id").to_owned();
    let read = |path: &str| {
        let request = Request::ReadWorkFile { agent: agent.clone(), path: path.to_owned() };
        match send_to_host(&program, request) {
            Reply::WorkFile { text, cut, bytes } => (text, cut, bytes),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read("spaced.md"), (Some(SPACED.to_owned()), false, SPACED.len() as u64));
    assert_eq!(read("data.bin"), (None, false, 4), "not a text, so it cannot be kept in memory");
    let listed = program.run(&["stack", "files", "list", &agent]);
    assert!(listed.out.contains("spaced.md") && listed.out.contains("data.bin"), "{listed:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let get = |path: &str, to: &str| program.run(&["stack", "files", "get", &agent, path, "--output", to]);
    assert_eq!(get("data.bin", &file("data.bin")).code, Some(0));
    assert_eq!(std::fs::read(file("data.bin")).expect("a file"), [0, 255, 128, b'\n']);
    let again = get("spaced.md", &file("data.bin"));
    assert!(again.code == Some(1) && again.err.contains("cannot be created"), "{again:?}");
    let missing = get("../../data/none", &file("none"));
    assert!(missing.code == Some(1) && !folder.path().join("none").exists(), "{missing:?}");
    // Neither a host nor a running container is needed.
    running.kill();
    host.docker(&["kill", &Owned::of(host, &program).container("opencode")]);
    assert_eq!(get("spaced.md", &file("spaced.md")).code, Some(0));
    assert_eq!(std::fs::read_to_string(file("spaced.md")).expect("a file"), SPACED);
    let refused = program.run(&["stack", "reset", "--yes", "--export", &file("data.bin")]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_ne!(part(&status(&program), "opencode")["state"], "off", "nothing was removed");
    let exported = program.run(&["stack", "reset", "--yes", "--export", &file("work.tar")]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let unpacked = Command::new("tar").args(["-xOf", &file("work.tar"), &format!("workspace/{agent}/spaced.md")]).output();
    assert_eq!(String::from_utf8_lossy(&unpacked.expect("tar starts").stdout), SPACED);
}

/// A sub-agent whose repository names a program that git would run.
fn one_with_a_prepared_repository(request: &RequestView<'_>) -> Option<Script> {
    if !is_session(request) {
        return one_writer(request);
    }
    Some(match request.answers_so_far() {
        0 => write(".git/config", "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch /tmp/ran-by-git; false\n"),
        1 => shell("git status"),
        _ => says("Wrote greeting.txt in vain."),
    })
}

#[test]
fn a_program_that_a_repository_names_runs_only_after_a_question() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(one_with_a_prepared_repository);
    let running = Running::ready(&program);
    say(&program, "greet the world");
    let ask = until_asked(&program);
    assert_eq!(ask["ask"]["detail"]["session"]["permission"]["command"], "git status", "{ask}");
    answer(&program, &ask, "deny");
    until_said(&program, "The greeting is written.");
    let owned = Owned::of(host, &program);
    assert_eq!(owned.shell("opencode", "ls /tmp/ran-by-git 2>/dev/null || echo none"), "none");
    drop(running);
    reset(&program);
}

/// The number of recorded events of a kind.
pub fn count(program: &Program, kind: &str) -> usize {
    program.json(&["events"]).iter().filter(|event| event["kind"] == kind).count()
}

/// No request of a session has its prompt twice, and the prompt was recorded once.
fn assert_prompted_once(program: &Program, task: &str) {
    for request in program.claude.messages().iter().filter(|request| is_session(&request.asked())) {
        assert_eq!(request.body["messages"].to_string().matches(task).count(), 1, "{}", request.body);
    }
    assert_eq!((count(program, "session_intended"), count(program, "session_started")), (1, 1));
}

#[test]
fn a_session_whose_program_is_killed_while_it_asks_goes_on_after_the_answer() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(one_writer);
    let first = Running::start(&program);
    let before = first.until_ready();
    say(&program, "greet the world");
    let ask = until_asked(&program);
    let containers = Owned::of(host, &program).running();
    first.kill();
    assert_eq!(asks(&program), std::slice::from_ref(&ask), "it still waits");
    let second = Running::start(&program);
    let after = second.until_ready();
    assert_eq!(asks(&program), std::slice::from_ref(&ask), "asked once");
    answer(&program, &ask, "allow");
    until_said(&program, "The greeting is written.");
    assert_eq!(Owned::of(host, &program).running(), containers, "adopted as they are");
    assert_eq!(port(&after, "opencode"), port(&before, "opencode"));
    assert_prompted_once(&program, "write a greeting");
    assert_costs_equal_the_bill(&program);
    drop(second);
    reset(&program);
}

#[test]
fn a_session_whose_program_is_killed_in_the_middle_of_a_model_call_is_adopted() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let held = StopPoint::new();
    let (stop, is_first) = (held.clone(), AtomicBool::new(true));
    program.claude.route(move |request| {
        let script = one_writer(request)?;
        let holds = is_session(request) && request.answers_so_far() == 1 && is_first.swap(false, Ordering::Relaxed);
        Some(if holds { script.stop_at(Point::Events(3), &stop) } else { script })
    });
    let first = Running::ready(&program);
    say(&program, "greet the world");
    wait(&held);
    first.kill();
    held.release();
    let second = Running::ready(&program);
    let ask = until_asked(&program);
    answer(&program, &ask, "allow");
    until_said(&program, "The greeting is written.");
    assert_prompted_once(&program, "write a greeting");
    assert_every_cost_is_counted(&program);
    let writer = sub_agents(&program).remove(0);
    let folder = format!("/workspace/{}", writer["id"].as_str().expect("an id"));
    assert_eq!(Owned::of(host, &program).shell("opencode", &format!("cat {folder}/copy.txt")), "hello");
    drop(second);
    reset(&program);
}

/// Waits until a response is stopped there.
pub fn wait(held: &StopPoint) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(LIMIT, held.reached()).await.expect("a response reaches this point");
    });
}

/// Like [`assert_costs_equal_the_bill`], after a call that was cut: nobody knows its exact cost, so at least the bill is counted.
pub fn assert_every_cost_is_counted(program: &Program) {
    program.claude.assert_all_accepted();
    let billed = program.claude.total_micro_cents();
    let budget = &program.json(&["budget", "show"])[0];
    let counted = budget["spent"].as_u64().expect("money") + budget["unknown"].as_u64().expect("money");
    assert_eq!(budget["reserved"], 0, "{budget}");
    assert!(billed > 0 && counted >= billed, "{budget}: {billed} billed");
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
}

/// The number of times that a part was started again after a failure.
pub fn restarts(state: &Value, id: &str) -> u64 {
    part(state, id)["restarts"].as_u64().expect("a number")
}

/// Waits until the log says that a part has died, with this reason. The state says so only until the next start.
fn until_death_logged(running: &Running<'_>, id: &str, reason: &str) {
    until(reason, || {
        let is_death = |line: &str| line.contains("a container has ended") && line.contains(id) && line.contains(reason);
        running.log().lines().any(is_death).then_some(())
    });
}

#[test]
fn a_workbench_that_is_killed_in_the_middle_of_a_model_call_is_started_again_and_the_session_goes_on() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let held = StopPoint::new();
    let stop = held.clone();
    program.claude.route(move |request| {
        let script = one_writer(request)?;
        if is_session(request) && request.last_user_text().contains("The workbench stopped while you worked") {
            return Some(says("Wrote greeting.txt after all."));
        }
        let holds = is_session(request) && request.answers_so_far() == 1;
        Some(if holds { script.stop_at(Point::BeforeHead, &stop) } else { script })
    });
    let running = Running::ready(&program);
    say(&program, "greet the world");
    wait(&held);
    let container = Owned::of(host, &program).container("opencode");
    host.docker(&["kill", &container]);
    until_death_logged(&running, "opencode", "it was killed");
    held.release();
    until_said(&program, "The greeting is written.");
    let state = running.until_ready();
    assert_eq!(restarts(&state, "opencode"), 1, "{state}");
    assert_eq!(Owned::of(host, &program).container("opencode"), container, "the same container");
    assert_eq!((count(&program, "session_intended"), count(&program, "session_started")), (2, 1), "prompted to go on");
    assert_every_cost_is_counted(&program);
    drop(running);
    reset(&program);
}

#[test]
fn a_workbench_that_runs_out_of_memory_says_so_and_the_command_under_way_is_reported_as_in_doubt() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(|request| {
        if is_session(request) {
            return Some(shell("sleep 300"));
        }
        Some(if request.last_user_text().contains("may have happened") {
            says("I shall look whether it happened.")
        } else if request.tool_results().is_empty() {
            calls([send("sleeper", "sleep long")])
        } else {
            says("I have sent somebody.")
        })
    });
    let running = Running::ready(&program);
    say(&program, "sleep");
    let ask = until_asked(&program);
    answer(&program, &ask, "allow");
    let owned = Owned::of(host, &program);
    until("the command", || command_lines(&owned).contains("sleep\u{0}300").then_some(()));
    let container = owned.container("opencode");
    // The kernel ends the largest process: the server, which has half of this.
    host.docker(&["update", "--memory", "700m", "--memory-swap", "700m", &container]);
    let hog = "tail /dev/zero & tail /dev/zero";
    // It ends with an error, as the container does.
    let ended = Command::new("docker").args(["-H", &host.address(), "exec", &container, "sh", "-c", hog]).output();
    assert!(!ended.expect("docker starts").status.success());
    until_death_logged(&running, "opencode", "out of memory");
    host.docker(&["update", "--memory", "2g", "--memory-swap", "2g", &container]);
    until_said(&program, "I shall look whether it happened.");
    let shown = program.run(&["agents", "show", "grow"]);
    assert!(shown.out.contains("sleep 300"), "{shown:?}");
    assert_costs_equal_the_bill(&program);
    drop(running);
    reset(&program);
}

/// The command lines of all processes in the workbench. One may end while they are read.
fn command_lines(owned: &Owned<'_>) -> String {
    owned.shell("opencode", "cat /proc/[0-9]*/cmdline 2>/dev/null; true")
}

/// Eight sub-agents, each with a number in its task.
fn eight_writers(request: &RequestView<'_>) -> Option<Script> {
    if is_session(request) {
        let task = request.first_user_text();
        let number = task.split("number ").nth(1)?.chars().next()?;
        return Some(match (request.answers_so_far(), number) {
            (0, _) => write(&format!("file-{number}.txt"), &format!("written by {number}\n")),
            (1, '3') => shell(&format!("cp file-{number}.txt copy-{number}.txt")),
            (1, '5') => shell("sleep 300"),
            (1, _) => shell(&format!("cat file-{number}.txt")),
            _ => says(&format!("Number {number} is done.")),
        });
    }
    Some(if request.tool_results().is_empty() && request.answers_so_far() == 0 {
        calls((1..=8).map(|number| send(NAMES[number], &format!("be number {number}"))))
    } else {
        says("Noted.")
    })
}

pub const NAMES: [&str; 9] = ["", "one", "two", "three", "four", "five", "six", "seven", "eight"];

pub fn named<'a>(agents: &'a [Value], name: &str) -> &'a Value {
    agents.iter().find(|agent| agent["name"] == name).unwrap_or_else(|| panic!("no {name} in {agents:?}"))
}

/// Two of the eight ask: one gets its answer, the other is cancelled. `killed`: the program is killed while the others work, and
/// started again.
fn play_eight(host: &DockerHost, program: &Program, killed: bool) {
    program.claude.route(eight_writers);
    let mut running = Running::ready(program);
    say(program, "send eight");
    if killed {
        until_asked(program);
        running.kill();
        running = Running::start(program);
    }
    let open = until("two questions", || Some(asks(program)).filter(|open| open.len() == 2));
    let of = |name: &str| open.iter().find(|ask| ask["agent_name"] == name).unwrap_or_else(|| panic!("{open:?}"));
    let sent = sub_agents(program);
    let cancelled = program.run(&["agents", "cancel", named(&sent, "five")["id"].as_str().expect("an id")]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    answer(program, of("three"), "allow");
    until("the end of all", || is_over(program).then_some(()));
    assert_eq!(asks(program), Vec::<Value>::new());
    let owned = Owned::of(host, program);
    for (number, name) in NAMES.iter().enumerate().skip(1) {
        let agent = named(&sent, name);
        assert_eq!(agent["mind"], "session", "{agent}");
        let folder = format!("/workspace/{}", agent["id"].as_str().expect("an id"));
        let line = format!("written by {number}");
        assert_eq!(owned.shell("opencode", &format!("cat {folder}/file-{number}.txt")), line);
        let files = owned.shell("opencode", &format!("ls {folder}"));
        let expected = if number == 3 { "copy-3.txt\nfile-3.txt".to_owned() } else { format!("file-{number}.txt") };
        assert_eq!(files, expected, "nothing of the others");
    }
    let now = sub_agents(program);
    let ends: Vec<Value> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "session_ended").collect();
    let ended = |name: &&&str| named(&now, name)["status"] == if **name == "five" { "cancelled" } else { "done" };
    assert_eq!(NAMES.iter().skip(1).filter(|name| ended(name)).count(), 8, "{ends:?}");
    assert_eq!((count(program, "session_intended"), count(program, "session_started")), (8, 8));
    assert!(!command_lines(&owned).contains("sleep\0"), "what was cancelled does not run");
    drop(running);
}

#[test]
fn eight_sub_agents_write_side_by_side_while_one_asks_and_one_is_cancelled() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    play_eight(host, &program, false);
    assert_costs_equal_the_bill(&program);
    reset(&program);
}

#[test]
fn eight_sub_agents_are_adopted_by_a_program_that_was_killed_while_they_worked() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    play_eight(host, &program, true);
    assert_every_cost_is_counted(&program);
    reset(&program);
}

/// The host's address on the default bridge. A daemon that made the bridge itself tells only its range until it starts again:
/// then the host has the first address.
fn bridge_address(host: &DockerHost) -> Ipv4Addr {
    let template = "{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}";
    let told = host.docker(&["network", "inspect", "bridge", "-f", template]);
    match told.split_once('/') {
        None => told.parse().expect("an address"),
        Some((range, _)) => Ipv4Addr::from(u32::from(range.parse::<Ipv4Addr>().expect("a range")) + 1),
    }
}

#[test]
fn a_port_that_another_program_has_on_the_bridge_is_not_the_gateways() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let bridge = bridge_address(host);
    // Gitea and OpenCode get the first two ports.
    let taken = ports(&program).start() + 2;
    let other = TcpListener::bind((bridge, taken)).expect("nobody listens there");
    up(&program);
    drop(other);
    reset(&program);
}

#[test]
fn no_key_of_the_person_is_in_docker_and_no_token_of_a_container_is_in_the_data_folder() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(one_writer);
    let running = Running::start_logging(&program, "trace");
    running.until_ready();
    remember(&program, "plan.md", "learn Rust\n");
    say(&program, "greet the world");
    let ask = until_asked(&program);
    answer(&program, &ask, "allow");
    until_said(&program, "The greeting is written.");
    assert_eq!(program.run(&["stack", "sync"]).code, Some(0));
    let owned = Owned::of(host, &program);
    let key = encodings(program.claude.key());
    let assert_no_key = |what: &str, bytes: &[u8]| {
        for encoding in &key {
            assert!(!bytes.windows(encoding.len()).any(|window| window == encoding), "{what} has the key");
        }
    };
    for id in owned.containers() {
        assert_no_key("inspect", host.docker(&["inspect", &id]).as_bytes());
        assert_no_key("the log", host.docker(&["logs", &id]).as_bytes());
        assert_no_key("env", host.docker(&["exec", &id, "sh", "-c", "export"]).as_bytes());
        let temporary = host.docker(&["exec", &id, "sh", "-c", "find /tmp -type f -exec cat {} + 2>/dev/null; true"]);
        assert_no_key("a temporary file", temporary.as_bytes());
        let processes = host.docker(&["top", &id, "-eo", "pid"]);
        let environments: Vec<Vec<u8>> =
            processes.lines().skip(1).filter_map(|pid| std::fs::read(format!("/proc/{}/environ", pid.trim())).ok()).collect();
        let environments = environments.concat();
        assert!(String::from_utf8_lossy(&environments).contains("HOME="), "the environments were read");
        assert_no_key("the environment of a process", &environments);
    }
    for id in owned.networks().iter().chain(&owned.volumes()) {
        assert_no_key("inspect", host.docker(&["inspect", id]).as_bytes());
    }
    let mut files = 0;
    for volume in owned.volumes() {
        let place = host.docker(&["volume", "inspect", "-f", "{{.Mountpoint}}", &volume]);
        for_each_file(Path::new(&place), &mut |path, bytes| {
            files += 1;
            assert_no_key(&path.display().to_string(), bytes);
        });
    }
    assert!(files > 50, "the volumes were looked at: {files}");
    drop(running);
    assert_tokens_are_kept(&program);
    reset(&program);
}

/// The passwords and tokens of the containers are in the file of credentials and in no other.
fn assert_tokens_are_kept(program: &Program) {
    let file = program.profile().join("stack-credentials.json");
    let stored: Value = serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    // The label of the containers is no secret.
    let secrets = stored.as_object().expect("an object").iter().filter(|(name, _)| *name != "install");
    let tokens: Vec<&str> = secrets.filter_map(|(_, value)| value.as_str()).collect();
    assert_eq!(tokens.len(), 4, "Gitea's key and token, OpenCode's password, and the gateway's token");
    let mut files = 0;
    for_each_file(program.folder(), &mut |path, bytes| {
        files += 1;
        for encoding in tokens.iter().flat_map(|token| encodings(token)) {
            let contains = bytes.windows(encoding.len()).any(|window| window == encoding);
            assert!(!contains || path == file, "{} has a token", path.display());
        }
    });
    assert!(files > 10, "{files}");
    let log = std::fs::read_to_string(program.folder().join("host.err")).expect("a log");
    assert!(log.contains("TRACE"), "every log is enabled");
}

#[test]
fn a_workbench_that_the_person_never_starts_is_not_waited_for() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    program.claude.route(|request| {
        let told = request.tool_results().iter().any(|result| result.text.contains("growqr stack up"));
        Some(match () {
            () if told => says("It works without files."),
            () if request.last_user_text().contains("greet the world") => calls([send("writer", "write a greeting")]),
            () => says("Noted."),
        })
    });
    up(&program);
    assert_eq!(program.run(&["stack", "down"]).code, Some(0));
    let first = Running::start(&program);
    first.until_ready();
    first.kill();
    let owned = Owned::of(host, &program);
    for part in ["opencode", "gitea"] {
        host.docker(&["stop", "-t", "1", &owned.container(part)]);
    }
    assert_eq!(program.run(&["config", "set", "stack.start", "never"]).code, Some(0));
    let running = Running::without_up(&program, "info");
    until("its state", || {
        let state = status(&program);
        let workbench = part(&state, "opencode");
        (workbench["found"].to_string().contains("stack.start is never")
            && workbench["next_step"].to_string().contains("growqr stack up"))
        .then_some(())
    });
    say(&program, "greet the world");
    until_said(&program, "It works without files.");
    assert_eq!(sub_agents(&program).remove(0)["mind"], "model");
    drop(running);
    reset(&program);
}
