//! Measures a search over a million messages on SQLite and PostgreSQL; for comparison, `like` over a column with the texts in
//! lower case. Prints lines `name value unit`; the values are medians. PostgreSQL is measured if its programs are installed; with
//! the argument `postgres`, only PostgreSQL is measured.

use growqr_core::clock::Timestamp;
use growqr_core::event::{Event, UserSaid};
use growqr_core::id::{AgentId, MessageId, ProfileId, Seq};
use growqr_core::journal::{Append, Author, Head, MessageView, Store, View};
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::measure::{median, milliseconds, timed_async};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_795_305_600_000);
const MESSAGES: usize = 1_000_000;
/// Messages per append.
const ROWS_PER_COMMAND: usize = 2_000;
const ROUNDS: usize = 5;
/// The limit that the window and the command line use.
const LIMIT: u32 = 50;

/// The searches: name, text, and the number of messages that contain it.
const SEARCHES: [(&str, &str, usize); 6] = [
    ("rare", "quarterly zebra", 3),
    ("none", "never said by anyone", 0),
    ("common", "meeting", MESSAGES),
    ("cjk", "日本語の", 3),
    ("cjk_2", "京都", 3),
    ("letter", "ж", 3),
];

fn main() {
    // `cargo test --all-targets` also runs this program, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    if !std::env::args().any(|argument| argument == "postgres") {
        runtime.block_on(sqlite(&folder.path().join("growqr.db")));
    }
    match growqr_testkit::postgres::fresh_database() {
        Some(url) => runtime.block_on(postgres(&url)),
        None => println!("PostgreSQL was not measured: it is not installed"),
    }
}

async fn sqlite(path: &Path) {
    let store = filled("sqlite", &DbConfig::Sqlite { path: path.to_owned() }).await;
    let mut old = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.expect("a connection");
    let copy = "create table old (position integer primary key, text text not null, folded text not null); \
        insert into old select id % 1099511627776, text, lower(text) from messages";
    old.execute(copy).await.expect("a copy");
    for (name, text, there) in SEARCHES {
        let sql =
            || AssertSqlSafe(format!("select text from old where folded like '%{text}%' order by position desc limit {LIMIT}"));
        let mut times: [Vec<Duration>; 2] = Default::default();
        for _ in 0..ROUNDS {
            times[0].push(timed_async(async || drop(sqlx::query(sql()).fetch_all(&mut old).await.expect("rows"))).await);
            times[1].push(timed_async(async || searched(&*store, text, there).await).await);
        }
        print("sqlite", name, times);
    }
}

async fn postgres(url: &str) {
    let store = filled("postgres", &DbConfig::Postgres { url: DatabaseUrl::new(url) }).await;
    let mut old = PgConnection::connect(url).await.expect("a connection");
    let copy = "create table old (position bigint primary key, text text not null, folded text not null); \
        insert into old select position, text, folded from messages; analyze";
    old.execute(copy).await.expect("a copy");
    for (name, text, there) in SEARCHES {
        let sql =
            || AssertSqlSafe(format!("select text from old where folded like '%{text}%' order by position desc limit {LIMIT}"));
        let mut times: [Vec<Duration>; 2] = Default::default();
        for _ in 0..ROUNDS {
            times[0].push(timed_async(async || drop(sqlx::query(sql()).fetch_all(&mut old).await.expect("rows"))).await);
            times[1].push(timed_async(async || searched(&*store, text, there).await).await);
        }
        print("postgres", name, times);
    }
}

async fn searched(store: &dyn Store, text: &str, there: usize) {
    let found = store.search(text, None, LIMIT).await.expect("searched");
    assert_eq!(found.len(), there.min(LIMIT as usize), "{text}");
}

/// A store with a million messages; the few matching ones are spread evenly.
async fn filled(backend: &str, config: &DbConfig) -> Arc<dyn Store> {
    let db = Db::open(config).await.expect("a database");
    let store = db.profile(&ProfileId::new("local"), NOW).await.expect("a profile");
    let (agent, mut head) = (AgentId::grow(), Head::default());
    let took = timed_async(async || {
        for start in (0..MESSAGES).step_by(ROWS_PER_COMMAND) {
            let numbers = start..start + ROWS_PER_COMMAND;
            let events = numbers.clone().map(|n| {
                Event::from(UserSaid {
                    id: MessageId::new(format!("m-{n}")),
                    text: String::new(),
                    at_limit: false,
                    attachments: Vec::new(),
                })
            });
            let views = numbers.map(|n| View::Message(message(&agent, n))).collect();
            let append = Append { agent: agent.clone(), head, at: NOW, events: events.collect(), views, segment: None };
            head = store.append(append).await.expect("an append").head;
        }
    })
    .await;
    println!("{backend}_search_fill {:.1} us/message", took.as_secs_f64() * 1e6 / MESSAGES as f64);
    store
}

fn message(agent: &AgentId, number: usize) -> MessageView {
    const WORDS: [&str; 12] =
        ["meeting", "about", "the", "Plan", "of", "next", "week", "and", "what", "we", "Decided", "yesterday"];
    let mut text = format!("Meeting {number}: ");
    for place in 0..18 {
        text += WORDS[(number * 7 + place * (number % 11 + 1)) % WORDS.len()];
        text.push(' ');
    }
    if number % 400_000 == 150_000 {
        text += "the quarterly Zebra, 日本語の勉強, 京都, Ж";
    }
    let seq = Seq(number as u64 + 1);
    MessageView { agent: agent.clone(), seq, author: Author::Person, text, attachments: Vec::new(), at: NOW }
}

fn print(backend: &str, name: &str, times: [Vec<Duration>; 2]) {
    let [before, now] = times.map(|times| milliseconds(median(times)));
    println!("{backend}_search_{name}_like {before:.2} ms");
    println!("{backend}_search_{name} {now:.2} ms");
    println!("{backend}_search_{name}_ratio {:.4} x", now / before);
}
