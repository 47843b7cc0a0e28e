//! Each test starts this test program again with the environment variables of a test desktop session. There,
//! [`inner_action`] makes one call to the keychain.

use growqr_core::secret::{Secret, SecretStore, StoreState};
use growqr_secrets::Keychain;
use growqr_testkit::{DesktopSession, without_session};
use std::process::Command;

/// The variable with the call to make: `set NAME VALUE`, `get NAME`, `remove NAME`, `state` or `unlock`.
const ACTION_VARIABLE: &str = "GROWQR_TEST_ACT";

/// Marks the result in the output of the test harness.
const ANSWER_PREFIX: &str = "answer: ";

/// Not a test of its own: the inner part of the tests below. Does nothing without [`ACTION_VARIABLE`].
#[tokio::test]
async fn inner_action() {
    let Ok(action) = std::env::var(ACTION_VARIABLE) else { return };
    let keychain = Keychain::new("local");
    let words: Vec<&str> = action.split(' ').collect();
    let answer = match words[..] {
        ["set", name, value] => format!("{:?}", keychain.set(name, &Secret::new(value)).await),
        ["get", name] => format!("{:?}", keychain.get(name).await.map(|found| found.map(|found| found.expose().to_owned()))),
        ["remove", name] => format!("{:?}", keychain.remove(name).await),
        ["state"] => format!("{:?}", keychain.state().await),
        ["unlock"] => format!("{:?}", keychain.unlock().await),
        _ => panic!("{action}"),
    };
    println!("{ANSWER_PREFIX}{answer}");
}

fn run(action: &str, environment: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["keyring::inner_action", "--exact", "--nocapture"]).env(ACTION_VARIABLE, action);
    environment(&mut command);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer = text.split_once(ANSWER_PREFIX).unwrap_or_else(|| panic!("{output:?}")).1;
    answer.lines().next().unwrap_or_default().to_owned()
}

fn inside(session: &DesktopSession, action: &str) -> String {
    run(action, |command| session.enter(command))
}

#[test]
fn a_secret_is_readable_by_the_next_process_and_after_unlocking_again() {
    let Some(mut session) = DesktopSession::start() else { return };
    assert_eq!(inside(&session, "state"), format!("{:?}", StoreState::Ready));
    assert_eq!(inside(&session, "get anthropic"), "Ok(None)");
    assert_eq!(inside(&session, "set anthropic one"), "Ok(())");
    assert_eq!(inside(&session, "set anthropic two"), "Ok(())");
    assert_eq!(inside(&session, "get anthropic"), r#"Ok(Some("two"))"#);
    assert_eq!(session.lookup("ai.growqr.desktop", "local/anthropic").as_deref(), Some("two"));
    session.unlock();
    assert_eq!(inside(&session, "get anthropic"), r#"Ok(Some("two"))"#);
    assert_eq!(inside(&session, "remove anthropic"), "Ok(())");
    assert_eq!(inside(&session, "remove anthropic"), "Ok(())");
    assert_eq!(inside(&session, "get anthropic"), "Ok(None)");
}

#[test]
fn a_locked_keychain_is_reported_as_locked_and_not_as_empty() {
    let Some(mut session) = DesktopSession::start() else { return };
    assert_eq!(inside(&session, "set anthropic kept"), "Ok(())");
    session.lock();
    assert_eq!(inside(&session, "state"), format!("{:?}", StoreState::Locked));
    for action in ["get anthropic", "set anthropic other", "remove anthropic", "unlock"] {
        assert_eq!(inside(&session, action), "Err(Locked)", "{action}");
    }
    session.unlock();
    assert_eq!(inside(&session, "get anthropic"), r#"Ok(Some("kept"))"#);
}

#[test]
fn without_a_keyring_or_a_session_the_keychain_is_absent() {
    let Some(mut session) = DesktopSession::start() else { return };
    session.end_keyring();
    for action in ["get anthropic", "set anthropic x", "remove anthropic", "unlock"] {
        assert_eq!(inside(&session, action), "Err(Absent)", "{action}");
        assert_eq!(run(action, without_session), "Err(Absent)", "{action}");
    }
    assert_eq!(inside(&session, "state"), format!("{:?}", StoreState::Absent));
    assert_eq!(run("state", without_session), format!("{:?}", StoreState::Absent));
}

#[test]
fn a_person_without_a_keychain_yet_is_told_so_and_not_that_it_is_locked() {
    let Some(mut session) = DesktopSession::start() else { return };
    session.without_collection();
    assert_eq!(inside(&session, "state"), format!("{:?}", StoreState::NotSetUp));
    assert_eq!(inside(&session, "get anthropic"), "Err(NotSetUp)");
    assert_eq!(inside(&session, "set anthropic x"), "Err(NotSetUp)");
    assert_eq!(inside(&session, "remove anthropic"), "Ok(())");
}

#[test]
fn a_secret_that_is_too_long_for_one_entry_is_readable_by_the_next_process() {
    let Some(session) = DesktopSession::start() else { return };
    let long = "x".repeat(9_000);
    assert_eq!(inside(&session, &format!("set anthropic {long}")), "Ok(())");
    assert_eq!(inside(&session, "get anthropic"), format!("Ok(Some({long:?}))"));
    assert_eq!(inside(&session, "remove anthropic"), "Ok(())");
    assert_eq!(inside(&session, "get anthropic"), "Ok(None)");
}
