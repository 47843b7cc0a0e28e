//! Signing in in the window: a stand-in of Clerk, a real keyring, a real browser, and links that open the app.

use crate::account::{self, NOBODY, State};
use crate::computer::{Computer, Open};
use crate::links::{self, Links};
use crate::names;
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::User as Mirrored;
use growqr_store::{Db, DbConfig};
use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::says;
use growqr_testkit::clerk::{ClerkStub, User, allow, open};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// Whom the service knows first.
const ADA: &str = "Ada Lovelace";

/// A computer with a keyring, where links open programs, and a sign-in service.
struct World {
    computer: Computer,
    links: Links,
    clerk: ClerkStub,
    session: DesktopSession,
}

impl World {
    /// `None`, said loudly, where one of these cannot be had.
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

    /// One where the browser is a real one, and the person at it presses Allow.
    fn with_browser() -> Option<World> {
        let world = World::new()?;
        world.links.browse_with(&links::chromium()?, world.clerk.issuer());
        world.clerk.switch(|switches| switches.auto_allow = true);
        Some(world)
    }

    fn open(&self) -> Open {
        self.computer.open()
    }

    /// Presses Sign in, and Allow in a browser that is not on this screen. The link that comes of it.
    fn allowed(&self, window: &Open) -> String {
        now(allow(&account::sign_in(window)))
    }

    fn signed_in(&self, window: &Open) {
        let link = self.allowed(window);
        self.links.open(&self.computer, &link);
        account::see(window, ADA, State::Online);
    }

    /// What the command line says of whoever is signed in. The window shows them a moment before they are noted.
    fn known(&self) -> Value {
        let look = |_| {
            std::thread::sleep(Duration::from_millis(20));
            self.computer.json(&["auth", "status"]).remove(0)
        };
        (0..500).map(look).find(|status| !status["person"].is_null()).expect("the command line knows them")
    }

    /// Where each code came back to.
    fn came_back_to(&self) -> Vec<String> {
        let requests = self.clerk.requests();
        requests.iter().filter_map(|request| request.field("redirect_uri").map(str::to_owned)).collect()
    }

    /// Waits until tokens were asked for so many times.
    fn until_asked(&self, times: usize) {
        self.until("/oauth/token", times);
    }

    /// Waits until the service was asked for this so many times.
    fn until(&self, path: &str, times: usize) {
        let asked = async { tokio::time::timeout(links::PATIENCE, self.clerk.until(path, times)).await };
        now(asked).unwrap_or_else(|_| panic!("waited in vain until {path} is asked for {times} times"));
    }

    /// The files in which something secret of what the service was sent can be read.
    fn left_behind(&self) -> Vec<PathBuf> {
        let requests = self.clerk.requests();
        let fields = ["code", "code_verifier", "refresh_token"];
        let sent = fields.iter().flat_map(|field| requests.iter().filter_map(|request| request.field(field)));
        let bearers = requests.iter().filter_map(|request| request.header("authorization")?.strip_prefix("Bearer "));
        let secrets: Vec<&str> = sent.chain(bearers).collect();
        assert!(secrets.len() >= 4, "one of each kind: {secrets:?}");
        let text = |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        let files = self.computer.files();
        assert!(files.iter().any(|path| path.ends_with("log") && text(path).contains("TRACE")), "all is logged");
        let tells = |path: &PathBuf| {
            let text = text(path);
            secrets.iter().any(|secret| text.contains(secret))
        };
        files.into_iter().filter(tells).collect()
    }

