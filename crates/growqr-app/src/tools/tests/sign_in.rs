//! Signing in at servers, with a real port for the browser and a strict stand-in.

use super::{World, server};
use crate::tools::ToolServers;
use crate::tools::grants::KeychainGrants;
use growqr_core::clock::Clock;
use growqr_core::secret::SecretStore;
use growqr_testkit::clerk::{Page, open};
use growqr_testkit::mcp::oauth::OauthMcp;
use growqr_tools::ServerName;
use growqr_tools::sign_in::Grants;
use growqr_wire::{ApiKey, NewToolServer, Reply, ToolServer, ToolServerState, ToolTransport};
use std::sync::Arc;
use std::time::Duration;

/// A server with an address.
fn far(url: &str) -> NewToolServer {
    NewToolServer { transport: ToolTransport::Http { url: url.to_owned() }, ..server("far", "") }
}

async fn row(servers: &ToolServers) -> ToolServer {
    let Ok(Reply::ToolServers { servers }) = servers.list().await else { panic!("a list") };
    servers.into_iter().find(|server| server.name == "far").expect("a server")
}

/// Waits until the row fits.
async fn until(servers: &ToolServers, fits: impl Fn(&ToolServer) -> bool) -> ToolServer {
    for _ in 0..1_000 {
        let row = row(servers).await;
        if fits(&row) {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never got there: {:?}", row(servers).await);
}

async fn begun(servers: &Arc<ToolServers>) -> String {
    let Ok(Reply::ToolSignIn { page }) = Arc::clone(servers).sign_in("far").await else { panic!("a page") };
    page
}

/// The person agrees in the browser; returns where it comes back to.
async fn agreed(page: &str) -> String {
    open(page).await.expect("the page is there").location.expect("it agrees")
}

async fn sign_in(servers: &Arc<ToolServers>) {
    let back = agreed(&begun(servers).await).await;
    let shown = open(&back).await.expect("the port is open");
    assert!(shown.text.contains("You can close this page") && !shown.text.contains("canary"), "{shown:?}");
    until(servers, |row| row.state == ToolServerState::Ready && row.sign_in.is_kept && !row.sign_in.is_waiting).await;
}

/// A profile with a server that wants a sign-in.
async fn world() -> (World, OauthMcp, Arc<ToolServers>) {
    let (world, stub) = (World::new().await, OauthMcp::start());
    let servers = Arc::new(world.servers());
    servers.add(far(&stub.url()), false).await.expect("it is added");
    until(&servers, |row| matches!(row.state, ToolServerState::NeedsSignIn { .. })).await;
    (world, stub, servers)
}

#[tokio::test]
async fn the_browser_comes_back_to_a_port_and_the_server_is_ready() {
    let (world, stub, servers) = world().await;
    assert!(!row(&servers).await.sign_in.is_kept);
    sign_in(&servers).await;
    assert_eq!(world.keychain.names().len(), 1);
    assert_eq!((world.noted().await, stub.problems()), (world.keychain.names(), Vec::new()));
    let rows = format!("{:?} {:?}", world.rows().await, servers.list().await);
    assert!(!rows.contains("canary"), "no token is in the store or in a reply");
    // A restart, and a change elsewhere, lose nothing.
    servers.tidy().await;
    servers.add(server("other", ""), false).await.unwrap();
    assert_eq!(world.keychain.names().len(), 1);
    servers.close().await;
}

#[tokio::test]
async fn a_sign_in_that_is_found_is_noted_also_when_the_store_does_not_know_it() {
    let (world, _stub, servers) = world().await;
    sign_in(&servers).await;
    for entry in world.noted().await {
        world.store.forget_tool_values("here", &entry).await.unwrap();
    }
    servers.test("far").await.unwrap();
    until(&servers, |row| row.sign_in.is_kept).await;
    servers.remove("far").await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    servers.close().await;
}

#[tokio::test]
async fn a_sign_in_that_the_server_does_not_take_is_not_shown_as_one() {
    let (_world, stub, servers) = world().await;
    sign_in(&servers).await;
    stub.switch(|switches| switches.refuses_tokens = true);
    servers.test("far").await.unwrap();
    let refused = until(&servers, |row| matches!(row.state, ToolServerState::NeedsSignIn { .. })).await;
    assert!(!refused.sign_in.is_kept, "{refused:?}");
    servers.remove("far").await.unwrap();
    servers.close().await;
}

#[tokio::test]
async fn two_programs_with_one_folder_use_a_sign_in_one_at_a_time() {
    let world = World::new().await;
    let program = || {
        let (keychain, store) = (Arc::clone(&world.keychain) as Arc<dyn SecretStore>, Arc::clone(&world.store));
        KeychainGrants::new(keychain, "here".to_owned(), store, world.folder.path().to_owned())
    };
    let (one, two) = (program(), program());
    let [far, con] = ["far", "con"].map(|name| ServerName::new(name).expect("a name"));
    let held = one.lock(&far).await;
    drop(two.lock(&con).await);
    let short = Duration::from_millis(200);
    assert!(tokio::time::timeout(short, two.lock(&far)).await.is_err(), "the first has it");
    drop(held);
    drop(two.lock(&far).await);
}

#[tokio::test]
async fn a_removed_server_and_another_address_have_no_sign_in() {
    let (world, stub, servers) = world().await;
    sign_in(&servers).await;
    let elsewhere = stub.url().replace("/mcp", "/mcp?team=2");
    servers.add(far(&elsewhere), true).await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    assert!(!row(&servers).await.sign_in.is_kept);
    servers.add(far(&stub.url()), true).await.unwrap();
    sign_in(&servers).await;
    servers.remove("far").await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await, stub.open_sign_ins()), (Vec::new(), Vec::new(), 1));
    servers.close().await;
}

