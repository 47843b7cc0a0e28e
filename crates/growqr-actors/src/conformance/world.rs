//! The fixture of the tests: a database, a script for the model, and a host that can be started, stopped and killed.

use super::fakes::{Effects, FixedSetups, NoMemory, Script, TestClock, TestExecutor};
use super::hooked_store::{HookedStore, StoreHooks};
use super::workbench::FakeWorkbench;
use super::{KillablePlacement, TestEnvironment};
use crate::{Host, HostConfig, Notification, Ports, Toolbox, Trouble};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Event, ToolFinished};
use growqr_core::id::{AgentId, MessageId, Position};
use growqr_core::journal::{AgentView, Store, StoredEvent};
use growqr_core::tool::Tools;
use growqr_core::workbench::Sessions;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long a test waits for a condition before it fails.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct World {
    environment: Arc<dyn TestEnvironment>,
    pub ports: Ports,
    pub config: HostConfig,
    pub script: Arc<Script>,
    pub effects: Arc<Effects>,
    pub toolbox: Arc<Toolbox>,
    pub workbench: Arc<FakeWorkbench>,
    pub clock: Arc<TestClock>,
}

/// A running host.
pub struct RunningHost {
    pub placement: Arc<dyn KillablePlacement>,
    pub handle: Host,
    store: Arc<dyn Store>,
}

pub fn grow() -> AgentId {
    AgentId::grow()
}

pub fn message(n: usize) -> MessageId {
    MessageId::new(format!("m{n}"))
}

/// The ports of a process that has the scripted model and no tools: what a person says decides what the model does. `hang` hangs
/// unless `is_released`. Its clock begins at `started`.
pub fn scripted_ports(store: Arc<dyn Store>, started: Timestamp, is_released: bool) -> Ports {
    let script = Arc::new(Script::default());
    script.is_released.store(is_released, Ordering::SeqCst);
    let (tools, clock) = (Arc::new(Toolbox::new(Vec::new())), Arc::new(TestClock(AtomicI64::new(started.0))));
    ports(store, &script, tools, Arc::new(FakeWorkbench::default()), &clock)
}

fn ports(
    store: Arc<dyn Store>,
    script: &Arc<Script>,
    tools: Arc<dyn Tools>,
    sessions: Arc<dyn Sessions>,
    clock: &Arc<TestClock>,
) -> Ports {
    let setups = Arc::new(FixedSetups { script: Arc::clone(script), tools: Arc::clone(&tools) });
    let (clock, random) = (Arc::clone(clock) as Arc<_>, Arc::clone(clock) as Arc<_>);
    Ports {
        store,
        memory: Arc::new(NoMemory),
        setups,
        tools,
        sessions,
        schedules_changed: Arc::default(),
        quests_changed: Arc::default(),
        memory_changes: tokio::sync::watch::Sender::default(),
        clock,
        random,
    }
}

impl World {
    pub async fn new(environment: Arc<dyn TestEnvironment>) -> World {
        let script = Arc::new(Script::default());
        let effects = Arc::new(Effects::default());
        let toolbox = Arc::new(Toolbox::new(vec![Arc::new(TestExecutor(Arc::clone(&effects)))]));
        let tools = Arc::clone(&toolbox) as Arc<dyn Tools>;
        let workbench = Arc::new(FakeWorkbench::default());
        let clock = Arc::new(TestClock(AtomicI64::new(1_000)));
        let ports = ports(environment.store().await, &script, tools, Arc::clone(&workbench) as Arc<_>, &clock);
        // A short idle time, so that agents sleep and every test also wakes some.
        let config = HostConfig {
            idle: Duration::from_millis(20),
            inbox: 32,
            snapshot_after: 1,
            snapshot_every: 3,
            abort: Duration::from_millis(300),
            process: 7,
        };
        World { environment, ports, config, script, effects, toolbox, workbench, clock }
    }

    pub async fn start(&self) -> RunningHost {
        let placement = self.environment.start(self.ports.clone(), self.config).await;
        let handle = Host::new(Arc::clone(&placement) as Arc<dyn crate::Placement>, Arc::clone(&self.ports.store));
        RunningHost { placement, handle, store: Arc::clone(&self.ports.store) }
    }

    /// Another connection to the same database, like that of another process.
    pub async fn other_store(&self) -> Arc<dyn Store> {
        self.environment.store().await
    }

    pub fn release(&self) {
        self.script.is_released.store(true, Ordering::SeqCst);
    }

