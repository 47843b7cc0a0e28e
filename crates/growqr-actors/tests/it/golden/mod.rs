//! Golden journals: databases that earlier builds wrote; this build replays them.
//!
//! Each folder of `tests/golden` is named after a version of the events' shapes ([`SCHEMA_VERSION`]), and after its story if that
//! is about a part of them. It holds files that a build of that version wrote: the same story as an SQLite file and as PostgreSQL's
//! SQL, with a snapshot of each kind of agent, and `expected.txt`, the content as that build read it. The files are never
//! rewritten. A build that raises `SCHEMA_VERSION`, or adds a story, adds a folder:
//! `GROWQR_REQUIRE_POSTGRES=1 cargo test -p growqr-actors --test it -- --ignored write_the_golden_journals`

mod story;

use growqr_actors::{Loaded, load};
use growqr_core::agent::{Intent, State, views};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event, SCHEMA_VERSION, entry_hash};
use growqr_core::id::{AgentId, Position, ProfileId, sha256_hex};
use growqr_core::journal::{AgentView, MessageView, Store, StoredEvent, View};
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::postgres;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SQLITE: &str = "journal.db";
const POSTGRES: &str = "journal.sql";
const EXPECTED: &str = "expected.txt";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

async fn open(config: &DbConfig) -> (Db, Arc<dyn Store>) {
    let db = Db::open(config).await.unwrap();
    let store = db.profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap();
    (db, store)
}

#[tokio::test]
async fn sqlite_journals_of_earlier_builds_are_replayed_as_they_were_written() {
    for golden in golden_folders() {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join(SQLITE);
        std::fs::copy(golden.join(SQLITE), &path).unwrap();
        let (db, store) = open(&DbConfig::Sqlite { path }).await;
        check(&*store, &golden).await;
        drop(store);
        db.close().await;
    }
}

#[tokio::test]
async fn open_work_of_an_earlier_build_is_finished_by_this_one() {
    for golden in golden_folders() {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join(SQLITE);
        std::fs::copy(golden.join(SQLITE), &path).unwrap();
        let (db, store) = open(&DbConfig::Sqlite { path }).await;
        story::finish_open_work(Arc::clone(&store)).await;
        for agent in store.agents().await.unwrap() {
            let state = load(&*store, &agent.agent).await.unwrap().state;
            assert!(!state.is_at_work() && (agent.turn == 0 || state.last_ended().is_some()), "{golden:?}: {agent:?}");
        }
        assert!(db.verify(&ProfileId::new("local")).await.unwrap().broken.is_none());
        drop(store);
        db.close().await;
    }
}

#[tokio::test]
async fn postgres_journals_of_earlier_builds_are_replayed_as_they_were_written() {
    for golden in golden_folders() {
        let file = golden.join(POSTGRES);
        let restored = tokio::task::spawn_blocking(move || {
            let url = postgres::fresh_database()?;
            postgres::restore(&url, &file);
            Some(url)
        });
        let Some(url) = restored.await.unwrap() else { return };
        let (db, store) = open(&DbConfig::Postgres { url: DatabaseUrl::new(url) }).await;
        check(&*store, &golden).await;
        drop(store);
        db.close().await;
    }
}

#[test]
fn the_golden_journal_of_this_build_has_every_kind_of_event() {
    let of_this_build = ["", "-sessions", "-conflicts", "-reviews", "-gitea", "-fresh", "-files", "-schedules", "-searches"]
        .map(|story| folder().join(format!("v{SCHEMA_VERSION}{story}")).join(EXPECTED));
    let expected = of_this_build.map(|path| std::fs::read_to_string(path).expect("this build has a golden journal")).concat();
    let recorded: BTreeSet<&str> = expected.lines().filter_map(|line| line.strip_prefix("kind ")).collect();
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !recorded.contains(*kind)).collect();
    assert!(missing.is_empty(), "not in the story: {missing:?}");
}

