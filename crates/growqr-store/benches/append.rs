//! Measures an append, a replay and an opening on SQLite; for comparison, a plain insert through the same driver and an fsync of
//! the disk. Prints lines `name value unit`; the values are medians. `cargo bench -p growqr-store`.

use growqr_core::clock::Timestamp;
use growqr_core::event::{Event, UserSaid};
use growqr_core::id::{AgentId, MessageId, ProfileId, Seq};
use growqr_core::journal::{AgentView, Append, Author, Head, MessageView, Status, Store, View};
use growqr_core::money::Money;
use growqr_core::workbench::Mind;
use growqr_store::{Db, DbConfig};
use growqr_testkit::measure::{median, milliseconds, timed_async};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, SqliteConnection};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_795_305_600_000);
/// Samples of each kind. The kinds alternate, so that other load on the machine affects all of them.
const ROUNDS: usize = 1000;
/// Events in the journal that is replayed.
const REPLAYED: u32 = 100_000;

fn main() {
    // `cargo test --all-targets` also runs this program, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    runtime.block_on(appends(folder.path()));
    runtime.block_on(replay(folder.path()));
}

async fn appends(folder: &Path) {
    let mut bare = bare(&folder.join("bare.db")).await;
    let db = open(&folder.join("appends.db")).await;
    let store = db.profile(&ProfileId::new("local"), NOW).await.expect("a profile");
    let (one, sixteen, talker) = (AgentId::new("one"), AgentId::new("sixteen"), AgentId::new("talker"));
    let (mut one_head, mut sixteen_head, mut talker_head) = (Head::default(), Head::default(), Head::default());
    let mut disk = File::create(folder.join("disk")).expect("a file");
    let mut samples: [Vec<Duration>; 5] = Default::default();
    for round in 0..ROUNDS {
        let body = event(round).encode();
        samples[0].push(
            timed_async(async || {
                disk.seek(SeekFrom::Start(0)).expect("seek");
                disk.write_all(&[7; 4096]).and_then(|()| disk.sync_data()).expect("fsync");
            })
            .await,
        );
        samples[1].push(
            timed_async(async || {
                let insert = sqlx::query("insert into bare (body) values (?)").bind(&body);
                insert.execute(&mut bare).await.expect("an insert");
            })
            .await,
        );
        samples[2].push(timed_async(async || one_head = append(&*store, &one, one_head, vec![event(round)]).await).await);
        samples[4].push(timed_async(async || talker_head = say(&*store, &talker, talker_head, round).await).await);
        let events: Vec<Event> = (0..16).map(|n| event(round * 16 + n)).collect();
        samples[3].push(timed_async(async || sixteen_head = append(&*store, &sixteen, sixteen_head, events).await).await);
    }
    let [fsync, bare, one, sixteen, said] = samples.map(|times| milliseconds(median(times)) * 1000.0);
    println!("fsync_4k {fsync:.1} us");
    println!("bare_insert {bare:.1} us");
    println!("append_1 {one:.1} us");
    println!("append_1_ratio {:.2} x", one / bare);
    println!("append_message {said:.1} us");
    println!("append_message_ratio {:.2} x", said / bare);
    println!("append_16_each {:.1} us", sixteen / 16.0);
    println!("append_16_each_ratio {:.2} x", sixteen / 16.0 / bare);
}

async fn replay(folder: &Path) {
    let path = folder.join("replay.db");
    let agent = AgentId::grow();
    let db = open(&path).await;
    let store = db.profile(&ProfileId::new("local"), NOW).await.expect("a profile");
    let mut head = Head::default();
    for start in (0..REPLAYED as usize).step_by(1000) {
        head = append(&*store, &agent, head, (start..start + 1000).map(event).collect()).await;
    }
    drop(store);
    db.close().await;
    let opening: Vec<_> = {
        let mut samples = Vec::new();
        for _ in 0..50 {
            samples.push(timed_async(async || drop(open(&path).await)).await);
        }
        samples
    };
    println!("open {:.0} us", milliseconds(median(opening)) * 1000.0);
    let store = open(&path).await.profile(&ProfileId::new("local"), NOW).await.expect("a profile");
    let mut replays = Vec::new();
    for _ in 0..5 {
        replays.push(
            timed_async(async || {
                let mut at = Seq(0);
                while let (_, Some(head)) = store.entries(&agent, at, 2000).await.expect("entries") {
                    at = head.seq;
                }
                assert_eq!(at, head.seq);
            })
            .await,
        );
    }
    println!("replay_100k {:.0} ms", milliseconds(median(replays)));
}

/// An event of about one kilobyte.
fn event(number: usize) -> Event {
    UserSaid {
        id: MessageId::new(format!("m-{number}")),
        text: "All work and no play. ".repeat(44),
        at_limit: false,
        attachments: Vec::new(),
    }
    .into()
}

/// Appends a message event of about one kilobyte, with its row in the messages view and the search index.
async fn say(store: &dyn Store, agent: &AgentId, head: Head, number: usize) -> Head {
    let text = format!("{number} {}", "All work and no play, they said on a day. ".repeat(24));
    let event =
        UserSaid { id: MessageId::new(format!("m-{number}")), text: text.clone(), at_limit: false, attachments: Vec::new() }
            .into();
    let message = MessageView {
        agent: agent.clone(),
        seq: head.seq.next(),
        author: Author::Person,
        text,
        attachments: Vec::new(),
        at: NOW,
    };
    let views = vec![View::Agent(view(agent)), View::Message(message)];
    let append = Append { agent: agent.clone(), head, at: NOW, events: vec![event], views, segment: None };
    store.append(append).await.expect("an append").head
}

async fn append(store: &dyn Store, agent: &AgentId, head: Head, events: Vec<Event>) -> Head {
    let append = Append { agent: agent.clone(), head, at: NOW, events, views: vec![View::Agent(view(agent))], segment: None };
    store.append(append).await.expect("an append").head
}

fn view(agent: &AgentId) -> AgentView {
    AgentView {
        agent: agent.clone(),
        name: "Grow".to_owned(),
        parent: None,
        depth: 0,
        task: None,
        status: Status::Thinking,
        model: "claude-opus-4-7".to_owned(),
        mind: Mind::Model,
        why: None,
        turn: 1,
        spent: Money(1_000_000),
        unknown: Money::ZERO,
        allowance: None,
        reserved: Money::ZERO,
        asks: 0,
        created_at: NOW,
        updated_at: NOW,
        limits: None,
        seq: Seq(0),
    }
}

async fn open(path: &Path) -> Db {
    Db::open(&DbConfig::Sqlite { path: path.to_owned() }).await.expect("a database")
}

/// A plain table in a database with the same durability settings.
async fn bare(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("fullfsync", "1");
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    connection.execute("create table bare (id integer primary key, body blob not null)").await.expect("a table");
    connection
}
