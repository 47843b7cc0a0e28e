//! A keychain that never answers: it holds up requests about keys and nothing else, in the host and in an attached client. And a
//! profile for which there is no host.

use super::{Client, Connection, Events, RECONNECT_PAUSE};
use crate::clock::SystemClock;
use crate::host::lock::ProfileLock;
use crate::host::open_profile::{OpenProfile, Opened};
use crate::host::running_host::RunningHost;
use crate::host::socket::{self, Lines};
use crate::model_setup::setups::ModelSetups;
use crate::profile::location::{Environment, Profile};
use crate::profile::settings::StoredSettings;
use async_trait::async_trait;
use growqr_actors::Toolbox;
use growqr_core::clock::Clock;
use growqr_core::secret::{Secret, SecretError, SecretStore, StoreState};
use growqr_testkit::count_log_lines;
use growqr_wire::{ClientMessage, Error, ErrorCode, HostMessage, Needs, Push, Reply, Request, Response};
use interprocess::local_socket::tokio::prelude::*;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longer than all that a test waits for; a keychain that does not answer waits for ever.
const LIMIT: Duration = Duration::from_secs(30);

struct HangingKeychain;

#[async_trait]
impl SecretStore for HangingKeychain {
    async fn get(&self, _: &str) -> Result<Option<Secret>, SecretError> {
        std::future::pending().await
    }

    async fn set(&self, _: &str, _: &Secret) -> Result<(), SecretError> {
        std::future::pending().await
    }

    async fn remove(&self, _: &str) -> Result<(), SecretError> {
        std::future::pending().await
    }

    async fn state(&self) -> StoreState {
        std::future::pending().await
    }

    async fn unlock(&self) -> Result<(), SecretError> {
        std::future::pending().await
    }
}

/// A client that is the host, with the built-in guide and a keychain that hangs.
async fn host(folder: &Path, environment: &Environment) -> (Client, Events) {
    let profile = Profile::find(Some(folder), environment).unwrap();
    let Opened::Ours(mut open) = OpenProfile::open(profile.clone(), environment, &CancellationToken::new()).await.unwrap() else {
        panic!("this process has the profile");
    };
    let stored = StoredSettings::from([("model".to_owned(), "guide".to_owned())]);
    let setups = ModelSetups::new(environment, Arc::new(HangingKeychain), stored, Arc::new(Toolbox::new(Vec::new())), 1);
    open.setups = Arc::new(setups);
    let (running, events) = RunningHost::start(*open).await.unwrap();
    let connection = Connection::Hosting(Box::new(running), events);
    Client::over(connection, profile, environment, Needs::Host, false)
}

#[tokio::test]
async fn quitting_while_a_host_starts_starts_no_agents() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::default();
    let profile = Profile::find(Some(folder.path()), &environment).unwrap();
    let stop = CancellationToken::new();
    let Opened::Ours(open) = OpenProfile::open(profile, &environment, &stop).await.unwrap() else {
        panic!("this process has the profile");
    };
    stop.cancel();
    assert!(Connection::from_profile(*open, Needs::Host, &stop).await.is_err());
}

/// Sends requests about keys, which hang, then everything that must go on.
async fn everything_else_goes_on(client: &Client, events: &mut Events, turn: u64) {
    let set = Request::SetKey { name: "anthropic".to_owned(), value: Some(growqr_wire::ApiKey("sk-x".to_owned())) };
    let hanging = async {
        let unlock = client.send(Request::UnlockKeychain);
        let (set, listed, unlocked) = tokio::join!(client.send(set), client.send(Request::Keys), unlock);
        panic!("the keychain answered: {set:?} {listed:?} {unlocked:?}");
    };
    let others = async {
        let (id, agent) = (format!("m-{turn}"), "grow".to_owned());
        client.send(Request::Say { agent: agent.clone(), id, text: "hello".to_owned(), attachments: Vec::new() }).await.unwrap();
        loop {
            if let Some(Push::Recorded { agent, .. }) = events.next().await.unwrap()
                && (agent.turn, agent.status.as_str()) == (turn, "idle")
            {
                break;
            }
        }
        client.send(Request::Cancel { agent, tree: true }).await.unwrap();
        let setting = Request::SetSetting { name: "budget.per_day".to_owned(), value: Some("7".to_owned()) };
        assert_eq!(client.send(setting).await.unwrap(), Reply::Done);
        assert!(matches!(client.send(Request::Health).await.unwrap(), Reply::Health { .. }));
        let page = Request::WriteMemory { path: format!("page-{turn}.md"), text: "words\n".to_owned(), base: None };
        assert!(matches!(client.send(page).await.unwrap(), Reply::Changed { .. }));
    };
    tokio::select! {
        biased;
        () = hanging => {}
        done = tokio::time::timeout(LIMIT, others) => done.expect("the keychain holds up nothing else"),
    }
}

#[tokio::test]
async fn a_keychain_that_hangs_holds_up_nothing_but_keys() {
    let (folder, environment) = (tempfile::tempdir().unwrap(), Environment::default());
    let (hosting, mut events) = host(folder.path(), &environment).await;
    everything_else_goes_on(&hosting, &mut events, 1).await;
    let profile = Profile::find(Some(folder.path()), &environment).unwrap();
    let (attached, mut events) = Client::open(profile, &environment, Needs::Host).await.unwrap();
    assert!(attached.is_attached());
    everything_else_goes_on(&attached, &mut events, 2).await;
    let close = async {
        attached.close().await;
        hosting.close().await;
    };
    tokio::time::timeout(LIMIT, close).await.expect("closing does not wait for the keychain");
}

