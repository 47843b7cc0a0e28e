//! Two hosts with data folders of their own and one database server: only one of them runs the agents.

use growqr_app::{AppError, Environment, Profile, ProfileSession, Subscription};
use growqr_testkit::StallingProxy;
use growqr_testkit::postgres::PrivateServer;
use growqr_wire::{Error, ErrorCode, Push, Reply, Request};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(120);

async fn open(folder: &Path, url: &str) -> Result<ProfileSession, AppError> {
    let environment = Environment::from_variables(&[("DATABASE_URL", url)]);
    ProfileSession::open(Profile::find(Some(folder), &environment).unwrap(), &environment).await
}

fn say(id: &str) -> Request {
    Request::Say { agent: "grow".to_owned(), id: id.to_owned(), text: "hello".to_owned(), attachments: Vec::new() }
}

async fn turn_ended(subscription: &mut Subscription, turn: u64) {
    while let Some(push) = subscription.next().await {
        if let Push::Recorded { agent, .. } = push
            && agent.turn == turn
            && agent.status == "idle"
        {
            return;
        }
    }
    panic!("the session closed before turn {turn} ended");
}

async fn told(subscription: &mut Subscription) -> Error {
    while let Some(push) = subscription.next().await {
        if let Push::Stopped { error, .. } = push
            && error.code == ErrorCode::Held
        {
            return error;
        }
    }
    panic!("the session closed before it was told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_loses_the_profile_to_another_says_who_has_it_and_goes_on_when_it_is_free() {
    let Some(server) = tokio::task::spawn_blocking(PrivateServer::start).await.unwrap() else { return };
    let proxy = StallingProxy::start(server.port()).await;
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (through_proxy, direct) = (server.url(proxy.port()), server.url(server.port()));
    let first = open(one.path(), &through_proxy).await.unwrap();
    let mut pushes = first.client().subscribe();
    first.client().send(say("m-1")).await.unwrap();
    timeout(LIMIT, turn_ended(&mut pushes, 1)).await.expect("the first host answers");

    let refused = Error::from(open(other.path(), &direct).await.err().expect("the first host has the profile"));
    let process = format!("(process {}, since ", std::process::id());
    assert_eq!(refused.code, ErrorCode::Held);
    assert!(refused.message.contains(&process) && refused.message.contains(" on "), "{}", refused.message);

    proxy.stall();
    let server = tokio::task::spawn_blocking(move || {
        server.restart();
        server
    });
    let server = server.await.unwrap();
    let second = open(other.path(), &direct).await.unwrap();
    let mut second_pushes = second.client().subscribe();
    second.client().send(say("m-2")).await.unwrap();
    timeout(LIMIT, turn_ended(&mut second_pushes, 2)).await.expect("the second host answers");

    proxy.resume();
    let error = timeout(LIMIT, told(&mut pushes)).await.expect("the first host is told");
    assert!(error.message.contains(&process) && error.next_step.is_some(), "{error:?}");
    let refused = Error::from(first.client().send(say("m-3")).await.unwrap_err());
    assert_eq!(refused.code, ErrorCode::Held, "{refused:?}");
    assert_eq!(second.library().messages("grow", None, 10).await.unwrap().len(), 4, "each message was answered once");

    second.close().await;
    let goes_on = timeout(LIMIT, async {
        loop {
            match first.client().send(say("m-3")).await {
                Ok(reply) => break reply,
                Err(error) => drop(error),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    assert!(matches!(goes_on.await.expect("the profile is free"), Reply::Said { .. }));
    first.close().await;
    drop(server);
}
