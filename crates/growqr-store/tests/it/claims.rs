//! Two hosts on one PostgreSQL server: at any time at most one of them appends.

use crate::fixtures::{NOW, World, local, say};
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{Head, Store, StoreError};
use growqr_store::{Claim, DatabaseUrl, Db, DbConfig, Holder, ProfileClaim};
use growqr_testkit::StallingProxy;
use growqr_testkit::postgres::PrivateServer;
use sqlx::{Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);

pub async fn private_server() -> Option<PrivateServer> {
    tokio::task::spawn_blocking(PrivateServer::start).await.unwrap()
}

async fn restart(server: PrivateServer) -> PrivateServer {
    let restarted = tokio::task::spawn_blocking(move || {
        server.restart();
        server
    });
    restarted.await.unwrap()
}

fn holder(machine: &str) -> Holder {
    Holder { machine: machine.to_owned(), program: "growqr".to_owned(), process: 7, since: NOW }
}

struct Host {
    db: Db,
    claim: ProfileClaim,
    store: Arc<dyn Store>,
}

async fn open(url: String) -> Db {
    Db::open(&DbConfig::Postgres { url: DatabaseUrl::new(url) }).await.unwrap()
}

async fn claim(db: Db, machine: &str) -> Host {
    match db.claim_profile(&local(), &holder(machine)).await.unwrap() {
        Claim::Ours(claim) => Host { store: db.claimed(&local(), &claim), claim, db },
        Claim::Taken(holder) => panic!("held by {holder:?}"),
    }
}

async fn locks(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let count = sqlx::query_scalar("select count(*) from pg_locks where locktype = 'advisory'");
    count.fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_another_host_has_claimed_the_profile_the_first_appends_nothing() {
    let Some(server) = private_server().await else { return };
    let proxy = StallingProxy::start(server.port()).await;
    let first = claim(open(server.url(proxy.port())).await, "studio").await;
    let grow = AgentId::grow();
    let head = say(&*first.store, &grow, Head::default(), "one").await.unwrap().head;
    let second = open(server.url(server.port())).await;
    match second.claim_profile(&local(), &holder("laptop")).await.unwrap() {
        Claim::Taken(found) => assert_eq!(found, Some(holder("studio")), "the second host says who holds it"),
        Claim::Ours(_) => panic!("two hosts hold the profile"),
    }
    let config = DbConfig::Postgres { url: DatabaseUrl::new(server.url(server.port())) };
    assert_eq!(Db::holder(&config, &local()).await.unwrap(), Some(holder("studio").to_string()));
    // The network of the first host fails silently; the server restarts and has forgotten its lock.
    proxy.stall();
    let server = restart(server).await;
    let second = claim(second, "laptop").await;
    let after = say(&*second.store, &grow, head, "two").await.unwrap().head;
    let stalled = timeout(LIMIT, say(&*first.store, &grow, after, "from the first")).await.expect("an append ends");
    assert!(matches!(stalled, Err(StoreError::Unreachable(_))), "{stalled:?}");
    proxy.resume();
    let refused = say(&*first.store, &grow, after, "from the first").await;
    match &refused {
        Err(StoreError::ClaimLost { holder }) => assert!(holder.contains("laptop") && holder.contains("process 7"), "{holder}"),
        other => panic!("{other:?}"),
    }
    let told = timeout(LIMIT, first.claim.lost()).await.expect("the first host is told");
    assert!(told.contains("laptop"), "{told}");
    let last = say(&*second.store, &grow, after, "three").await.unwrap().head;
    assert_eq!(last.seq.0, 3, "nothing of the first host is between");
    assert_eq!(second.store.events(Position(0), None, 10).await.unwrap().len(), 3);
    drop(first.db);
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_whose_server_restarts_keeps_the_profile_if_nobody_has_claimed_it() {
    let Some(server) = private_server().await else { return };
    let url = server.url(server.port());
    let first = claim(open(url.clone()).await, "studio").await;
    let grow = AgentId::grow();
    let mut head = say(&*first.store, &grow, Head::default(), "one").await.unwrap().head;
    let server = restart(server).await;
    // The connections of the pool have ended too; the agents try again.
    head = loop {
        match say(&*first.store, &grow, head, "two").await {
            Ok(appended) => break appended.head,
            Err(StoreError::Unreachable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(head.seq.0, 2);
    timeout(LIMIT, async {
        while locks(&url).await == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("it takes the lock again");
    let second = open(url).await;
    assert!(matches!(second.claim_profile(&local(), &holder("laptop")).await.unwrap(), Claim::Taken(Some(_))));
    assert!(timeout(Duration::from_millis(100), first.claim.lost()).await.is_err(), "the first host still has it");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_has_lost_the_profile_is_told_without_an_append() {
    let Some(world) = World::postgres().await else { return };
    let first = claim(world.db().await, "studio").await;
    // Another host has claimed it in a moment in which the first had no lock.
    world.run_sql("update profiles set fence = fence + 1, holder_machine = 'laptop'").await;
    let told = timeout(LIMIT, first.claim.lost()).await.expect("it looks by itself");
    assert!(told.contains("laptop"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_is_free_as_soon_as_its_host_has_closed() {
    let Some(world) = World::postgres().await else { return };
    let first = claim(world.db().await, "studio").await;
    drop(first.claim);
    let second = world.db().await;
    timeout(LIMIT, async {
        while matches!(second.claim_profile(&local(), &holder("laptop")).await.unwrap(), Claim::Taken(_)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the lock ends with the claim");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_whose_lock_a_build_without_the_fence_has_taken_appends_nothing() {
    let Some(world) = World::postgres().await else { return };
    let first = claim(world.db().await, "studio").await;
    let grow = AgentId::grow();
    let head = say(&*first.store, &grow, Head::default(), "one").await.unwrap().head;
    let mut earlier = PgConnection::connect(world.url()).await.unwrap();
    // The server closes the first host's connection; the earlier build waits for the lock and gets it.
    let end = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' \
               and database = (select oid from pg_database where datname = current_database())";
    earlier.execute(end).await.unwrap();
    earlier.execute("select pg_advisory_lock(hashtextextended('growqr local', 0))").await.unwrap();
    let told = timeout(LIMIT, first.claim.lost()).await.expect("the first host sees that another session has the lock");
    assert_eq!(told, "another process");
    assert!(first.claim.is_lost());
    let refused = say(&*first.store, &grow, head, "two").await;
    assert!(matches!(refused, Err(StoreError::ClaimLost { .. })), "{refused:?}");
    drop(earlier);
}