/// Checks everything that must hold for a journal of any build.
async fn check(store: &dyn Store, golden: &Path) {
    let events = store.events(Position(0), None, u32::MAX).await.unwrap();
    for agent in store.agents().await.unwrap() {
        let own: Vec<&StoredEvent> = events.iter().filter(|event| event.agent == agent.agent).collect();
        let (state, messages) = replay(&agent.agent, &own, golden);
        // The tables of earlier builds did not have what is reserved, and what is used of the limits.
        let view = AgentView { reserved: agent.reserved, limits: agent.limits.clone(), ..state.view() };
        assert_eq!(view, agent, "{golden:?}: the agents view is what the journal gives");
        assert_eq!(
            store.messages(&agent.agent, None, 10_000).await.unwrap(),
            messages,
            "{golden:?}: the messages view equals the replayed one"
        );
        let Loaded { state: woken, .. } = load(store, &agent.agent).await.unwrap();
        assert_eq!(woken, state, "{golden:?}: loading with a snapshot gives the same state");
    }
    let expected = std::fs::read_to_string(golden.join(EXPECTED)).unwrap();
    assert_eq!(describe(store).await, expected, "{golden:?}: the content as the build that wrote it read it");
}

/// Applies the stored events one by one. Checks that each keeps its bytes, its place in the hash chain, and the hash of the
/// request that it announced.
fn replay(agent: &AgentId, events: &[&StoredEvent], golden: &Path) -> (State, Vec<MessageView>) {
    let mut state = State::new(agent.clone());
    let mut messages = Vec::new();
    let mut head = [0; 32];
    for stored in events {
        let (at, version) = (stored.at, stored.schema_version);
        head = entry_hash(&head, agent, stored.seq, at, &stored.kind, version, &stored.body);
        assert_eq!(head, stored.hash, "{golden:?}: event {} of {agent} is in the chain", stored.seq);
        let event = Event::decode(&stored.kind, version, &stored.body).unwrap();
        if version == SCHEMA_VERSION {
            assert_eq!(event.encode(), stored.body, "{golden:?}: event {} of {agent} keeps its bytes", stored.seq);
        }
        let entry = Entry { seq: stored.seq, at, event };
        state.apply(&entry);
        for view in views(&state, std::slice::from_ref(&entry)) {
            match view {
                View::Message(message) => messages.push(message),
                View::MessageWithdrawn(seq) => messages.retain(|message: &MessageView| message.seq != seq),
                View::MessageEdited { message, text } => {
                    messages.iter_mut().filter(|known| known.seq == message).for_each(|known| known.text.clone_from(&text));
                }
                View::Agent(_)
                | View::Ask(_)
                | View::AskSettled(..)
                | View::Rule { .. }
                | View::Spending(_)
                | View::Session(_) => {}
            }
        }
        if let Event::ModelRequested(request) = &entry.event {
            let hash = state.request_hash(request.max_tokens);
            assert_eq!(hash, request.request_hash, "{golden:?}: the same request is made at event {} of {agent}", stored.seq);
        }
    }
    (state, messages)
}

