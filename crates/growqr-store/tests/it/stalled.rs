//! A server that stops answering: nothing waits for ever. And the spellings of a server's address.

use crate::claims::private_server;
use crate::fixtures::{NOW, World, append, local, said, say};
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{Head, StoreError};
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::{StallingProxy, skipped};
use std::net::TcpListener;
use std::time::Duration;
use tokio::time::timeout;

/// Longer than each single limit of the store.
const LIMIT: Duration = Duration::from_secs(45);

fn config(url: String) -> DbConfig {
    DbConfig::Postgres { url: DatabaseUrl::new(url) }
}

fn assert_unreachable<T>(result: Result<T, StoreError>) {
    let error = result.err().expect("nothing answers");
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_accepts_and_says_nothing_is_unreachable() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (config, profile) = (config(format!("postgres://u@{}/growqr", silent.local_addr().unwrap())), local());
    let (opened, status, checked) =
        timeout(LIMIT, async { tokio::join!(Db::open(&config), Db::status(&config), Db::check_writing(&config, &profile)) })
            .await
            .expect("each attempt ends");
    assert_unreachable(opened);
    assert_unreachable(status);
    assert_unreachable(checked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_end_and_the_database_closes_while_the_server_is_stalled() {
    let Some(server) = private_server().await else { return };
    let proxy = StallingProxy::start(server.port()).await;
    let db = Db::open(&config(server.url(proxy.port()))).await.unwrap();
    let store = db.profile(&local(), NOW).await.unwrap();
    let grow = AgentId::grow();
    let head = say(&*store, &grow, Head::default(), "one").await.unwrap().head;
    proxy.stall();
    let (read, appended, set) = timeout(LIMIT, async {
        tokio::join!(
            store.events(Position(0), None, 10),
            store.append(append(&grow, head, vec![said("two")])),
            store.set("model", Some("x"), NOW)
        )
    })
    .await
    .expect("each operation ends");
    assert_unreachable(read);
    assert_unreachable(appended);
    assert_unreachable(set);
    proxy.resume();
    // Connections that did not answer are given up, so the pool works again.
    let recovered = timeout(LIMIT, async {
        while store.events(Position(0), None, 10).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    recovered.await.expect("the pool recovers");
    proxy.stall();
    timeout(LIMIT, db.close()).await.expect("closing ends");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_does_not_wait_for_ever_for_another_writer() {
    let Some(world) = World::postgres().await else { return };
    let store = world.store().await;
    let head = say(&*store, &AgentId::grow(), Head::default(), "one").await.unwrap().head;
    let blocker = world.open_transaction("begin; update profiles set position = position").await;
    assert_unreachable(timeout(LIMIT, say(&*store, &AgentId::grow(), head, "two")).await.expect("the append ends"));
    drop(blocker);
    // The server ends the transaction of a connection that has gone after a moment.
    let appended = timeout(LIMIT, async {
        loop {
            match say(&*store, &AgentId::grow(), head, "two").await {
                Ok(appended) => break appended,
                Err(error) => assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}"),
            }
        }
    });
    assert_eq!(appended.await.expect("it is free again").head.seq.0, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_reached_by_socket_folder_and_by_ipv6_address() {
    let Some(server) = private_server().await else { return };
    let (port, folder) = (server.port(), server.socket_folder().display().to_string());
    let encoded = folder.replace('/', "%2F");
    let mut urls = vec![
        format!("postgres://growqr@localhost:{port}/postgres?host={folder}"),
        format!("postgres:///postgres?host={folder}&port={port}&user=growqr"),
        format!("postgres://growqr@{encoded}:{port}/postgres"),
    ];
    if TcpListener::bind("[::1]:0").is_ok() {
        urls.push(format!("postgres://growqr@[::1]:{port}/postgres"));
    } else {
        skipped("a server at an IPv6 address: this computer has none");
    }
    for url in urls {
        let opened = Db::open(&config(url.clone())).await;
        assert!(opened.is_ok(), "{url}: {:?}", opened.err());
    }
}
