//! A program that was killed at any moment continues at the same point: nothing is lost and nothing is done twice.

use crate::program::{Program, kill};
use crate::story::{MESSAGES, end_state, model};
use growqr_testkit::anthropic::{Point, StopPoint};
use growqr_testkit::postgres::{fresh_database, restore};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

pub fn play_story(program: &Program) {
    for message in MESSAGES {
        let ran = program.chat(message);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    program.assert_all_accepted();
}

pub fn expected_end_state() -> Value {
    let program = Program::new();
    program.claude.route(model);
    play_story(&program);
    end_state(&program)
}

/// Starts again as a person would: open turns continue; messages that were not recorded are sent again.
pub fn restart_and_finish(program: &Program) {
    let ran = program.run(&["chat"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said: Vec<Value> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "user_said").collect();
    for message in MESSAGES.iter().skip(said.len()) {
        let ran = program.chat(message);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

/// Asserts one result for each tool call, one commit for each intended change, and an intact journal.
pub fn assert_no_effect_twice(program: &Program) {
    let mut started: BTreeMap<String, i32> = BTreeMap::new();
    // If a call recorded several intents, the last one counts: memory had changed before the others could be committed.
    let mut intended: BTreeMap<String, Value> = BTreeMap::new();
    for event in program.json(&["events"]) {
        let effect = event["data"]["effect"].as_str().unwrap_or_default().to_owned();
        match event["kind"].as_str() {
            Some("commit_intended") => drop(intended.insert(effect, event["data"]["plan"]["commit"].clone())),
            Some("tool_started") => assert_eq!(started.insert(effect, 0), None),
            Some("tool_finished") => *started.get_mut(&effect).expect("it was started") += 1,
            _ => {}
        }
    }
    assert!(started.values().all(|finished| *finished == 1), "{started:?}");
    let log = program.json(&["memory", "log"]);
    let made: Vec<(String, Value)> = log
        .iter()
        .filter_map(|change| Some((change["origin"]["tool_call"].as_str()?.to_owned(), change["commit"].clone())))
        .collect();
    assert_eq!(made.len(), intended.len(), "one commit for each call: {made:?}");
    assert_eq!(BTreeMap::from_iter(made), intended, "and it is the one that was recorded");
    assert_eq!(program.json(&["audit", "verify"])[0]["sound"], true);
}

/// Plays the story up to the message with the index `message` and kills the program while it handles that message.
/// `moment` is the kind of stop point (`before` or `after` an append, or after a `step` of a memory change), `number`
/// counts them from 1. Returns false if the message has fewer stop points.
fn play_until_killed(program: &Program, message: usize, moment: &str, number: usize) -> bool {
    program.route(model);
    for earlier in &MESSAGES[..message] {
        assert_eq!(program.chat(earlier).code, Some(0));
    }
    let mark = program.folder().join("stopped");
    let mut command = program.command(&["chat", MESSAGES[message]]);
    command.env("GROWQR_STOP_POINT", format!("{moment}:{number}")).env("GROWQR_STOP_POINT_MARK", &mark);
    program.kill_at(command, &mark)
}

pub fn kill_at_every_stop_point(message: usize, moment: &str, make: impl Fn() -> Program) -> usize {
    let expected = expected_end_state();
    let mut number = 1;
    loop {
        let program = make();
        let was_killed = play_until_killed(&program, message, moment, number);
        if !was_killed {
            return number - 1;
        }
        restart_and_finish(&program);
        assert_eq!(end_state(&program), expected, "killed {moment} {number} of {:?}", MESSAGES[message]);
        assert_no_effect_twice(&program);
        program.assert_all_accepted();
        number += 1;
    }
}

#[test]
fn a_kill_before_any_append_of_a_turn_with_a_commit_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(1, "before", Program::new) >= 4);
}

#[test]
fn a_kill_after_any_append_of_a_turn_with_a_commit_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(1, "after", Program::new) >= 4);
}

#[test]
fn a_kill_after_any_step_of_a_commit_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(1, "step", Program::new) >= 4);
}

#[test]
fn a_kill_before_any_append_of_a_turn_with_sub_agents_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(2, "before", Program::new) >= 8);
}