/// The content of a store as text. The format must be the same in every build.
async fn describe(store: &dyn Store) -> String {
    let mut text = String::new();
    let mut kinds = BTreeMap::<String, usize>::new();
    let events = store.events(Position(0), None, u32::MAX).await.unwrap();
    events.iter().for_each(|event| *kinds.entry(event.kind.clone()).or_default() += 1);
    kinds.keys().for_each(|kind| writeln!(text, "kind {kind}").unwrap());
    for view in store.agents().await.unwrap() {
        let Loaded { state, head, .. } = load(store, &view.agent).await.unwrap();
        writeln!(text, "\nagent {} {:?} of {:?}, depth {}", view.agent, view.name, view.parent, view.depth).unwrap();
        writeln!(text, "  {} in turn {}, model {:?}, task {:?}", view.status.as_str(), view.turn, view.model, view.task).unwrap();
        let allowance = view.allowance.map(|money| money.0);
        writeln!(text, "  spent {}, unknown {}, allowance {allowance:?}", view.spent.0, view.unknown.0).unwrap();
        writeln!(text, "  seq {}, hash {}", head.seq, growqr_core::id::hex(&head.hash)).unwrap();
        writeln!(text, "  last ended {:?}", state.last_ended()).unwrap();
        for intent in state.open_intents() {
            match intent {
                Intent::CallModel { attempt, request_hash } => writeln!(text, "  open: call {attempt} {request_hash}"),
                Intent::RunTool { call, plan: None } => writeln!(text, "  open: run {}", call.origin.effect),
                Intent::RunTool { call, plan: Some(plan) } => {
                    writeln!(text, "  open: commit {} {}", call.origin.effect, plan.commit)
                }
                Intent::LookUpTool { call } => writeln!(text, "  open: look up {}", call.origin.effect),
                Intent::AdvanceSession { job, news, .. } => writeln!(text, "  open: session {} {news}", job.message),
                Intent::ReplySession { request, reply, .. } => writeln!(text, "  open: reply {request} {reply:?}"),
                Intent::AbortSession { job, .. } => writeln!(text, "  open: abort {}", job.message),
                Intent::SettleReview { ask, review, .. } => writeln!(text, "  open: settle {ask}, {}", review.approved),
            }
            .unwrap();
        }
        for message in store.messages(&view.agent, None, 10_000).await.unwrap() {
            let digest = sha256_hex(message.text.as_bytes());
            writeln!(text, "  {} {:?}: {} bytes, {}", message.seq, message.author, message.text.len(), &digest[..16]).unwrap();
        }
    }
    for mail in store.undelivered(1_000).await.unwrap() {
        writeln!(text, "\nmail {} from {} to {}", mail.id, mail.from, mail.to).unwrap();
    }
    text
}

/// Writes those that do not exist yet.
#[tokio::test]
#[ignore = "writes the golden journals of this build; see the head of this file"]
async fn write_the_golden_journals() {
    write_golden("", async |store| story::write(store).await).await;
    write_golden("-sessions", async |store| story::write_sessions(store).await).await;
    write_golden("-conflicts", async |store| story::write_conflicts(store).await).await;
    write_golden("-reviews", async |store| story::write_reviews(store).await).await;
    write_golden("-gitea", async |store| story::write_decisions_in_gitea(store).await).await;
    write_golden("-fresh", async |store| story::write_fresh_starts(store).await).await;
    write_golden("-files", async |store| story::write_files(store).await).await;
    write_golden("-schedules", async |store| story::write_schedules(store).await).await;
    write_golden("-searches", async |store| story::write_searches(store).await).await;
}

async fn write_golden(story: &str, write: impl AsyncFn(Arc<dyn Store>)) {
    let golden = folder().join(format!("v{SCHEMA_VERSION}{story}"));
    if golden.exists() {
        return;
    }
    let written = tempfile::tempdir().unwrap();
    let path = written.path().join(SQLITE);
    let (db, store) = open(&DbConfig::Sqlite { path }).await;
    write(Arc::clone(&store)).await;
    let expected = describe(&*store).await;
    drop(store);
    db.close().await;
    let url = tokio::task::spawn_blocking(postgres::fresh_database).await.unwrap().expect("a PostgreSQL server");
    let (db, store) = open(&DbConfig::Postgres { url: DatabaseUrl::new(url.clone()) }).await;
    write(Arc::clone(&store)).await;
    drop(store);
    db.close().await;
    let dump = tokio::task::spawn_blocking(move || postgres::dump(&url)).await.unwrap();
    std::fs::create_dir(&golden).unwrap();
    std::fs::copy(written.path().join(SQLITE), golden.join(SQLITE)).unwrap();
    std::fs::write(golden.join(POSTGRES), dump).unwrap();
    std::fs::write(golden.join(EXPECTED), expected).unwrap();
}
