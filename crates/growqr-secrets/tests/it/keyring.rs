//! Each test runs this program again inside a session of its own, because a session is a matter of the environment:
//! [`act`] is what then happens there.

use growqr_core::secret::{Secret, SecretStore, StoreState};
use growqr_secrets::Keychain;
use growqr_testkit::{DesktopSession, outside};
use std::process::Command;

/// What the inner program is to do: `set NAME VALUE`, `get NAME`, `remove NAME`, `state` or `unlock`.
const ACT: &str = "GROWQR_TEST_ACT";

/// Marks the inner program's answer among what the test harness prints.
const MARK: &str = "answer: ";

/// Not a promise of its own: the inner half of the tests below. Without its variable it does nothing.
#[tokio::test]
async fn act() {
    let Ok(act) = std::env::var(ACT) else { return };
    let keychain = Keychain::new("local");
    let words: Vec<&str> = act.split(' ').collect();
    let answer = match words[..] {
        ["set", name, value] => format!("{:?}", keychain.set(name, &Secret::new(value)).await),
        ["get", name] => format!("{:?}", keychain.get(name).await.map(|found| found.map(|found| found.expose().to_owned()))),
        ["remove", name] => format!("{:?}", keychain.remove(name).await),
        ["state"] => format!("{:?}", keychain.state().await),
        ["unlock"] => format!("{:?}", keychain.unlock().await),
        _ => panic!("{act}"),
    };
    println!("{MARK}{answer}");
}

fn run(act: &str, place: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["keyring::act", "--exact", "--nocapture"]).env(ACT, act);
    place(&mut command);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer = text.split_once(MARK).unwrap_or_else(|| panic!("{output:?}")).1;
    answer.lines().next().unwrap_or_default().to_owned()
}

fn inside(session: &DesktopSession, act: &str) -> String {
    run(act, |command| session.enter(command))
}

#[test]
fn a_secret_is_found_by_the_next_process_and_after_the_next_sign_in() {
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
fn a_locked_keychain_says_so_at_once_and_never_that_there_is_no_secret() {
    let Some(mut session) = DesktopSession::start() else { return };
    assert_eq!(inside(&session, "set anthropic kept"), "Ok(())");
    session.lock();
    assert_eq!(inside(&session, "state"), format!("{:?}", StoreState::Locked));
    for act in ["get anthropic", "set anthropic other", "remove anthropic", "unlock"] {
        assert_eq!(inside(&session, act), "Err(Locked)", "{act}");
    }
    session.unlock();
    assert_eq!(inside(&session, "get anthropic"), r#"Ok(Some("kept"))"#);
}

#[test]
fn without_a_keychain_or_a_session_there_is_none() {
    let Some(mut session) = DesktopSession::start() else { return };
    session.end_keyring();
    for act in ["get anthropic", "set anthropic x", "remove anthropic", "unlock"] {
        assert_eq!(inside(&session, act), "Err(Absent)", "{act}");
        assert_eq!(run(act, outside), "Err(Absent)", "{act}");
    }
    assert_eq!(inside(&session, "state"), format!("{:?}", StoreState::Absent));
    assert_eq!(run("state", outside), format!("{:?}", StoreState::Absent));
}