    /// The copy of the person beside their data.
    fn mirrored(&self, profile: &str) -> Vec<Mirrored> {
        let path = self.computer.data().join("profiles").join(profile).join("growqr.db");
        now(async {
            let db = Db::open(&DbConfig::Sqlite { path }).await.expect("a database");
            let store = db.profile(&ProfileId::new(profile), Timestamp(0)).await.expect("a profile");
            store.users().await.expect("it can be read")
        })
    }
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

#[test]
fn signed_in_by_a_real_browser_one_stays_so_over_a_restart_until_one_signs_out() {
    let Some(world) = World::with_browser() else { return };
    let window = world.open();
    account::see(&window, NOBODY, State::SignedOut);
    account::choose(&window, "Sign in");
    account::see(&window, ADA, State::Online);
    assert!(account::picture(&window).starts_with("data:image/gif;base64,"));
    assert_eq!(world.came_back_to(), [format!("{}://auth/callback", links::SIGN_IN)]);
    let profile = account::profile_but(&window, "local");
    assert!(profile.starts_with("u-"), "{profile}");
    let mirrored = world.mirrored(&profile);
    assert_eq!(mirrored[0].email.as_deref(), Some("ada+clerk_test@example.com"), "{mirrored:?}");

    drop(window);
    let window = world.open();
    account::see(&window, ADA, State::Online);
    assert_eq!(account::profile(&window), profile);
    assert_eq!(world.clerk.count("/oauth/authorize"), 1, "nobody was asked again");

    world.clerk.switch(|switches| switches.expires_in = Some(1));
    let asked = world.clerk.count("/oauth/token");
    account::check(&window);
    world.until_asked(asked + 3);
    assert_eq!(world.clerk.valid_grants(), 1, "no token was used twice");
    account::see(&window, ADA, State::Online);

    account::sign_out(&window);
    account::see(&window, NOBODY, State::SignedOut);
    assert_eq!(account::profile_but(&window, &profile), "local");
    assert_eq!(world.clerk.valid_grants(), 0, "the service knows");
    drop(window);
    account::see(&world.open(), NOBODY, State::SignedOut);
}

#[test]
fn only_the_right_link_signs_in_and_others_change_nothing() {
    let Some(mut world) = World::new() else { return };
    world.computer.start_by(world.links.talkative());
    let window = world.open();
    account::see(&window, NOBODY, State::SignedOut);
    let link = world.allowed(&window);
    account::listen_for_links(&window);
    let (address, query) = link.split_once('?').expect("parameters");
    let strangers = [
        format!("{address}?code=stolen&state=guessed"),
        format!("{address}?error=access_denied"),
        format!("{}://auth/callback?{query}", links::PLACES),
        format!("{}://elsewhere?{query}", links::SIGN_IN),
    ];
    for stranger in &strangers {
        world.links.open(&world.computer, stranger);
    }
    account::see(&window, NOBODY, State::Waiting);
    assert_eq!(account::heard_links(&window), json!(0), "no page is told of a link");
    world.links.open(&world.computer, &link);
    account::see(&window, ADA, State::Online);
    world.links.open(&world.computer, &link);
    account::check(&window);
    world.until_asked(2);
    account::see(&window, ADA, State::Online);
    assert_eq!(world.came_back_to().len(), 1, "a code is traded once");
    let page = window.see_anywhere(ADA);
    assert!(!page.contains("no longer waited for"), "a second copy is not worth a word: {page}");
    assert_eq!(world.left_behind(), Vec::<PathBuf>::new(), "secrets are in the keychain alone");
}

#[test]
fn signing_out_on_the_command_line_is_noticed_and_signing_in_again_is_for_both() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    world.signed_in(&window);
    let profile = account::profile_but(&window, "local");
    assert_eq!(world.computer.json(&["auth", "status"])[0]["person"]["name"], ADA);
    world.computer.json(&["auth", "sign-out"]);
    account::check(&window);
    account::see(&window, ADA, State::Ended);
    assert_eq!(account::profile(&window), profile, "the window keeps what it shows");
    world.signed_in(&window);
    let status = world.known();
    assert_eq!(status["person"]["profile"], json!(profile), "{status}");
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[test]
fn who_signs_in_on_the_command_line_is_among_the_people_of_the_window() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    account::see(&window, NOBODY, State::SignedOut);
    let mut growqr = world.computer.growqr(&["auth", "sign-in", "--no-browser", "--fresh"]);
    let mut child = growqr.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut told = BufReader::new(child.stderr.take().expect("a pipe")).lines().map(|line| line.expect("text"));
    let address = told.find(|line| line.starts_with("http")).expect("an address to open");
    now(async { open(&allow(&address).await).await.expect("the program listens") });
    assert!(child.wait().expect("it ends").success());
    assert_eq!(account::profile(&window), "local", "the window keeps what it shows");
    window.reload();
    account::switch(&window, ADA);
    account::see(&window, ADA, State::Online);
    assert_eq!(world.clerk.count("/oauth/authorize"), 1, "without another visit to the browser");
}

