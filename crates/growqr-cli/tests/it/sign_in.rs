//! Signing in on the command line, with a stub of a Clerk instance and a real keyring.

use crate::program::{Program, Ran};
use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::says;
use growqr_testkit::clerk::{ClerkStub, User, allow, deny, open};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// A computer with a keyring, and a sign-in service.
pub struct World {
    pub program: Program,
    pub clerk: ClerkStub,
    session: DesktopSession,
}

impl World {
    fn new() -> Option<World> {
        World::of(Program::new())
    }

    /// Like [`World::new`], with this program.
    pub fn of(program: Program) -> Option<World> {
        let session = DesktopSession::start()?;
        let clerk = ClerkStub::start_blocking().expect("a port");
        program.claude.route(|request| Some(says(&format!("You said: {}", request.last_user_text()))));
        Some(World { program, clerk, session })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program.command(args);
        self.session.enter(&mut command);
        command.env("CLERK_ISSUER", self.clerk.issuer()).env("CLERK_OAUTH_CLIENT_ID", self.clerk.client_id());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        crate::program::run_with(self.command(args), b"")
    }

    fn status(&self) -> Value {
        let ran = self.run(&["--json", "auth", "status"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        serde_json::from_str(&ran.out).expect("a JSON line")
    }

    /// True if another program finds a sign-in in the keyring.
    fn has_keyring_entry(&self) -> bool {
        let mut command = Command::new("secret-tool");
        self.session.enter(command.args(["search", "--all", "service", "ai.growqr.desktop"]));
        let found = command.output().expect("secret-tool starts");
        String::from_utf8_lossy(&[found.stdout, found.stderr].concat()).contains("sign-in-")
    }

    /// Signs in as the user of the browser, who presses Allow or Deny.
    pub fn sign_in(&self, flags: &[&str], allows: bool) -> Ran {
        sign_in_with_browser(self.command(&[&["auth", "sign-in", "--no-browser"], flags].concat()), allows)
    }
}

/// Runs a sign-in command, opens each address that it prints, and presses Allow or Deny there.
pub fn sign_in_with_browser(mut command: Command, allows: bool) -> Ran {
    let mut child = command.stdin(Stdio::null()).spawn().expect("it starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut err = String::new();
    let mut line = String::new();
    while stderr.read_line(&mut line).expect("text") > 0 {
        if line.starts_with("http") {
            let address = line.trim();
            runtime.block_on(async {
                let back = if allows { allow(address).await } else { deny(address).await };
                let page = open(&back).await.expect("the program listens");
                assert!(!page.text.contains("code="), "the page echoes nothing");
            });
        }
        err.push_str(&std::mem::take(&mut line));
    }
    let output = child.wait_with_output().expect("it ends");
    Ran { code: output.status.code(), out: String::from_utf8_lossy(&output.stdout).into_owned(), err }
}

#[test]
fn signing_in_opens_a_new_profile_and_signing_out_closes_it() {
    let Some(world) = World::new() else { return };
    assert_eq!(world.run(&["chat", "before"]).code, Some(0));
    let ran = world.sign_in(&["--fresh"], true);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("Signed in as Ada"), "{ran:?}");
    let status = world.status();
    assert_eq!(status["person"]["email"], "ada+clerk_test@example.com", "{status}");
    assert_eq!(status["state"], "online", "{status}");
    let (confirmed, until) = (status["person"]["last_verified_at"].as_i64(), status["until"].as_i64());
    assert_eq!(until.unwrap() / 1000 - confirmed.unwrap() / 1000, 86_400, "{status}");
    let shown = world.run(&["auth", "status"]);
    assert!(shown.out.contains("last confirmed") && shown.out.contains("valid until"), "{shown:?}");
    assert_eq!(world.clerk.count("/oauth/token"), 1, "no token request for the status");
    assert_eq!(world.run(&["search", "before"]).out, "", "messages of the local profile are not in the new profile");
    assert_eq!(world.run(&["chat", "as ada"]).code, Some(0));
    let out = world.run(&["auth", "sign-out"]);
    assert_eq!(out.code, Some(0), "{out:?}");
    assert_eq!(world.clerk.valid_grants(), 0, "the service has revoked the grant");
    assert_eq!(world.status()["state"], "signed_out");
    assert!(world.run(&["search", "before"]).out.contains("before"));
    assert!(!world.run(&["search", "as ada"]).out.contains("as ada"));
    world.sign_in(&["--fresh"], true);
    assert!(world.run(&["search", "as ada"]).out.contains("as ada"), "the data is still there");
}

#[test]
fn local_data_is_adopted_once_and_only_with_adopt() {
    let Some(world) = World::new() else { return };
    assert_eq!(world.run(&["chat", "mine"]).code, Some(0));
    let unsure = world.sign_in(&[], true);
    assert!(unsure.code == Some(1) && unsure.err.contains("--adopt"), "{unsure:?}");
    assert_eq!(world.clerk.count("/oauth/authorize"), 0, "no browser was opened");
    assert_eq!(world.sign_in(&["--adopt"], true).code, Some(0));
    assert!(world.run(&["search", "mine"]).out.contains("mine"));
    world.clerk.sign_in_as(User::grace());
    assert_eq!(world.sign_in(&["--adopt", "--someone-else"], true).code, Some(0));
    assert_eq!(world.run(&["search", "mine"]).out, "", "it belongs to the other account");
    assert_eq!(world.run(&["auth", "switch", "ada+clerk_test@example.com"]).code, Some(0));
    assert!(world.run(&["search", "mine"]).out.contains("mine"));
    let status = world.run(&["auth", "status"]);
    assert!(status.out.contains("Ada") && status.out.contains("Also here"), "{status:?}");
    assert_eq!(world.run(&["auth", "switch", "nobody@example.com"]).code, Some(1));
    assert_eq!(world.run(&["auth", "switch", "local"]).code, Some(0));
    assert_eq!(world.status()["state"], "signed_out", "also after somebody has adopted the profile of that name");
    assert_eq!(world.run(&["search", "mine"]).out, "");
}

#[test]
fn a_denied_sign_in_changes_nothing() {
    let Some(world) = World::new() else { return };
    let ran = world.sign_in(&["--fresh"], false);
    assert!(ran.code == Some(1) && ran.err.contains("denied"), "{ran:?}");
    assert_eq!(world.status()["state"], "signed_out");
}

#[test]
fn a_strict_service_is_asked_for_consent_in_a_second_step() {
    let Some(world) = World::new() else { return };
    world.clerk.switch(|switches| switches.needs_consent_for_refresh_token = true);
    let ran = world.sign_in(&["--fresh"], true);
    assert!(ran.code == Some(0) && ran.err.contains("agree once more"), "{ran:?}");
    assert!(world.has_keyring_entry());
    assert_eq!(world.status()["state"], "online");
}

#[test]
fn an_expired_confirmation_is_renewed_by_the_command_line() {
    let Some(world) = World::new() else { return };
    world.clerk.switch(|switches| switches.expires_in = Some(1));
    assert_eq!(world.sign_in(&["--fresh"], true).code, Some(0));
    world.clerk.switch(|switches| switches.expires_in = Some(86_400));
    while world.clerk.count("/oauth/token") < 2 {
        assert_eq!(world.status()["state"], "online");
    }
    let shown = world.run(&["auth", "status"]);
    assert!(shown.out.contains("valid until") && !shown.out.contains("not confirmed since"), "{shown:?}");
}

#[test]
fn a_long_chat_keeps_the_sign_in_valid() {
    let Some(world) = World::new() else { return };
    world.clerk.switch(|switches| switches.expires_in = Some(1));
    assert_eq!(world.sign_in(&["--fresh"], true).code, Some(0));
    let mut chat = world.command(&["chat"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while world.clerk.count("/oauth/token") < 3 {
        assert!(Instant::now() < deadline, "{} requests of tokens", world.clerk.count("/oauth/token"));
        std::thread::sleep(Duration::from_millis(50));
    }
    chat.stdin.take().expect("piped").write_all(b"as ada\n").expect("it reads");
    assert_eq!(chat.wait_with_output().expect("it ends").status.code(), Some(0));
    world.clerk.switch(|switches| switches.expires_in = Some(86_400));
    assert_eq!(world.status()["state"], "online", "the last token of the chat is in the keyring");
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[test]
fn causes_of_a_failed_sign_in_are_told_apart() {
    let program = Program::new();
    let closed = growqr_testkit::DeadPort::take();
    for (variables, code, words) in [
        (vec![("CLERK_ISSUER", format!("http://{}", closed.address()))], "network", "connections are refused"),
        (vec![("CLERK_ISSUER", "https://clerk.invalid".to_owned())], "network", "its host is not known"),
        (
            vec![("CLERK_ISSUER", "https://clerk.invalid".to_owned()), ("ALL_PROXY", "ftp://u:canary@h".to_owned())],
            "network",
            "ALL_PROXY",
        ),
    ] {
        let mut command = program.command(&["--json", "auth", "sign-in", "--fresh", "--no-browser"]);
        command.envs(variables).env("CLERK_OAUTH_CLIENT_ID", "abc");
        let ran = crate::program::run_with(command, b"");
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let text = format!("{}{}", ran.out, ran.err);
        assert!(text.contains(&format!("\"{code}\"")) && text.contains(words) && !text.contains("canary"), "{ran:?}");
    }
}

#[test]
fn without_a_sign_in_service_the_local_profile_is_used() {
    let program = Program::new();
    let ran = program.run(&["auth", "sign-in"]);
    assert!(ran.code == Some(1) && ran.err.contains("CLERK_PUBLISHABLE_KEY"), "{ran:?}");
    let ran = program.run(&["auth", "status"]);
    assert!(ran.code == Some(0) && ran.out.contains("local profile"), "{ran:?}");
}

#[test]
fn signing_out_while_the_keyring_is_locked_completes_after_it_is_unlocked() {
    let Some(mut world) = World::new() else { return };
    assert_eq!(world.sign_in(&["--fresh"], true).code, Some(0));
    assert!(world.has_keyring_entry());
    world.session.lock();
    for _ in 0..2 {
        let out = world.run(&["auth", "sign-out"]);
        assert!(out.code == Some(0) && out.out.contains("still contains"), "{out:?}");
    }
    assert_eq!(world.status()["state"], "signed_out");
    world.session.unlock();
    assert_eq!(world.status()["state"], "signed_out");
    assert!(!world.has_keyring_entry());
    assert_eq!(world.clerk.valid_grants(), 0);
    assert_eq!(world.run(&["auth", "sign-out"]).code, Some(1), "no sign-out is pending");
    assert_eq!(world.run(&["auth", "switch", "ada+clerk_test@example.com"]).code, Some(0));
    assert_eq!(world.status()["state"], "needs_sign_in");
}

#[cfg(target_os = "linux")]
#[test]
fn leaving_the_adoption_question_unanswered_cancels_the_sign_in() {
    use crate::terminal::Terminal;
    let Some(world) = World::new() else { return };
    assert_eq!(world.run(&["chat", "mine"]).code, Some(0));
    for (times, exit_key) in ["\u{3}", "\u{4}"].into_iter().enumerate() {
        let mut terminal = Terminal::open(&world.command(&["auth", "sign-in", "--no-browser"]));
        let address = terminal.line("http");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { open(&allow(&address).await).await.expect("the program listens") });
        terminal.shows("[y/n] ");
        terminal.types("perhaps\r");
        terminal.shows("[y/n] ");
        terminal.types(exit_key);
        terminal.shows("signing in was stopped");
        assert_eq!(terminal.child.wait().expect("it ends").code(), Some(1));
        assert_eq!(world.clerk.count("/oauth/token/revoke"), times + 1);
        assert_eq!((world.clerk.valid_grants(), world.has_keyring_entry()), (0, false));
        assert_eq!(world.status()["state"], "signed_out");
        assert_eq!(world.status()["people"], serde_json::json!([]));
    }
}
