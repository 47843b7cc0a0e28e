//! Keys: checked by the provider and stored in a real keychain; and what happens without a keychain.

use crate::program::{Program, Ran, kill, run_with};
use growqr_testkit::anthropic::{Point, StopPoint, says};
use growqr_testkit::{DesktopSession, without_session};
use std::process::Command;

/// The command without a key in its environment, in this desktop session or in none.
fn command(program: &Program, session: Option<&DesktopSession>, args: &[&str]) -> Command {
    let mut command = program.command(args);
    command.env_remove("ANTHROPIC_API_KEY");
    match session {
        Some(session) => session.enter(&mut command),
        None => without_session(&mut command),
    }
    command
}

fn run(program: &Program, session: Option<&DesktopSession>, args: &[&str], input: &str) -> Ran {
    run_with(command(program, session, args), input.as_bytes())
}

fn assert_output(ran: &Ran, code: i32, words: &[&str]) {
    let text = format!("{}{}", ran.out, ran.err);
    assert!(ran.code == Some(code) && words.iter().all(|word| text.contains(word)), "{words:?} in {ran:?}");
}

#[test]
fn a_stored_key_is_used_by_every_later_start_until_it_is_removed() {
    let Some(mut session) = DesktopSession::start() else { return };
    let program = Program::new();
    program.claude.route(|_| Some(says("Hello, I am Claude.")));
    let key = program.claude.key().to_owned();
    assert_output(
        &run(&program, Some(&session), &["keys", "set", "anthropic"], &key),
        0,
        &["accepts this key", "in the system's keychain"],
    );
    session.unlock();
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["anthropic", "in the system's keychain"]);
    assert_output(
        &run(&program, Some(&session), &["doctor"], ""),
        0,
        &["anthropic: in the system's keychain", "keys are stored"],
    );
    assert_output(&run(&program, Some(&session), &["chat", "hello"], ""), 0, &["I am Claude"]);
    assert_output(&run(&program, Some(&session), &["keys", "remove", "anthropic"], ""), 0, &[]);
    assert_output(&run(&program, Some(&session), &["chat", "hello"], ""), 0, &["no AI"]);
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["no keys"]);
    program.claude.assert_all_accepted();
}

#[test]
fn a_key_is_not_shared_with_another_folder() {
    let Some(session) = DesktopSession::start() else { return };
    let (one, other) = (Program::new(), Program::new());
    assert_output(&run(&one, Some(&session), &["keys", "set", "anthropic"], one.claude.key()), 0, &[]);
    assert_output(&run(&other, Some(&session), &["keys", "list"], ""), 0, &["no keys"]);
}

#[test]
fn a_refused_key_is_stored_only_with_unchecked() {
    let Some(session) = DesktopSession::start() else { return };
    let program = Program::new();
    let ran = run(&program, Some(&session), &["keys", "set", "anthropic"], "sk-canary");
    assert_output(&ran, 1, &["refused the key", "not stored", "--unchecked"]);
    assert!(!format!("{ran:?}").contains("canary"), "{ran:?}");
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["no keys"]);
    assert_output(&run(&program, Some(&session), &["keys", "set", "anthropic", "--unchecked"], "sk-canary"), 0, &["keychain"]);
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["anthropic"]);
}

#[test]
fn without_a_network_a_key_is_stored_with_a_notice() {
    let Some(session) = DesktopSession::start() else { return };
    let program = Program::new();
    let mut offline = command(&program, Some(&session), &["keys", "set", "anthropic"]);
    offline.env("ANTHROPIC_BASE_URL", "http://127.0.0.1:9");
    assert_output(&run_with(offline, b"sk-later"), 0, &["could not be checked", "in the system's keychain"]);
}

