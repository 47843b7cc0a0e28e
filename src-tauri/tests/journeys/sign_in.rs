//! Sign-in in the window, with a stub of Clerk, a real keyring, a real browser, and links that open the app.

use crate::account::{self, LOCAL_PROFILE, State};
use crate::computer::{Computer, Open};
use crate::links::{self, Links};
use crate::names;
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::User as StoredUser;
use growqr_store::{Db, DbConfig};
use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::says;
use growqr_testkit::clerk::{ClerkStub, User, allow, open};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// The name of the stub's first user.
const ADA: &str = "Ada Lovelace";

/// A computer with a keyring and link handlers, and a stub of the sign-in service.
struct World {
    computer: Computer,
    links: Links,
    clerk: ClerkStub,
    session: DesktopSession,
}

impl World {
    /// `None`, with a message on standard error, if one of these is not possible on this machine.
    fn new() -> Option<World> {
        let session = DesktopSession::start()?;
        let mut computer = Computer::in_session(&session).filter(|_| links::are_possible())?;
        let clerk = ClerkStub::start_blocking().expect("a port");
        clerk.sign_in_as(User { picture: clerk.picture_url(), ..User::ada() });
        computer.set("CLERK_ISSUER", clerk.issuer());
        computer.set("CLERK_OAUTH_CLIENT_ID", clerk.client_id());
        let links = Links::of(&mut computer);
        Some(World { computer, links, clerk, session })
    }

    /// Like [`World::new`], with a real browser. The stub presses Allow by itself.
    fn with_browser() -> Option<World> {
        let world = World::new()?;
        world.links.browse_with(&links::chromium()?, world.clerk.issuer());
        world.clerk.switch(|switches| switches.auto_allow = true);
        Some(world)
    }

    fn open(&self) -> Open {
        self.computer.open()
    }

    /// Chooses Sign in, and allows it without a browser. Returns the link of the redirect.
    fn allow_in_browser(&self, window: &Open) -> String {
        block_on(allow(&account::sign_in(window)))
    }

    fn sign_in(&self, window: &Open) {
        let link = self.allow_in_browser(window);
        self.links.open(&self.computer, &link);
        account::see(window, ADA, State::Online);
    }

    /// `growqr auth status`, as soon as it shows a user. The window shows the user a moment before the sign-in is stored.
    fn signed_in_status(&self) -> Value {
        let look = |_| {
            std::thread::sleep(Duration::from_millis(20));
            self.computer.json(&["auth", "status"]).remove(0)
        };
        (0..500).map(look).find(|status| !status["person"].is_null()).expect("the command line knows them")
    }

    /// The redirect URI of each token request.
    fn redirect_uris(&self) -> Vec<String> {
        let requests = self.clerk.requests();
        requests.iter().filter_map(|request| request.field("redirect_uri").map(str::to_owned)).collect()
    }

    /// Waits until the stub has received this many token requests.
    fn wait_for_token_requests(&self, times: usize) {
        self.wait_for_requests("/oauth/token", times);
    }

    /// Waits until the stub has received this many requests for `path`.
    fn wait_for_requests(&self, path: &str, times: usize) {
        let waiting = async { tokio::time::timeout(links::TIMEOUT, self.clerk.until(path, times)).await };
        block_on(waiting).unwrap_or_else(|_| panic!("timeout: {times} requests for {path} were expected"));
    }

    /// The files that contain a secret: a code, verifier or token that the stub has received.
    fn files_with_secrets(&self) -> Vec<PathBuf> {
        let requests = self.clerk.requests();
        let fields = ["code", "code_verifier", "refresh_token"];
        let sent = fields.iter().flat_map(|field| requests.iter().filter_map(|request| request.field(field)));
        let bearers = requests.iter().filter_map(|request| request.header("authorization")?.strip_prefix("Bearer "));
        let secrets: Vec<&str> = sent.chain(bearers).collect();
        assert!(secrets.len() >= 4, "one of each kind: {secrets:?}");
        let text = |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        let files = self.computer.files();
        assert!(files.iter().any(|path| path.ends_with("log") && text(path).contains("TRACE")), "the log has all levels");
        let has_secret = |path: &PathBuf| {
            let text = text(path);
            secrets.iter().any(|secret| text.contains(secret))
        };
        files.into_iter().filter(has_secret).collect()
    }