#[tokio::test]
async fn a_key_that_takes_the_place_of_a_sign_in_ends_it_and_its_server_can_be_removed() {
    let (world, stub, servers) = world().await;
    sign_in(&servers).await;
    let sign_ins = || world.keychain.names().into_iter().filter(|name| name.contains("sign-in")).count();
    let key = ("authorization".to_owned(), ApiKey("Bearer key".to_owned()));
    servers.add(NewToolServer { values: [key].into(), ..far(&stub.url()) }, true).await.unwrap();
    assert_eq!((sign_ins(), world.noted().await), (0, world.keychain.names()));
    servers.sign_out("far").await.unwrap();
    servers.remove("far").await.unwrap();
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    servers.close().await;
}

#[tokio::test]
async fn signing_out_forgets_and_a_locked_keychain_says_that_it_does_not() {
    let (world, stub, servers) = world().await;
    sign_in(&servers).await;
    world.keychain.lock(true);
    for error in [servers.sign_out("far").await.unwrap_err(), servers.remove("far").await.unwrap_err()] {
        let error = error.to_string();
        assert!(error.contains("keychain is locked") && !error.contains("signing in"), "{error}");
    }
    world.keychain.lock(false);
    servers.sign_out("far").await.unwrap();
    assert_eq!((world.keychain.names(), stub.open_sign_ins()), (Vec::new(), 0));
    until(&servers, |row| matches!(row.state, ToolServerState::NeedsSignIn { .. }) && !row.sign_in.is_kept).await;
    assert!(servers.sign_out("none").await.is_err());
    servers.close().await;
}