    /// Puts a wrapper around the store whose failures the test decides.
    pub fn hook_store(&mut self) -> Arc<HookedStore> {
        let hooked = Arc::new(HookedStore::new(Arc::clone(&self.ports.store), StoreHooks::default()));
        self.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
        hooked
    }

    pub async fn stored_events(&self) -> Vec<StoredEvent> {
        self.ports.store.events(Position(0), None, 100_000).await.expect("the store can be read")
    }

    /// The number of events of this kind in an agent's journal.
    pub async fn count(&self, agent: &AgentId, kind: &str) -> usize {
        self.stored_events().await.iter().filter(|event| event.agent == *agent && event.kind == kind).count()
    }

    pub async fn agents(&self) -> Vec<AgentView> {
        self.ports.store.agents().await.expect("the store can be read")
    }

    /// The results of an agent's tool calls, in order.
    pub async fn results(&self, agent: &AgentId) -> Vec<ToolFinished> {
        let of_agent = self.stored_events().await.into_iter().filter(|stored| stored.agent == *agent);
        of_agent
            .filter_map(|stored| match Event::decode(&stored.kind, stored.schema_version, &stored.body) {
                Ok(Event::ToolFinished(body)) => Some(body),
                _ => None,
            })
            .collect()
    }
}

impl RunningHost {
    pub async fn say(&self, n: usize, text: &str) -> AgentView {
        self.handle.say(&grow(), message(n), text.to_owned()).await.expect("it is recorded")
    }

    /// Returns once no agent is at work and the outbox is empty.
    pub async fn until_idle(&self) {
        let position = async || self.store.position().await.expect("the position can be read");
        self.until(async || {
            let before = position().await;
            let agents = self.store.agents().await.expect("the store can be read");
            let mail = self.store.undelivered(1).await.expect("the outbox can be read");
            let is_idle = mail.is_empty() && !agents.is_empty() && agents.iter().all(|agent| !agent.status.is_at_work());
            // Mail that is delivered between the two reads has made an agent work.
            is_idle && position().await == before
        })
        .await;
    }

    /// Returns once the profile has at least `count` events of this kind.
    pub async fn events(&self, kind: &str, count: usize) {
        self.until(async || {
            let events = self.store.events(Position(0), None, 100_000).await.expect("the store can be read");
            events.iter().filter(|event| event.kind == kind).count() >= count
        })
        .await;
    }

    /// Returns once the condition holds. Checks it after each notification, and also at intervals: no notification is sent when
    /// mail is marked as delivered.
    pub async fn until(&self, mut holds: impl AsyncFnMut() -> bool) {
        let mut notifications = self.handle.subscribe();
        let wait = async {
            while !holds().await {
                let _ = tokio::time::timeout(Duration::from_millis(50), notifications.recv()).await;
            }
        };
        if tokio::time::timeout(TIMEOUT, wait).await.is_err() {
            let agents = self.store.agents().await.expect("the store can be read");
            let mail = self.store.undelivered(100).await.expect("the outbox can be read");
            let events = self.store.events(Position(0), None, 100_000).await.expect("the store can be read");
            let lines: Vec<_> = events.iter().map(|event| format!("{} {} {}", event.agent, event.seq, event.kind)).collect();
            panic!("the condition did not hold in time\n{}\n{agents:#?}\n{mail:#?}", lines.join("\n"));
        }
    }

    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Notification> {
        self.handle.subscribe()
    }

    /// Returns the trouble of an agent once it has one.
    pub async fn trouble(&self, agent: &AgentId) -> Trouble {
        let mut health = self.handle.health();
        let found = health.wait_for(|health| health.agents.contains_key(agent));
        let found = tokio::time::timeout(TIMEOUT, found).await.expect("the agent gets into trouble").expect("the host runs");
        found.agents[agent].clone()
    }

    /// Returns once nothing keeps agents and mail from going on.
    pub async fn healthy(&self) {
        let mut health = self.handle.health();
        let healthy = health.wait_for(|health| health.agents.is_empty() && health.mail.is_empty());
        drop(tokio::time::timeout(TIMEOUT, healthy).await.expect("all trouble ends").expect("the host runs"));
    }

    pub async fn stop(self) {
        tokio::time::timeout(TIMEOUT, self.handle.stop()).await.expect("a stop does not take long");
    }

    pub async fn kill(self) {
        self.placement.kill().await;
    }
}
