//! The fixture of the tests: a host, its database and memory repository, and a scripted model.

use async_trait::async_trait;
use growqr_actors::{Host, HostConfig, MemoryTools, Notification, Ports, Setups, Toolbox};
use growqr_core::agent::Setup;
use growqr_core::clock::{Clock, Random, Timestamp};
use growqr_core::event::Event;
use growqr_core::id::{AgentId, EffectId, MessageId, ProfileId};
use growqr_core::journal::Store;
use growqr_core::limits::Limits;
use growqr_core::memory::{AgentsPage, Change, CommitPlan, FoundLine, Memory, MemoryError, Page, PageInfo, Proposal};
use growqr_core::model::{Delta, Failure, Model, ModelCard, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::{Segment, text_of};
use growqr_core::raw::RawJson;
use growqr_core::rebuild::Views;
use growqr_core::rules::{RuleLine, RuleOrigin, Rules};
use growqr_core::tool::Tools;
use growqr_core::workbench::NoWorkbench;
use growqr_memory::MemoryRepo;
use growqr_store::{Db, DbConfig};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

/// The scripted model: takes the content of the request's last message as JSON text, and returns the content array of the answer.
pub type Script = fn(&str) -> Value;

pub struct World {
    pub ports: Ports,
    pub config: HostConfig,
    database: PathBuf,
    folder: TempDir,
}

impl World {
    pub async fn new(script: Script) -> World {
        World::with_rules(script, &[]).await
    }

    /// A world with these lines of the person.
    pub async fn with_rules(script: Script, lines: &[&str]) -> World {
        let line = |text: &&str| RuleLine { rule: text.parse().unwrap(), origin: RuleOrigin::Person };
        let rules = Rules::new(lines.iter().map(line));
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("growqr.db");
        let memory = folder.path().join("memory");
        std::fs::create_dir(&memory).unwrap();
        let memory: Arc<dyn Memory> = Arc::new(MemoryRepo::open(&memory, Timestamp(1)).unwrap());
        let tools: Arc<dyn Tools> = Arc::new(Toolbox::new(vec![Arc::new(MemoryTools::new(Arc::clone(&memory)))]));
        let ports = Ports {
            store: store(&database).await,
            setups: Arc::new(FixedSetups { script, tools: Arc::clone(&tools), rules: Arc::new(rules) }),
            memory,
            tools,
            sessions: Arc::new(NoWorkbench("none in this test".to_owned())),
            schedules_changed: Arc::default(),
            quests_changed: Arc::default(),
            memory_changes: tokio::sync::watch::Sender::default(),
            clock: Arc::new(TestClock(AtomicI64::new(1_000))),
            random: Arc::new(CountingRandom(AtomicI64::new(1))),
        };
        let config = HostConfig { idle: Duration::from_millis(20), inbox: 8, snapshot_after: 1, ..HostConfig::default() };
        World { ports, config, database, folder }
    }

    pub async fn host(&self) -> Host {
        Host::start(self.ports.clone(), self.config).await.unwrap()
    }

    /// Runs the person's git in the memory folder; returns its output.
    pub fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git").args(args).current_dir(self.folder.path().join("memory")).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Changes a file of memory by hand.
    pub fn write_by_hand(&self, page: &str, text: &str) {
        std::fs::write(self.folder.path().join("memory").join(page), text).unwrap();
    }

    /// Runs the person's git once to remove unreferenced objects, right before the first change is committed.
    pub fn collect_garbage_before_first_commit(&mut self) {
        let memory = Arc::clone(&self.ports.memory);
        self.ports.memory = Arc::new(MemoryWithGc { memory, folder: self.folder.path().join("memory"), collected: Once::new() });
        self.ports.tools = Arc::new(Toolbox::new(vec![Arc::new(MemoryTools::new(Arc::clone(&self.ports.memory)))]));
    }

    /// Another connection to the same database, like that of another process.
    pub async fn other_store(&self) -> Arc<dyn Store> {
        store(&self.database).await
    }

    /// The same database, for rebuilding its views.
    pub async fn for_rebuilding(&self) -> (Arc<dyn Store>, Arc<dyn Views>) {
        let (db, local) = (db(&self.database).await, ProfileId::new("local"));
        (db.profile(&local, Timestamp(1)).await.unwrap(), db.views(&local))
    }
}

async fn store(database: &std::path::Path) -> Arc<dyn Store> {
    let db = db(database).await;
    db.profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap()
}

async fn db(database: &std::path::Path) -> Db {
    Db::open(&DbConfig::Sqlite { path: database.to_owned() }).await.unwrap()
}

pub fn message(n: usize) -> MessageId {
    MessageId::new(format!("m{n}"))
}

/// Returns once this many turns of an agent have ended.
pub async fn turns_ended(notifications: &mut Receiver<Notification>, agent: &AgentId, count: usize) {
    let mut ended = 0;
    while ended < count {
        if let Notification::Recorded(recorded) = notifications.recv().await.unwrap()
            && recorded.view.agent == *agent
        {
            ended += recorded.entries.iter().filter(|entry| matches!(entry.event, Event::TurnEnded(_))).count();
        }
    }
}

pub fn says(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

pub fn calls(name: &str, input: Value) -> Value {
    json!([{"type": "tool_use", "id": "t1", "name": name, "input": input}])
}

/// A clock that advances by a millisecond at each reading.
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Random bits that are the same in each run of a test.
struct CountingRandom(AtomicI64);

impl Random for CountingRandom {
    fn bits(&self) -> u128 {
        self.0.fetch_add(1, Ordering::Relaxed) as u128
    }
}

/// Memory that runs `git gc` before the first commit.
struct MemoryWithGc {
    memory: Arc<dyn Memory>,
    folder: PathBuf,
    collected: Once,
}

impl Memory for MemoryWithGc {
    fn read(&self, path: &str) -> Result<Page, MemoryError> {
        self.memory.read(path)
    }

    fn list(&self, prefix: &str) -> Result<Vec<PageInfo>, MemoryError> {
        self.memory.list(prefix)
    }

    fn search(&self, query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
        self.memory.search(query, limit)
    }

    fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError> {
        self.memory.prepare(change)
    }

    fn commit(&self, plan: &CommitPlan) -> Result<(), MemoryError> {
        self.collected.call_once(|| {
            let collected = Command::new("git").args(["gc", "-q", "--prune=now"]).current_dir(&self.folder).status();
            assert!(collected.unwrap().success());
        });
        self.memory.commit(plan)
    }

    fn hold(&self, plan: &CommitPlan) -> Result<(), MemoryError> {
        self.memory.hold(plan)
    }

    fn proposal(&self, held: &CommitPlan) -> Result<Proposal, MemoryError> {
        self.memory.proposal(held)
    }

    fn commit_of(&self, effect: &EffectId, path: &str) -> Result<Option<String>, MemoryError> {
        self.memory.commit_of(effect, path)
    }

    fn by_agents(&self, folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        self.memory.by_agents(folder)
    }

    fn release(&self, held: &CommitPlan) -> Result<(), MemoryError> {
        self.memory.release(held)
    }

    fn tidy(&self) -> Result<(), MemoryError> {
        self.memory.tidy()
    }
}

struct FixedSetups {
    script: Script,
    tools: Arc<dyn Tools>,
    rules: Arc<Rules>,
}

impl Setups for FixedSetups {
    fn setup(&self, _depth: u32) -> (Setup, Arc<Segment>) {
        let segment = Segment {
            web_search: false,
            address: None,
            provider: "played".to_owned(),
            model: "played".to_owned(),
            effort: None,
            system: String::new(),
            tools: self.tools.offered().iter().map(|offered| offered.tool.clone()).collect(),
        };
        let card = ModelCard {
            id: "played".to_owned(),
            name: "ScriptedModel".to_owned(),
            context_tokens: 100_000,
            max_output_tokens: 8_000,
            prices: Some(Prices::free()),
            effort: None,
            reads: Vec::new(),
        };
        let setup = Setup::of(&segment, card, &self.tools.offered(), Limits::default());
        (setup.with_rules(Arc::clone(&self.rules), true), Arc::new(segment))
    }

    fn model(&self, _segment: &Segment) -> Option<Arc<dyn Model>> {
        Some(Arc::new(ScriptedModel(self.script)))
    }
}

struct ScriptedModel(Script);

#[async_trait]
impl Model for ScriptedModel {
    fn provider(&self) -> &'static str {
        "played"
    }

    fn card(&self, _model: &str) -> ModelCard {
        unreachable!("the test's own setup has the card")
    }

    async fn call(&self, request: &ModelRequest, _on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        let last = request.messages.last().map(|message| message.content.text().to_owned()).unwrap_or_default();
        if last.contains("wait for ever") {
            std::future::pending::<()>().await;
        }
        let content = RawJson::of(&(self.0)(&last));
        let stop = if text_of(&content).is_empty() { StopReason::ToolUse } else { StopReason::EndTurn };
        let usage = Usage { input_tokens: 10, output_tokens: 1, ..Usage::default() };
        Ok(Reply { content, stop, usage, model: "played".to_owned(), request_id: None, cost: Some(Money::ZERO) })
    }
}