#[tokio::test]
async fn an_answer_to_another_attempt_is_ignored_and_a_newer_attempt_ends_the_earlier_one() {
    let (_world, _stub, servers) = world().await;
    let first = agreed(&begun(&servers).await).await;
    let second = agreed(&begun(&servers).await).await;
    let port = |back: &str| back.split('?').next().expect("an address").to_owned();
    assert!(open(&first).await.is_err(), "its port is closed");
    let mixed = format!("{}?{}", port(&second), first.split_once('?').expect("parameters").1);
    for forged in [mixed, format!("{}?code=x&state=y", port(&second)), format!("{}?error=access_denied", port(&second))] {
        let Page { status, .. } = open(&forged).await.expect("the port is open");
        assert_eq!(status, 400, "{forged}");
    }
    assert!(row(&servers).await.sign_in.is_waiting);
    assert_eq!(open(&second).await.unwrap().status, 200);
    until(&servers, |row| row.sign_in.is_kept).await;
    servers.close().await;
}

#[tokio::test]
async fn an_attempt_that_is_stopped_or_denied_says_so_and_keeps_nothing() {
    let (world, _stub, servers) = world().await;
    let page = begun(&servers).await;
    assert!(row(&servers).await.sign_in.is_waiting);
    servers.stop_sign_in("far");
    assert_eq!(row(&servers).await.sign_in, growqr_wire::ToolSignIn::default());
    assert!(open(&agreed(&page).await).await.is_err(), "its port is closed");
    let back = agreed(&begun(&servers).await).await;
    let (port, answer) = back.split_once('?').expect("parameters");
    let others = answer.split('&').filter(|part| !part.starts_with("code=")).collect::<Vec<_>>().join("&");
    open(&format!("{port}?{others}&error=access_denied")).await.expect("the port is open");
    let denied = until(&servers, |row| !row.sign_in.is_waiting).await;
    assert_eq!(denied.sign_in.problem.as_deref(), Some("the sign-in was denied"));
    assert_eq!(world.keychain.names(), Vec::<String>::new());
    servers.close().await;
}

#[tokio::test]
async fn an_attempt_can_be_stopped_while_the_server_says_nothing() {
    let world = World::new().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let servers = Arc::new(world.servers());
    servers.add(far(&format!("http://{}/mcp", silent.local_addr().unwrap())), false).await.unwrap();
    let begin = || {
        let servers = Arc::clone(&servers);
        tokio::spawn(async move { servers.sign_in("far").await.expect_err("nobody answers").to_string() })
    };
    let first = begin();
    until(&servers, |row| row.sign_in.is_waiting).await;
    let second = begin();
    assert!(first.await.unwrap().contains("was stopped"), "a newer attempt ends it");
    assert!(row(&servers).await.sign_in.is_waiting);
    servers.stop_sign_in("far");
    assert!(second.await.unwrap().contains("was stopped"));
    assert_eq!(row(&servers).await.sign_in, growqr_wire::ToolSignIn::default());
    servers.close().await;
}

#[tokio::test]
async fn a_server_that_does_not_say_where_to_sign_in_may_want_a_key() {
    let (_world, stub, servers) = world().await;
    stub.switch(|switches| {
        switches.challenge = Some(String::new());
        switches.documents.insert("/.well-known/oauth-protected-resource/mcp".to_owned(), serde_json::Value::Null);
    });
    let error = Arc::clone(&servers).sign_in("far").await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("--header") && shown.contains("Authorization: Bearer KEY"), "{shown}");
    servers.close().await;
}

#[tokio::test]
async fn a_server_removed_while_the_browser_is_open_gets_no_sign_in() {
    let (world, _stub, servers) = world().await;
    let back = agreed(&begun(&servers).await).await;
    servers.remove("far").await.unwrap();
    assert!(open(&back).await.is_err(), "its port is closed");
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    // A sign-in that a kill has left goes with the next start.
    let entry = crate::tools::kept_values::sign_in_entry("far", "https://gone.example.com/");
    world.store.note_tool_values("here", &entry, crate::SystemClock.now()).await.unwrap();
    world.keychain.put(&entry, "{}");
    servers.tidy().await;
    assert_eq!((world.keychain.names(), world.noted().await), (Vec::new(), Vec::new()));
    servers.close().await;
}
