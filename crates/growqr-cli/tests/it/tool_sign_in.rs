//! Signing in at a server of tools on the command line, with a strict stand-in and a real keyring.
#![cfg(target_os = "linux")]

use crate::program::{Program, Ran, kill, run_with};
use crate::sign_in::sign_in_with_browser;
use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::{calls, says};
use growqr_testkit::mcp::oauth::OauthMcp;
use serde_json::json;
use std::process::Command;
use std::time::Duration;

/// A computer with a keyring, and a server `far` that wants a sign-in.
struct World {
    program: Program,
    session: DesktopSession,
    stub: OauthMcp,
}

impl World {
    fn new() -> Option<World> {
        let session = DesktopSession::start()?;
        let world = World { program: Program::new(), session, stub: OauthMcp::start() };
        let added = world.run(&["tools", "add", "far", "--url", &world.stub.url()]);
        assert!(added.code == Some(1) && added.out.contains("growqr tools sign-in far"), "{added:?}");
        Some(world)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program.command(args);
        self.session.enter(&mut command);
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        run_with(self.command(args), b"")
    }

    fn sign_in(&self) -> Ran {
        sign_in_with_browser(self.command(&["tools", "sign-in", "far", "--no-browser"]), true)
    }

    /// Whether another program finds a sign-in in the keyring.
    fn has_keyring_entry(&self) -> bool {
        let mut command = Command::new("secret-tool");
        self.session.enter(command.args(["search", "--all", "service", "ai.growqr.desktop"]));
        let found = command.output().expect("secret-tool starts");
        String::from_utf8_lossy(&[found.stdout, found.stderr].concat()).contains("tools-far:sign-in-")
    }
}

#[test]
fn a_server_is_signed_in_to_called_signed_out_of_and_removed_without_a_trace() {
    let Some(world) = World::new() else { return };
    let signed_in = world.sign_in();
    assert!(signed_in.code == Some(0) && signed_in.out.contains("far__read") && world.has_keyring_entry(), "{signed_in:?}");
    assert_eq!(world.run(&["rules", "add", "allow far__read as safe"]).code, Some(0));
    world.program.claude.route(|request| {
        let is_answered = !request.tool_results().is_empty();
        Some(if is_answered { says("Read.") } else { calls([("far__read", json!({"path": "a"}))]) })
    });
    // The next program uses the sign-in, and renews it.
    world.stub.expire();
    assert_eq!(world.run(&["chat", "read it"]).code, Some(0));
    assert_eq!((world.stub.calls().len(), world.stub.problems()), (1, Vec::new()));

    assert_eq!(world.run(&["tools", "sign-out", "far"]).code, Some(0));
    assert!(!world.has_keyring_entry() && world.stub.open_sign_ins() == 0);
    let tested = world.run(&["tools", "test", "far"]);
    assert!(tested.code == Some(1) && tested.out.contains("needs a sign-in"), "{tested:?}");

    assert_eq!(world.sign_in().code, Some(0));
    assert_eq!(world.run(&["tools", "remove", "far"]).code, Some(0));
    assert!(!world.has_keyring_entry() && world.stub.open_sign_ins() == 0, "a removed server is signed out of");
}

#[test]
fn a_program_killed_while_it_renews_a_sign_in_asks_for_a_new_one_and_goes_on() {
    let Some(world) = World::new() else { return };
    assert_eq!(world.sign_in().code, Some(0));
    world.stub.expire();
    world.stub.switch(|switches| switches.refresh_takes = Duration::from_secs(5));
    let mut child = world.command(&["tools", "test", "far"]).spawn().expect("it starts");
    for _ in 0..600 {
        if world.stub.renewals_begun() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // The request has arrived and its answer is on the way; the token in the keychain has been used then.
    kill(&mut child);
    world.stub.switch(|switches| switches.refresh_takes = Duration::ZERO);
    for _ in 0..600 {
        if world.stub.count("POST /as/token refresh_token") > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let tested = world.run(&["tools", "test", "far"]);
    assert!(tested.code == Some(1) && tested.out.contains("growqr tools sign-in far"), "{tested:?}");
    assert!(tested.out.contains("invalid_grant"), "it says why: {tested:?}");
    assert_eq!(world.sign_in().code, Some(0));
}
