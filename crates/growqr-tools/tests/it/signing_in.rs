//! Signing in at servers, against a strict stand-in.

use crate::fake_grants::FakeGrants;
use crate::world::{call, known, log, servers_with, text, until, until_ready};
use growqr_core::clock::{Clock, Timestamp};
use growqr_testkit::clerk as browser;
use growqr_testkit::mcp::ScriptedMcp;
use growqr_testkit::mcp::oauth::{KNOWN_CLIENT, OauthMcp};
use growqr_tools::sign_in::{SignInError, SignIns};
use growqr_tools::{KnownServer, ServerConfig, ServerName, ServerState, ServerStatus, Servers, Transport};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const REFRESH: &str = "POST /as/token refresh_token";

/// A clock that stands still until the test moves it.
#[derive(Default)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// A program with one server, `far`.
struct Running {
    servers: Servers,
    sign_ins: Arc<SignIns>,
    clock: Arc<SetClock>,
    server: KnownServer,
}

fn far(url: &str) -> KnownServer {
    known("far", Transport::Http { url: url.to_owned(), headers: BTreeMap::new() })
}

impl Running {
    fn start(server: KnownServer, grants: &Arc<FakeGrants>) -> Running {
        let clock = Arc::new(SetClock::default());
        let (servers, sign_ins) = servers_with(Arc::clone(grants), Arc::clone(&clock) as Arc<dyn Clock>);
        servers.set(vec![server.clone()]);
        Running { servers, sign_ins, clock, server }
    }

    /// A program with a new sign-in at the server, which is ready.
    async fn signed_in(stub: &OauthMcp, grants: &Arc<FakeGrants>) -> Running {
        let running = Running::start(far(&stub.url()), grants);
        running.until_needed().await;
        sign_in(&running.sign_ins, &running.server.config).await.expect("a sign-in");
        assert!(running.servers.restart(&running.server.config.name).await);
        until_ready(&running.servers, "far").await;
        running
    }

    async fn until_needed(&self) -> String {
        let status = until(&self.servers, "far", needs_sign_in).await;
        let ServerState::NeedsSignIn { reason, .. } = status.state else { unreachable!("it needs one") };
        reason
    }

    async fn read(&self) -> String {
        text(&call(&self.servers, "far", "far__read", json!({"a": 1})).await)
    }
}

fn needs_sign_in(status: &ServerStatus) -> bool {
    matches!(status.state, ServerState::NeedsSignIn { .. })
}

/// Signs in as a person does who agrees to everything.
pub async fn sign_in(sign_ins: &SignIns, config: &ServerConfig) -> Result<(), SignInError> {
    let attempt = sign_ins.begin(config, "http://127.0.0.1:9/callback".to_owned()).await?;
    let page = browser::open(attempt.page()).await.expect("the page is there");
    let back = page.location.unwrap_or_else(|| panic!("the page refuses: {}", page.text));
    let code = attempt.answer(&back).expect("it is the answer")?;
    let new = sign_ins.exchange(&attempt, &code).await?;
    sign_ins.keep(&config.name, &new).await
}

const READ: &str = r#"read {"a":1}"#;

#[tokio::test]
async fn a_server_that_wants_a_sign_in_says_so_and_is_called_after_it() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::start(far(&stub.url()), &grants);
    assert_eq!(running.until_needed().await, "it wants you to sign in");
    assert_eq!(stub.count("POST /mcp"), 1, "it is not tried again by itself");
    sign_in(&running.sign_ins, &running.server.config).await.unwrap();
    assert_eq!(grants.count(), 1);
    running.servers.restart(&running.server.config.name).await;
    until_ready(&running.servers, "far").await;
    assert_eq!(running.read().await, READ);
    assert_eq!((stub.calls(), stub.problems()), (vec![READ.to_owned()], Vec::new()));
    let said = format!("{:?}", running.servers.log(&running.server.config.name));
    assert!(said.contains("needs a sign-in") && !said.contains("canary"), "{said}");
    assert_eq!(log(&running.servers, "far"), Vec::<String>::new());
    running.servers.close().await;
}