#[test]
fn an_answer_that_finds_the_program_ended_is_said_to_be_late() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    let link = world.allowed(&window);
    drop(window);
    let told = world.links.start(&world.computer, &link);
    assert_eq!(told, [link]);
    let window = world.computer.open_by(&told.iter().map(String::as_str).collect::<Vec<_>>());
    window.see_anywhere("That sign-in is no longer waited for. Start again.");
    account::see(&window, NOBODY, State::SignedOut);
    assert!(world.came_back_to().is_empty(), "nobody else trades the code");
    world.signed_in(&window);
}

#[test]
fn ended_by_the_service_one_is_asked_to_sign_in_and_still_reads_everything() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    world.signed_in(&window);
    let profile = account::profile_but(&window, "local");
    world.clerk.end_all_grants();
    account::check(&window);
    account::see(&window, ADA, State::Ended);
    window.see_anywhere("Your sign-in has ended.");
    assert_eq!(account::profile(&window), profile, "their data stays open");
    world.signed_in(&window);
    assert_eq!(account::profile(&window), profile);
}

#[test]
fn what_was_said_before_signing_in_becomes_theirs_if_they_say_so() {
    let Some(world) = World::new() else { return };
    world.computer.claude.route(|asked| Some(says(&format!("You said: {}.", asked.last_user_text()))));
    let window = world.open();
    window.say("before");
    window.see(names::CONVERSATION, "You said: before.");
    let link = world.allowed(&window);
    world.links.open(&world.computer, &link);
    account::see(&window, ADA, State::Asked);
    account::answer(&window, ADA, true);
    account::see(&window, ADA, State::Online);
    window.see(names::CONVERSATION, "You said: before.");
    assert_eq!(account::profile(&window), "local", "the profile keeps its name");
    assert_eq!(world.mirrored("local").len(), 1);
    account::sign_out(&window);
    assert_eq!(account::profile_but(&window, "local"), "local-2");
}

#[test]
fn people_who_share_a_computer_each_see_their_own() {
    let Some(world) = World::new() else { return };
    world.computer.claude.route(|asked| Some(says(&format!("You said: {}.", asked.last_user_text()))));
    let window = world.open();
    window.say("for nobody");
    window.see(names::CONVERSATION, "You said: for nobody.");
    let link = world.allowed(&window);
    world.links.open(&world.computer, &link);
    account::answer(&window, ADA, false);
    account::see(&window, ADA, State::Online);
    let ada = account::profile_but(&window, "local");
    window.click(names::CHAT);
    window.say("for ada");
    let seen = window.see(names::CONVERSATION, "You said: for ada.");
    assert!(!seen.contains("nobody"), "{seen}");

    world.clerk.sign_in_as(User::grace());
    let link = now(allow(&account::sign_in_as_another(&window)));
    world.links.open(&world.computer, &link);
    account::see(&window, "Grace Hopper", State::Asked);
    account::cancel(&window);
    account::see(&window, ADA, State::Online);
    assert_eq!(world.clerk.valid_grants(), 1, "she is signed in as before, and nobody else is");

    account::switch(&window, "the local profile");
    account::see(&window, NOBODY, State::SignedOut);
    assert_eq!(account::profile_but(&window, &ada), "local");
    window.click(names::CHAT);
    window.see(names::CONVERSATION, "You said: for nobody.");
    account::switch(&window, ADA);
    account::see(&window, ADA, State::Online);
    assert_eq!(account::profile_but(&window, "local"), ada);
    window.click(names::CHAT);
    window.see(names::CONVERSATION, "You said: for ada.");
    assert_eq!(world.clerk.count("/oauth/authorize"), 2, "switching back asks nobody to sign in");
}