    /// The users in the database of the profile.
    fn stored_users(&self, profile: &str) -> Vec<StoredUser> {
        let path = self.computer.data().join("profiles").join(profile).join("growqr.db");
        block_on(async {
            let db = Db::open(&DbConfig::Sqlite { path }).await.expect("a database");
            let store = db.profile(&ProfileId::new(profile), Timestamp(0)).await.expect("a profile");
            store.users().await.expect("it can be read")
        })
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

#[test]
fn a_sign_in_by_a_real_browser_survives_a_restart_until_the_sign_out() {
    let Some(world) = World::with_browser() else { return };
    let window = world.open();
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    account::choose(&window, "Sign in");
    account::see(&window, ADA, State::Online);
    assert!(account::picture(&window).starts_with("data:image/gif;base64,"));
    assert_eq!(world.redirect_uris(), [format!("{}://auth/callback", links::SIGN_IN)]);
    let profile = account::profile_other_than(&window, "local");
    assert!(profile.starts_with("u-"), "{profile}");
    let users = world.stored_users(&profile);
    assert_eq!(users[0].email.as_deref(), Some("ada+clerk_test@example.com"), "{users:?}");

    drop(window);
    let window = world.open();
    account::see(&window, ADA, State::Online);
    assert_eq!(account::profile(&window), profile);
    assert_eq!(world.clerk.count("/oauth/authorize"), 1, "a restart needs no browser");

    world.clerk.switch(|switches| switches.expires_in = Some(1));
    let before = world.clerk.count("/oauth/token");
    account::check(&window);
    world.wait_for_token_requests(before + 3);
    assert_eq!(world.clerk.valid_grants(), 1, "no token was used twice");
    account::see(&window, ADA, State::Online);

    account::sign_out(&window);
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    assert_eq!(account::profile_other_than(&window, &profile), "local");
    assert_eq!(world.clerk.valid_grants(), 0, "the tokens are revoked");
    drop(window);
    account::see(&world.open(), LOCAL_PROFILE, State::SignedOut);
}

#[test]
fn only_the_callback_of_the_attempt_signs_in() {
    let Some(mut world) = World::new() else { return };
    world.computer.set_starter(world.links.logging_starter());
    let window = world.open();
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    let link = world.allow_in_browser(&window);
    account::listen_for_links(&window);
    let (address, query) = link.split_once('?').expect("parameters");
    let wrong_links = [
        format!("{address}?code=stolen&state=guessed"),
        format!("{address}?error=access_denied"),
        format!("{}://auth/callback?{query}", links::PLACES),
        format!("{}://elsewhere?{query}", links::SIGN_IN),
    ];
    for wrong_link in &wrong_links {
        world.links.open(&world.computer, wrong_link);
    }
    account::see(&window, LOCAL_PROFILE, State::Waiting);
    assert_eq!(account::link_event_count(&window), json!(0), "the page gets no event about a link");
    world.links.open(&world.computer, &link);
    account::see(&window, ADA, State::Online);
    world.links.open(&world.computer, &link);
    account::check(&window);
    world.wait_for_token_requests(2);
    account::see(&window, ADA, State::Online);
    assert_eq!(world.redirect_uris().len(), 1, "a code is exchanged once");
    let page = window.see_anywhere(ADA);
    assert!(!page.contains("has expired"), "a second copy of the link shows no message: {page}");
    assert_eq!(world.files_with_secrets(), Vec::<PathBuf>::new(), "secrets are only in the keychain");
}

#[test]
fn a_sign_out_on_the_command_line_and_a_new_sign_in_reach_both_programs() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    world.sign_in(&window);
    let profile = account::profile_other_than(&window, "local");
    assert_eq!(world.computer.json(&["auth", "status"])[0]["person"]["name"], ADA);
    world.computer.json(&["auth", "sign-out"]);
    account::check(&window);
    account::see(&window, ADA, State::Ended);
    assert_eq!(account::profile(&window), profile, "the window keeps what it shows");
    world.sign_in(&window);
    let status = world.signed_in_status();
    assert_eq!(status["person"]["profile"], json!(profile), "{status}");
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[test]
fn the_window_can_switch_to_a_profile_signed_in_on_the_command_line() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    let mut growqr = world.computer.growqr(&["auth", "sign-in", "--no-browser", "--fresh"]);
    let mut child = growqr.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut received = BufReader::new(child.stderr.take().expect("a pipe")).lines().map(|line| line.expect("text"));
    let address = received.find(|line| line.starts_with("http")).expect("an address to open");
    block_on(async { open(&allow(&address).await).await.expect("the program listens") });
    assert!(child.wait().expect("it ends").success());
    assert_eq!(account::profile(&window), "local", "the window keeps what it shows");
    window.reload();
    account::switch(&window, ADA);
    account::see(&window, ADA, State::Online);
    assert_eq!(world.clerk.count("/oauth/authorize"), 1, "without another visit to the browser");
}

#[test]
fn a_callback_after_a_restart_is_reported_as_too_late() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    let link = world.allow_in_browser(&window);
    drop(window);
    let received = world.links.receive(&world.computer, &link);
    assert_eq!(received, [link]);
    let window = world.computer.open_with_arguments(&received.iter().map(String::as_str).collect::<Vec<_>>());
    window.see_anywhere("That sign-in has expired. Sign in again.");
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    assert!(world.redirect_uris().is_empty(), "the code is not exchanged");
    world.sign_in(&window);
}