#[test]
fn a_locked_or_absent_keychain_is_reported_and_the_key_is_stored_nowhere() {
    let Some(session) = DesktopSession::start() else { return };
    let program = Program::new();
    session.lock();
    let key = program.claude.key();
    assert_output(
        &run(&program, Some(&session), &["keys", "set", "anthropic"], key),
        1,
        &["was not stored", "locked", "Unlock it"],
    );
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["no keys", "locked"]);
    assert_output(&run(&program, None, &["keys", "set", "anthropic"], key), 1, &["was not stored", "no keychain"]);
    assert_output(&run(&program, None, &["doctor"], ""), 0, &["no keychain"]);
}

#[test]
fn without_a_keychain_yet_nothing_is_stored_and_one_is_offered() {
    let Some(mut session) = DesktopSession::start() else { return };
    let program = Program::new();
    session.without_collection();
    let ran = run(&program, Some(&session), &["keys", "set", "anthropic"], program.claude.key());
    assert_output(&ran, 1, &["was not stored", "there is no keychain yet"]);
    assert!(!ran.err.contains("locked"), "{ran:?}");
    let ran = run(&program, Some(&session), &["doctor"], "");
    assert_output(&ran, 0, &["there is no keychain yet", "new keychain"]);
    // No desktop draws the dialog of the system here.
    let unlock = |session: &DesktopSession| run(&program, Some(session), &["keys", "unlock"], "");
    assert_output(&unlock(&session), 1, &["there is no keychain yet", "dialog was closed"]);
    session.unlock();
    assert_output(&unlock(&session), 0, &["keys are stored in the system's keychain"]);
}

#[test]
fn a_key_that_is_too_long_is_refused_and_never_cut() {
    let Some(session) = DesktopSession::start() else { return };
    let program = Program::new();
    let set = |key: &str| run(&program, Some(&session), &["keys", "set", "anthropic", "--unchecked"], key);
    assert_output(&set(&"k".repeat(5_000)), 0, &["in the system's keychain"]);
    assert_output(&set(&"k".repeat(20_000)), 1, &["longer than"]);
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["in the system's keychain"]);
}

#[test]
fn the_environment_takes_precedence_and_is_named() {
    let Some(session) = DesktopSession::start() else { return };
    let program = Program::new();
    let key = program.claude.key().to_owned();
    for (args, input, words) in [
        (vec!["keys", "set", "anthropic"], key.as_str(), "the environment also has a key"),
        (vec!["keys", "list"], "", "from the environment"),
        (vec!["keys", "remove", "anthropic"], "", "the environment still has a key"),
    ] {
        let mut with_key = program.command(&args);
        session.enter(&mut with_key);
        assert_output(&run_with(with_key, input.as_bytes()), 0, &[words]);
    }
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["no keys"]);
}

#[test]
fn a_running_host_stores_a_key_when_the_keychain_is_unlocked() {
    let Some(mut session) = DesktopSession::start() else { return };
    let program = Program::new();
    session.lock();
    let mut host = command(&program, Some(&session), &["chat"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    while run(&program, Some(&session), &["doctor"], "").out.contains("not running; chat starts one") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let key = program.claude.key().to_owned();
    assert_output(&run(&program, Some(&session), &["keys", "set", "anthropic"], &key), 0, &["in the memory", "locked"]);
    session.unlock();
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["in the system's keychain"]);
    kill(&mut host);
    assert_output(&run(&program, Some(&session), &["keys", "list"], ""), 0, &["in the system's keychain"]);
}

#[test]
fn work_interrupted_by_a_kill_continues_with_the_stored_key() {
    let Some(session) = DesktopSession::start() else { return };
    let program = Program::new();
    let key = program.claude.key().to_owned();
    assert_output(&run(&program, Some(&session), &["keys", "set", "anthropic"], &key), 0, &[]);
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |_| Some(says("Never finished.").stop_at(Point::Events(2), &route_stop)));
    let mut host = command(&program, Some(&session), &["chat", "hello"]).spawn().unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(stop.reached());
    kill(&mut host);
    stop.release();
    program.claude.route(|_| Some(says("Here I am again.")));
    assert_output(&run(&program, Some(&session), &["chat"], ""), 0, &["Here I am again."]);
}