#[tokio::test]
async fn a_token_that_ends_during_a_session_is_renewed_and_the_call_made_once() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    assert_eq!(running.read().await, READ);
    assert_eq!((stub.count(REFRESH), stub.calls().len()), (1, 1));
    assert!(!needs_sign_in(&running.servers.statuses()[0]));
    running.servers.close().await;
    // The next program finds the renewed one.
    let next = Running::start(far(&stub.url()), &grants);
    until_ready(&next.servers, "far").await;
    assert_eq!(stub.count(REFRESH), 1);
    next.servers.close().await;
}

#[tokio::test]
async fn a_server_that_refuses_without_saying_what_it_wants_is_signed_in_to_and_its_token_renewed() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    stub.switch(|switches| switches.challenge = Some(String::new()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    assert_eq!(running.read().await, READ);
    assert_eq!((stub.count(REFRESH), stub.calls().len()), (1, 1));
    stub.switch(|switches| switches.refuses_tokens = true);
    running.read().await;
    assert_eq!(running.until_needed().await, "it refuses the sign-in");
    running.servers.close().await;
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    stub.switch(|switches| switches.token_seconds = Some(600));
    let running = Running::signed_in(&stub, &grants).await;
    running.clock.0.store(530_000, Ordering::Relaxed);
    assert_eq!(running.read().await, READ);
    assert_eq!(stub.count(REFRESH), 0);
    running.clock.0.store(545_000, Ordering::Relaxed);
    assert_eq!(running.read().await, READ);
    assert_eq!(running.read().await, READ);
    assert_eq!(stub.count(REFRESH), 1);
    running.servers.close().await;
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_holds_to_its_end() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    stub.switch(|switches| {
        switches.gives_no_refresh = true;
        switches.token_seconds = Some(600);
    });
    let running = Running::signed_in(&stub, &grants).await;
    running.clock.0.store(590_000, Ordering::Relaxed);
    assert_eq!(running.read().await, READ);
    running.clock.0.store(600_000, Ordering::Relaxed);
    running.read().await;
    assert_eq!(running.until_needed().await, "the sign-in has ended");
    assert_eq!((stub.count(REFRESH), grants.count()), (0, 0));
    running.servers.close().await;
}

#[tokio::test]
async fn a_refused_renewal_ends_the_sign_in_and_says_why() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    stub.switch(|switches| switches.refuses_refresh = true);
    let said = running.read().await;
    assert!(said.contains("sign in") && said.contains("nothing has happened"), "{said}");
    let reason = running.until_needed().await;
    assert!(reason.contains("invalid_grant"), "{reason}");
    assert_eq!((grants.count(), stub.count(REFRESH), stub.calls().len()), (0, 1, 0));
    let said = running.read().await;
    assert!(said.contains("cannot be used now"), "{said}");
    running.servers.close().await;
}

#[tokio::test]
async fn a_token_that_is_refused_after_its_renewal_needs_a_sign_in() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.switch(|switches| switches.refuses_tokens = true);
    running.read().await;
    assert_eq!(running.until_needed().await, "it refuses the sign-in");
    assert_eq!(stub.count(REFRESH), 1, "it is not renewed again and again");
    running.servers.close().await;
}

#[tokio::test]
async fn an_authorization_server_that_fails_costs_a_call_and_no_sign_in() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    stub.switch(|switches| switches.fails = true);
    let said = running.read().await;
    assert!(said.contains("503"), "{said}");
    assert_eq!(grants.count(), 1);
    stub.switch(|switches| switches.fails = false);
    assert_eq!(running.read().await, READ);
    running.servers.close().await;
}

#[tokio::test]
async fn of_two_programs_that_renew_at_once_one_does_and_both_go_on() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let one = Running::signed_in(&stub, &grants).await;
    let two = Running::start(far(&stub.url()), &grants);
    until_ready(&two.servers, "far").await;
    stub.expire();
    stub.switch(|switches| switches.refresh_takes = Duration::from_millis(200));
    let (first, second, third) = tokio::join!(one.read(), two.read(), one.read());
    assert_eq!([first, second, third], [READ; 3]);
    assert_eq!((stub.count(REFRESH), stub.problems()), (1, Vec::new()));
    one.servers.close().await;
    two.servers.close().await;
}

