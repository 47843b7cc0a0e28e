//! A program that was killed at any moment goes on where it was: nothing is lost and nothing is done twice.

use crate::program::{Program, kill};
use crate::story::{MESSAGES, end_state, model};
use growqr_testkit::anthropic::{Point, StopPoint};
use growqr_testkit::postgres::fresh_database;
use serde_json::Value;
use std::collections::BTreeMap;

pub fn told(program: &Program) {
    for message in MESSAGES {
        let ran = program.chat(message);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    program.assert_all_accepted();
}

pub fn undisturbed() -> Value {
    let program = Program::new();
    program.claude.route(model);
    told(&program);
    end_state(&program)
}

/// Starts again as a person would: open turns go on; messages that were not recorded are sent again.
pub fn go_on(program: &Program) {
    let ran = program.run(&["chat"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said: Vec<Value> = program.json(&["events"]).into_iter().filter(|event| event["kind"] == "user_said").collect();
    for message in MESSAGES.iter().skip(said.len()) {
        let ran = program.chat(message);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

/// Asserts one result for each tool call, one commit for each intended change, and an intact journal.
pub fn nothing_twice(program: &Program) {
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

/// Plays the story and kills the program at one hold point of the message `at`: the `number`-th one `before` or `after`
/// an append, or after a `step` of a memory change (`place`). Returns false if the message has fewer stop points.
fn killed_at(program: &Program, at: usize, place: &str, number: usize) -> bool {
    program.route(model);
    for message in &MESSAGES[..at] {
        assert_eq!(program.chat(message).code, Some(0));
    }
    let mark = program.folder().join("held");
    let mut command = program.command(&["chat", MESSAGES[at]]);
    command.env("GROWQR_STOP_POINT", format!("{place}:{number}")).env("GROWQR_STOP_POINT_MARK", &mark);
    program.kill_at(command, &mark)
}

pub fn every_place_of(at: usize, place: &str, make: impl Fn() -> Program) -> usize {
    let expected = undisturbed();
    let mut number = 1;
    loop {
        let program = make();
        let was_killed = killed_at(&program, at, place, number);
        if !was_killed {
            return number - 1;
        }
        go_on(&program);
        assert_eq!(end_state(&program), expected, "killed {place} {number} of {:?}", MESSAGES[at]);
        nothing_twice(&program);
        program.assert_all_accepted();
        number += 1;
    }
}

#[test]
fn killed_before_any_append_of_a_remembering_turn_it_ends_the_same() {
    assert!(every_place_of(1, "before", Program::new) >= 4);
}

#[test]
fn killed_after_any_append_of_a_remembering_turn_it_ends_the_same() {
    assert!(every_place_of(1, "after", Program::new) >= 4);
}

#[test]
fn killed_after_any_step_of_a_commit_it_ends_the_same() {
    assert!(every_place_of(1, "step", Program::new) >= 4);
}

#[test]
fn killed_before_any_append_of_a_delegating_turn_it_ends_the_same() {
    assert!(every_place_of(2, "before", Program::new) >= 8);
}

#[test]
fn killed_after_any_append_of_a_delegating_turn_it_ends_the_same() {
    assert!(every_place_of(2, "after", Program::new) >= 8);
}

fn on_postgres() -> Program {
    Program::on_postgres(fresh_database().expect("there was a server a moment ago"))
}

#[test]
fn killed_before_or_after_any_append_of_a_remembering_turn_it_ends_the_same_on_postgres() {
    if fresh_database().is_some() {
        for side in ["before", "after"] {
            assert!(every_place_of(1, side, on_postgres) >= 4);
        }
    }
}

#[test]
fn killed_after_any_step_of_a_commit_it_ends_the_same_on_postgres() {
    if fresh_database().is_some() {
        assert!(every_place_of(1, "step", on_postgres) >= 4);
    }
}

#[test]
fn killed_before_any_append_of_a_delegating_turn_it_ends_the_same_on_postgres() {
    if fresh_database().is_some() {
        assert!(every_place_of(2, "before", on_postgres) >= 8);
    }
}

#[test]
fn killed_after_any_append_of_a_delegating_turn_it_ends_the_same_on_postgres() {
    if fresh_database().is_some() {
        assert!(every_place_of(2, "after", on_postgres) >= 8);
    }
}

#[test]
fn killed_in_the_middle_of_a_streamed_reply_it_asks_again_and_counts_both() {
    killed_in_mid_stream(&Program::new());
}

#[test]
fn killed_in_the_middle_of_a_streamed_reply_it_asks_again_and_counts_both_on_postgres() {
    if fresh_database().is_some() {
        killed_in_mid_stream(&on_postgres());
    }
}

fn killed_in_mid_stream(program: &Program) {
    let hold = StopPoint::new();
    let held = hold.clone();
    let first = std::sync::atomic::AtomicBool::new(true);
    program.claude.route(move |asked| {
        let script = model(asked)?;
        let is_first = first.swap(false, std::sync::atomic::Ordering::Relaxed);
        Some(if is_first { script.stop_at(Point::Events(4), &held) } else { script })
    });
    let mut child = program.command(&["chat", MESSAGES[0]]).spawn().expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(hold.reached());
    kill(&mut child);
    hold.release();
    let billed = program.claude.total_micro_cents();
    let open = &program.json(&["budget", "show"])[0];
    assert!(open["reserved"].as_u64() >= Some(billed.max(1)), "also before the next start: {open}");
    let listed = program.run(&["agents", "list"]);
    assert!(listed.out.contains("thinking") && listed.err.contains("No GrowQR is running"), "{listed:?}");
    go_on(program);
    assert_eq!(end_state(program), undisturbed());
    assert_eq!(program.json(&["budget", "show"])[0]["reserved"], 0);
    program.claude.assert_all_accepted();
    let budget = &program.json(&["budget", "show"])[0];
    let counted = budget["spent"].as_u64().expect("money") + budget["unknown"].as_u64().expect("money");
    assert!(budget["unknown"].as_u64() > Some(0), "{budget}");
    assert!(counted >= program.claude.total_micro_cents(), "nothing is spent unseen: {budget}");
}