#[tokio::test]
async fn too_many_requests_about_keys_are_refused_and_messages_are_not() {
    let (folder, environment) = (tempfile::tempdir().unwrap(), Environment::default());
    let (hosting, _events) = host(folder.path(), &environment).await;
    let keys = futures_util::future::select_all((0..100).map(|_| Box::pin(hosting.send(Request::Keys))));
    let (refused, _, waiting) = tokio::time::timeout(LIMIT, keys).await.expect("the others are refused");
    assert_eq!(growqr_wire::Error::from(refused.unwrap_err()).code, ErrorCode::Overloaded);
    let say = Request::Say { agent: "grow".to_owned(), id: "m-1".to_owned(), text: "hello".to_owned(), attachments: Vec::new() };
    tokio::time::timeout(LIMIT, hosting.send(say)).await.expect("messages go on").unwrap();
    drop(waiting);
    hosting.close().await;
}

#[tokio::test]
async fn messages_to_one_agent_keep_their_order() {
    let (folder, environment) = (tempfile::tempdir().unwrap(), Environment::default());
    let (hosting, _events) = host(folder.path(), &environment).await;
    let profile = Profile::find(Some(folder.path()), &environment).unwrap();
    let (attached, _pushes) = Client::open(profile.clone(), &environment, Needs::Host).await.unwrap();
    for (client, first) in [(&hosting, 0), (&attached, 20)] {
        let say = |n: usize| Request::Say {
            agent: "grow".to_owned(),
            id: format!("m-{n}"),
            text: format!("message {n}"),
            attachments: Vec::new(),
        };
        let sent = futures_util::future::join_all((first..first + 20).map(|n| client.send(say(n))));
        tokio::time::timeout(LIMIT, sent).await.unwrap().into_iter().for_each(|reply| drop(reply.unwrap()));
    }
    attached.close().await;
    hosting.close().await;
    let library = crate::library::Library::open(profile).await.unwrap();
    let messages = library.messages("grow", None, 200).await.unwrap();
    let said: Vec<String> =
        messages.into_iter().map(|message| message.text).filter(|text| text.starts_with("message ")).collect();
    assert_eq!(said, (0..40).map(|n| format!("message {n}")).collect::<Vec<_>>());
}

/// A reconnecting client whose host has ended, while a process that does not listen keeps the profile lock.
async fn without_host(folder: &Path, environment: &Environment) -> (Client, ProfileLock) {
    let profile = Profile::find(Some(folder), environment).unwrap();
    profile.create().unwrap();
    let lock = ProfileLock::take(&profile, SystemClock.now()).unwrap().expect("the lock is free");
    let listener = socket::listen(&profile).unwrap();
    let host = async {
        let mut lines = Lines::new(listener.accept().await.unwrap());
        for _ in ["hello", "follow"] {
            let message: ClientMessage = serde_json::from_slice(&lines.next().await.unwrap().expect("a request")).unwrap();
            lines.send(&HostMessage::Answer(Response { id: message.id, result: Ok(Reply::Done) })).await.unwrap();
        }
    };
    let token = CancellationToken::new();
    let (connection, ()) = tokio::join!(Connection::open(&profile, environment, Needs::Host, true, &token), host);
    drop(listener);
    let (client, _) = Client::over(connection.unwrap(), profile, environment, Needs::Host, true);
    (client, lock)
}

/// Sends requests at the same time; returns how long it takes until all are refused.
async fn refused_after(client: &Client) -> Duration {
    let began = Instant::now();
    let sent = (0..6).map(|_| client.send(Request::Health));
    for refused in futures_util::future::join_all(sent).await {
        assert_eq!(Error::from(refused.unwrap_err()).code, ErrorCode::Held);
    }
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn without_a_host_requests_are_refused_together_not_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _lock) = without_host(folder.path(), &Environment::default()).await;
    let first = refused_after(&client).await;
    assert!(first < Duration::from_secs(8), "one attempt takes 5 s: {first:?}");
    let again = refused_after(&client).await;
    assert!(again < RECONNECT_PAUSE, "the last attempt counts for a while: {again:?}");
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_an_attempt_to_connect() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _lock) = without_host(folder.path(), &Environment::default()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    client.close().await;
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_a_database_that_does_not_answer() {
    let (folder, server) = (tempfile::tempdir().unwrap(), TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
    let url = format!("postgres://u@127.0.0.1:{}/db", server.local_addr().unwrap().port());
    let (client, lock) = without_host(folder.path(), &Environment::from_variables(&[("DATABASE_URL", &url)])).await;
    drop(lock);
    let (connection, _) = server.accept().await.unwrap();
    let began = Instant::now();
    client.close().await;
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    drop(connection);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stays_away_is_warned_about_once() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _lock) = without_host(folder.path(), &Environment::default()).await;
    let (warnings, _counting) = count_log_lines(tracing::Level::WARN);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(warnings.load(Ordering::SeqCst), 1);
    client.close().await;
}