#[test]
fn after_a_revocation_sign_in_is_requested_and_the_profile_stays_open() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    world.sign_in(&window);
    let profile = account::profile_other_than(&window, "local");
    world.clerk.end_all_grants();
    account::check(&window);
    account::see(&window, ADA, State::Ended);
    window.see_anywhere("Your sign-in has ended.");
    assert_eq!(account::profile(&window), profile, "their data stays open");
    world.sign_in(&window);
    assert_eq!(account::profile(&window), profile);
}

#[test]
fn the_local_profile_is_adopted_if_the_user_agrees() {
    let Some(world) = World::new() else { return };
    world.computer.claude.route(|request| Some(says(&format!("You said: {}.", request.last_user_text()))));
    let window = world.open();
    window.say("before");
    window.see(names::CONVERSATION, "You said: before.");
    let link = world.allow_in_browser(&window);
    world.links.open(&world.computer, &link);
    account::see(&window, ADA, State::Question);
    account::answer(&window, ADA, true);
    account::see(&window, ADA, State::Online);
    window.see(names::CONVERSATION, "You said: before.");
    assert_eq!(account::profile(&window), "local", "the profile keeps its name");
    assert_eq!(world.stored_users("local").len(), 1);
    account::sign_out(&window);
    assert_eq!(account::profile_other_than(&window, "local"), "local-2");
}

#[test]
fn each_user_of_a_computer_sees_only_their_own_profile() {
    let Some(world) = World::new() else { return };
    world.computer.claude.route(|request| Some(says(&format!("You said: {}.", request.last_user_text()))));
    let window = world.open();
    window.say("for nobody");
    window.see(names::CONVERSATION, "You said: for nobody.");
    let link = world.allow_in_browser(&window);
    world.links.open(&world.computer, &link);
    account::answer(&window, ADA, false);
    account::see(&window, ADA, State::Online);
    let ada = account::profile_other_than(&window, "local");
    window.click(names::CHAT);
    window.say("for ada");
    let seen = window.see(names::CONVERSATION, "You said: for ada.");
    assert!(!seen.contains("nobody"), "{seen}");

    world.clerk.sign_in_as(User::grace());
    let link = block_on(allow(&account::sign_in_as_another(&window)));
    world.links.open(&world.computer, &link);
    account::see(&window, "Grace Hopper", State::Question);
    account::cancel(&window);
    account::see(&window, ADA, State::Online);
    assert_eq!(world.clerk.valid_grants(), 1, "Ada is still signed in, and nobody else");

    account::switch(&window, "the local profile");
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    assert_eq!(account::profile_other_than(&window, &ada), "local");
    window.click(names::CHAT);
    window.see(names::CONVERSATION, "You said: for nobody.");
    account::switch(&window, ADA);
    account::see(&window, ADA, State::Online);
    assert_eq!(account::profile_other_than(&window, "local"), ada);
    window.click(names::CHAT);
    window.see(names::CONVERSATION, "You said: for ada.");
    assert_eq!(world.clerk.count("/oauth/authorize"), 2, "switching back needs no new sign-in");
}