#[tokio::test]
async fn a_program_killed_between_renewal_and_save_needs_a_new_sign_in() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    grants.is_killed_at_save.store(true, Ordering::Relaxed);
    let killed = tokio::time::timeout(Duration::from_secs(2), running.read()).await;
    assert!(killed.is_err() && stub.count(REFRESH) == 1);
    let kept = grants.after_kill();
    let next = Running::start(far(&stub.url()), &kept);
    let reason = next.until_needed().await;
    assert!(reason.contains("invalid_grant"), "{reason}");
    sign_in(&next.sign_ins, &next.server.config).await.unwrap();
    next.servers.restart(&next.server.config.name).await;
    until_ready(&next.servers, "far").await;
    next.servers.close().await;
}

#[tokio::test]
async fn a_renewal_whose_answer_is_lost_needs_a_new_sign_in_at_the_next_try() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    stub.switch(|switches| switches.loses_refresh = true);
    let said = running.read().await;
    assert!(said.contains("cannot be reached"), "{said}");
    assert_eq!(grants.count(), 1, "it may be the network alone");
    stub.switch(|switches| switches.loses_refresh = false);
    running.read().await;
    assert!(running.until_needed().await.contains("invalid_grant"));
    running.servers.close().await;
}

#[tokio::test]
async fn a_renewed_sign_in_that_the_keychain_does_not_take_holds_for_this_run() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    grants.takes_nothing.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        stub.expire();
        assert_eq!(running.read().await, READ);
    }
    assert_eq!((stub.count(REFRESH), stub.problems()), (2, Vec::new()));
    running.servers.close().await;
}

#[tokio::test]
async fn a_locked_keychain_is_no_lost_sign_in() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    Running::signed_in(&stub, &grants).await.servers.close().await;
    grants.is_locked.store(true, Ordering::Relaxed);
    let next = Running::start(far(&stub.url()), &grants);
    let cause = crate::world::until_failed(&next.servers, "far").await;
    assert!(cause.contains("the keychain is locked"), "{cause}");
    grants.is_locked.store(false, Ordering::Relaxed);
    until_ready(&next.servers, "far").await;
    next.servers.close().await;
}

#[tokio::test]
async fn signing_out_forgets_the_sign_in_and_tells_the_authorization_server() {
    let (stub, grants) = (OauthMcp::start(), Arc::new(FakeGrants::default()));
    let running = Running::signed_in(&stub, &grants).await;
    assert_eq!(stub.open_sign_ins(), 1);
    assert!(running.sign_ins.sign_out(&running.server.config).await.unwrap());
    assert_eq!((grants.count(), stub.open_sign_ins(), stub.count("POST /as/revoke")), (0, 0, 1));
    running.servers.restart(&running.server.config.name).await;
    running.until_needed().await;
    assert!(!running.sign_ins.sign_out(&running.server.config).await.unwrap(), "there is none any more");
    running.servers.close().await;
}

#[tokio::test]
async fn a_client_that_the_person_has_registered_is_used_and_one_with_a_secret_proves_it() {
    let grants = Arc::new(FakeGrants::default());
    let stub = OauthMcp::start();
    let mut server = far(&stub.url());
    server.config.client_id = Some(KNOWN_CLIENT.to_owned());
    let running = Running::start(server, &grants);
    running.until_needed().await;
    sign_in(&running.sign_ins, &running.server.config).await.unwrap();
    assert_eq!(stub.count("POST /as/register"), 0);
    running.servers.close().await;

    let stub = OauthMcp::start();
    stub.switch(|switches| switches.gives_secrets = true);
    let running = Running::signed_in(&stub, &grants).await;
    stub.expire();
    assert_eq!(running.read().await, READ);
    assert_eq!((stub.count("POST /as/register"), stub.count(REFRESH)), (1, 1));
    running.servers.close().await;
}

#[tokio::test]
async fn a_server_that_wants_no_sign_in_and_a_program_are_not_signed_in_to() {
    let (server, grants) = (ScriptedMcp::over_http(&json!({"tools": []})), Arc::new(FakeGrants::default()));
    grants.is_locked.store(true, Ordering::Relaxed);
    let running = Running::start(far(server.url()), &grants);
    // It needs no keychain.
    until_ready(&running.servers, "far").await;
    assert_eq!(sign_in(&running.sign_ins, &running.server.config).await, Err(SignInError::NotWanted));
    let program = Transport::Program { command: "x".to_owned(), args: Vec::new(), env: BTreeMap::new() };
    let program = ServerConfig::new(ServerName::new("near").unwrap(), program);
    assert_eq!(sign_in(&running.sign_ins, &program).await, Err(SignInError::NoAddress));
    running.servers.close().await;
}