#[test]
fn a_kill_after_any_append_of_a_turn_with_sub_agents_leads_to_the_same_end() {
    assert!(kill_at_every_stop_point(2, "after", Program::new) >= 8);
}

fn on_postgres() -> Program {
    Program::on_postgres(fresh_database().expect("there was a server a moment ago"))
}

#[test]
fn a_kill_before_or_after_any_append_of_a_turn_with_a_commit_leads_to_the_same_end_on_postgres() {
    if fresh_database().is_some() {
        for side in ["before", "after"] {
            assert!(kill_at_every_stop_point(1, side, on_postgres) >= 4);
        }
    }
}

#[test]
fn a_kill_after_any_step_of_a_commit_leads_to_the_same_end_on_postgres() {
    if fresh_database().is_some() {
        assert!(kill_at_every_stop_point(1, "step", on_postgres) >= 4);
    }
}

#[test]
fn a_kill_before_any_append_of_a_turn_with_sub_agents_leads_to_the_same_end_on_postgres() {
    if fresh_database().is_some() {
        assert!(kill_at_every_stop_point(2, "before", on_postgres) >= 8);
    }
}

#[test]
fn a_kill_after_any_append_of_a_turn_with_sub_agents_leads_to_the_same_end_on_postgres() {
    if fresh_database().is_some() {
        assert!(kill_at_every_stop_point(2, "after", on_postgres) >= 8);
    }
}

/// The server may commit the end of a turn after the process that sent it was killed, and after the next one has looked which agents
/// are at work.
#[test]
fn a_turn_whose_end_is_committed_only_after_the_next_start_is_not_waited_for() {
    let Some(url) = fresh_database() else { return };
    let program = Program::on_postgres(url.clone());
    program.route(model);
    assert_eq!(program.chat(MESSAGES[0]).code, Some(0));
    let set_status = |status: &str| {
        let file = program.folder().join("status.sql");
        std::fs::write(&file, format!("update agents set status = '{status}';")).expect("the file is written");
        restore(&url, &file);
    };
    set_status("thinking");
    let mut child = program.command(&["chat"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let lock = File::options().write(true).open(program.profile().join("host.lock")).expect("the lock");
    while lock.try_lock().is_ok() {
        lock.unlock().expect("it is ours");
        std::thread::sleep(Duration::from_millis(50));
    }
    set_status("idle");
    drop(child.stdin.take());
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_kill_in_the_middle_of_a_streamed_answer_repeats_the_request_and_counts_both() {
    kill_in_the_middle_of_a_stream(&Program::new());
}

#[test]
fn a_kill_in_the_middle_of_a_streamed_answer_repeats_the_request_and_counts_both_on_postgres() {
    if fresh_database().is_some() {
        kill_in_the_middle_of_a_stream(&on_postgres());
    }
}

fn kill_in_the_middle_of_a_stream(program: &Program) {
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    let first = std::sync::atomic::AtomicBool::new(true);
    program.claude.route(move |request| {
        let script = model(request)?;
        let is_first = first.swap(false, std::sync::atomic::Ordering::Relaxed);
        Some(if is_first { script.stop_at(Point::Events(4), &route_stop) } else { script })
    });
    let mut child = program.command(&["chat", MESSAGES[0]]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(stop.reached());
    kill(&mut child);
    stop.release();
    let billed = program.claude.total_micro_cents();
    let budget_before = &program.json(&["budget", "show"])[0];
    assert!(budget_before["reserved"].as_u64() >= Some(billed.max(1)), "also before the next start: {budget_before}");
    let listed = program.run(&["agents", "list"]);
    assert!(listed.out.contains("thinking") && listed.err.contains("No GrowQR is running"), "{listed:?}");
    restart_and_finish(program);
    assert_eq!(end_state(program), expected_end_state());
    assert_eq!(program.json(&["budget", "show"])[0]["reserved"], 0);
    program.claude.assert_all_accepted();
    let budget = &program.json(&["budget", "show"])[0];
    let counted = budget["spent"].as_u64().expect("money") + budget["unknown"].as_u64().expect("money");
    assert!(budget["unknown"].as_u64() > Some(0), "{budget}");
    assert!(counted >= program.claude.total_micro_cents(), "every cost is counted: {budget}");
}
