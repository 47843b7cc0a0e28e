//! Measures an append on PostgreSQL, with and without proving the hold on the profile, side by side; for comparison, a plain
//! insert in a transaction on the same server. Prints lines `name value unit`; the values are medians.
//! `cargo bench -p growqr-store --bench append_postgres`.

use growqr_core::clock::Timestamp;
use growqr_core::event::UserSaid;
use growqr_core::id::{AgentId, MessageId, ProfileId};
use growqr_core::journal::{Append, Head, Store};
use growqr_store::{Claim, DatabaseUrl, Db, DbConfig, Holder};
use growqr_testkit::measure::{median, milliseconds, timed_async};
use growqr_testkit::postgres::PrivateServer;
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_795_305_600_000);
/// Samples of each kind. The kinds alternate, so that other load on the machine affects all of them.
const ROUNDS: usize = 1500;

fn main() {
    // `cargo test --all-targets` also runs this program, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(server) = PrivateServer::start() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(appends(&server.url(server.port())));
}

async fn appends(url: &str) {
    let db = Db::open(&DbConfig::Postgres { url: DatabaseUrl::new(url) }).await.expect("a database");
    let (held, free) = (ProfileId::new("held"), ProfileId::new("free"));
    let holder = Holder { machine: "bench".to_owned(), program: "bench".to_owned(), process: 1, since: NOW };
    let Ok(Claim::Ours(claim)) = db.claim_profile(&held, &holder).await else { panic!("a new profile is free") };
    let stores = [db.profile(&free, NOW).await.expect("a profile"), db.claimed(&held, &claim)];
    let mut heads = [Head::default(); 2];
    let mut bare = PgConnection::connect(url).await.expect("a connection");
    bare.execute("create table bare (body bytea not null)").await.expect("a table");
    let mut samples: [Vec<Duration>; 3] = Default::default();
    for round in 0..ROUNDS {
        for (index, store) in stores.iter().enumerate() {
            samples[index].push(timed_async(async || heads[index] = append(&**store, heads[index], round).await).await);
        }
        samples[2].push(timed_async(async || insert(&mut bare).await).await);
    }
    let [free, held, bare] = samples.map(|times| milliseconds(median(times)) * 1000.0);
    println!("pg_bare_transaction {bare:.1} us");
    println!("pg_append_unfenced {free:.1} us");
    println!("pg_append_fenced {held:.1} us");
    println!("pg_append_fenced_ratio {:.2} x", held / free);
    println!("pg_append_ratio {:.2} x", held / bare);
}

async fn insert(connection: &mut PgConnection) {
    let mut transaction = connection.begin().await.expect("a transaction");
    let insert = sqlx::query("insert into bare (body) values ($1)").bind(vec![7_u8; 1000]);
    insert.execute(&mut *transaction).await.expect("an insert");
    transaction.commit().await.expect("a commit");
}

async fn append(store: &dyn Store, head: Head, number: usize) -> Head {
    let event = UserSaid {
        id: MessageId::new(format!("m-{number}")),
        text: "All work and no play. ".repeat(44),
        at_limit: false,
        attachments: Vec::new(),
    }
    .into();
    let append = Append { agent: AgentId::grow(), head, at: NOW, events: vec![event], views: Vec::new(), segment: None };
    store.append(append).await.expect("an append").head
}