#[test]
fn with_a_locked_keyring_one_is_offline_until_it_opens() {
    let Some(mut world) = World::new() else { return };
    let window = world.open();
    world.signed_in(&window);
    drop(window);
    world.session.lock();
    let window = world.open();
    account::see(&window, ADA, State::Offline);
    account::see_told(&window, "locked");
    world.signed_in(&window);
    account::see_told(&window, "after a restart");
    window.click(names::SETTINGS);
    window.see_anywhere("after a restart");
    world.session.unlock();
    window.until("return !textWith('page', '', 'after a restart')", "it is kept now");
    account::see(&window, ADA, State::Online);
    drop(window);
    account::see(&world.open(), ADA, State::Online);
}

#[test]
fn signed_out_with_a_locked_keyring_one_is_not_signed_in_again_when_it_opens() {
    let Some(mut world) = World::new() else { return };
    let window = world.open();
    world.signed_in(&window);
    drop(window);
    world.session.lock();
    let window = world.open();
    account::see(&window, ADA, State::Offline);
    account::sign_out(&window);
    account::see(&window, NOBODY, State::SignedOut);
    assert_eq!(world.clerk.valid_grants(), 1, "its token cannot be read");
    world.session.unlock();
    world.until("/oauth/token/revoke", 1);
    account::switch(&window, ADA);
    account::see(&window, ADA, State::Ended);
    assert_eq!(world.clerk.valid_grants(), 0);
}

#[test]
fn without_a_keyring_one_is_signed_in_for_this_run_and_told_so() {
    let Some(mut world) = World::new() else { return };
    world.session.end_keyring();
    let window = world.open();
    world.signed_in(&window);
    window.see_anywhere("after a restart");
    drop(window);
    let window = world.open();
    account::see(&window, ADA, State::Offline);
    world.signed_in(&window);
}

#[test]
fn where_another_program_takes_the_links_the_browser_comes_back_to_a_port() {
    let Some(mut world) = World::with_browser() else { return };
    world.computer.unset("APPIMAGE");
    world.links.are_taken(&[links::SIGN_IN]);
    let window = world.open();
    account::choose(&window, "Sign in");
    account::see(&window, ADA, State::Online);
    let back = world.came_back_to();
    assert!(back.len() == 1 && back[0].starts_with("http://127.0.0.1:"), "{back:?}");
}

#[test]
fn a_link_leads_to_an_agent_or_a_page_once_while_it_runs_and_when_it_starts_it() {
    let Some(world) = World::new() else { return };
    let window = world.open();
    account::see(&window, NOBODY, State::SignedOut);
    world.links.open(&world.computer, &format!("{}://agent/grow", links::PLACES));
    account::is_at(&window, "#/agents/grow");
    window.see_anywhere("There is no agent grow");
    assert_eq!(account::place_left(&window), json!("null"), "given once");
    drop(window);
    let page = format!("{}://memory/people/me%20too.md", links::PLACES);
    let told = world.links.start(&world.computer, &page);
    assert_eq!(told, [page]);
    let window = world.computer.open_by(&[&told[0]]);
    account::is_at(&window, "#/memory/people%2Fme%20too.md");
    window.see_anywhere("There is no page");
    assert_eq!(account::place_left(&window), json!("null"), "not again for a page that is loaded anew");
}