#[test]
fn with_a_locked_keyring_the_session_is_offline_until_it_is_unlocked() {
    let Some(mut world) = World::new() else { return };
    let window = world.open();
    world.sign_in(&window);
    drop(window);
    world.session.lock();
    let window = world.open();
    account::see(&window, ADA, State::Offline);
    account::see_in_menu(&window, "locked");
    world.sign_in(&window);
    account::see_in_menu(&window, "after a restart");
    window.click(names::SETTINGS);
    window.see_anywhere("sign in again after a restart");
    world.session.unlock();
    window.until("return !textWith('page', '', 'sign in again after a restart')", "the sign-in is stored now");
    account::see(&window, ADA, State::Online);
    drop(window);
    account::see(&world.open(), ADA, State::Online);
}

#[test]
fn a_sign_out_with_a_locked_keyring_is_finished_after_the_unlock() {
    let Some(mut world) = World::new() else { return };
    let window = world.open();
    world.sign_in(&window);
    drop(window);
    world.session.lock();
    let window = world.open();
    account::see(&window, ADA, State::Offline);
    account::sign_out(&window);
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    assert_eq!(world.clerk.valid_grants(), 1, "its token cannot be read");
    world.session.unlock();
    world.wait_for_requests("/oauth/token/revoke", 1);
    account::switch(&window, ADA);
    account::see(&window, ADA, State::Ended);
    assert_eq!(world.clerk.valid_grants(), 0);
}

#[test]
fn without_a_keyring_the_sign_in_lasts_for_this_run_and_a_notice_says_so() {
    let Some(mut world) = World::new() else { return };
    world.session.end_keyring();
    let window = world.open();
    world.sign_in(&window);
    window.see_anywhere("after a restart");
    drop(window);
    let window = world.open();
    account::see(&window, ADA, State::Offline);
    world.sign_in(&window);
}

#[test]
fn if_another_program_handles_the_links_the_redirect_goes_to_a_port() {
    let Some(mut world) = World::with_browser() else { return };
    world.computer.unset("APPIMAGE");
    world.links.assign_to_other_program(&[links::SIGN_IN]);
    let window = world.open();
    account::choose(&window, "Sign in");
    account::see(&window, ADA, State::Online);
    let back = world.redirect_uris();
    assert!(back.len() == 1 && back[0].starts_with("http://127.0.0.1:"), "{back:?}");
}

#[test]
fn a_link_opens_an_agent_or_page_once_in_a_running_or_new_program() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    account::see(&window, LOCAL_PROFILE, State::SignedOut);
    world.links.open(&world.computer, &format!("{}://agent/grow", links::PLACES));
    account::wait_for_route(&window, "#/agents/grow");
    window.see_anywhere("There is no agent grow");
    assert_eq!(account::pending_place(&window), json!("null"), "it is taken once");
    drop(window);
    let page = format!("{}://memory/people/me%20too.md", links::PLACES);
    let received = world.links.receive(&world.computer, &page);
    assert_eq!(received, [page]);
    let window = world.computer.open_with_arguments(&[&received[0]]);
    account::wait_for_route(&window, "#/memory/people%2Fme%20too.md");
    window.see_anywhere("There is no page");
    assert_eq!(account::pending_place(&window), json!("null"), "a reloaded page does not get it again");
}
