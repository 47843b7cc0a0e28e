//! Sub-agents in the workbench: with the real OpenCode in a real container, and a scripted model behind the gateway.

use crate::docker_desk::{Owned, Running, desk, docker, port, reset, until};
use crate::program::Program;
use growqr_testkit::anthropic::{Point, RecordedRequest, RequestOutcome, RequestView, Script, StopPoint, calls, says};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// Whether a request comes from OpenCode: with its own tools, through the gateway.
fn is_session(request: &RequestView<'_>) -> bool {
    request.tool_names().contains(&"write")
}

fn send(name: &str, task: &str) -> (&'static str, Value) {
    ("spawn_sub_agent", json!({"name": name, "task": task, "needs": ["files", "shell"]}))
}

fn write(path: &str, content: &str) -> Script {
    calls([("write", json!({"filePath": path, "content": content}))])
}

fn shell(command: &str) -> Script {
    calls([("bash", json!({"command": command, "description": "Runs a command"}))])
}

/// The Grow Agent sends a sub-agent to the workbench, which writes a file and needs the shell.
fn one_writer(request: &RequestView<'_>) -> Option<Script> {
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

fn until_asked(program: &Program) -> Value {
    until("a question", LIMIT, || asks(program).into_iter().next())
}

fn answer(program: &Program, ask: &Value, answer: &str) {
    let ran = program.run(&["asks", "answer", ask["ask"]["id"].as_str().expect("an id"), answer]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

fn say(program: &Program, text: &str) {
    let ran = program.run(&["agents", "say", "grow", text]);
    // The command ends early if a sub-agent asks meanwhile.
    assert!(ran.code == Some(0) || ran.err.contains("waits for your answer"), "{ran:?}");
}

fn agents(program: &Program) -> Vec<Value> {
    program.json(&["agents", "list"])
}

/// The sub-agents, in the order of their names.
fn sub_agents(program: &Program) -> Vec<Value> {
    let mut found: Vec<Value> = agents(program).into_iter().filter(|agent| agent["id"] != "grow").collect();
    found.sort_by_key(|agent| agent["name"].to_string());
    found
}

/// Waits until nobody is at work and the Grow Agent has said this.
fn until_said(program: &Program, words: &str) {
    until(words, LIMIT, || {
        let is_over = agents(program).iter().all(|agent| agent["status"] == "idle" || agent["status"] == "done");
        (is_over && program.run(&["agents", "show", "grow"]).out.contains(words)).then_some(())
    });
}

/// What all agents have spent is what the provider bills, to the micro-cent; nothing is reserved or unknown.
fn assert_costs_equal_the_bill(program: &Program) {
    program.claude.assert_all_accepted();
    let billed = program.claude.total_micro_cents();
    let by_agent = program.json(&["budget", "show", "--by", "agent"]);
    let spent: u64 = by_agent.iter().map(|row| row["cost"].as_u64().expect("money")).sum();
    assert!(billed > 0);
    assert_eq!(spent, billed, "{by_agent:?}");
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
    let running = Running::start(&program);
    running.until_ready();
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

/// The number of recorded events of a kind.
fn count(program: &Program, kind: &str) -> usize {
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
    let first = Running::start(&program);
    first.until_ready();
    say(&program, "greet the world");
    wait(&held);
    first.kill();
    held.release();
    let second = Running::start(&program);
    second.until_ready();
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
fn wait(held: &StopPoint) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(LIMIT, held.reached()).await.expect("a response reaches this point");
    });
}

/// Like [`assert_costs_equal_the_bill`], after a call that was cut: its cost is not known, and counts with its whole reservation.
fn assert_every_cost_is_counted(program: &Program) {
    program.claude.assert_all_accepted();
    let requests = program.claude.messages();
    let is_answered = |request: &&RecordedRequest| matches!(request.ended, Some(RequestOutcome::Answered(_)));
    let whole: u64 = requests.iter().filter(is_answered).filter_map(|request| request.bill).map(|bill| bill.micro_cents).sum();
    let cut: u64 = program.claude.total_micro_cents() - whole;
    let budget = &program.json(&["budget", "show"])[0];
    let (spent, unknown) = (budget["spent"].as_u64().expect("money"), budget["unknown"].as_u64().expect("money"));
    assert_eq!((spent, budget["reserved"].as_u64()), (whole, Some(0)), "{budget}");
    assert!(unknown >= cut && unknown > 0, "{budget} {cut}");
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
}
