//! Many agents with recorded events, created by the turn machine itself.

use async_trait::async_trait;
use growqr_actors::{MemoryTools, Ports, Setups, Toolbox};
use growqr_app::SystemClock;
use growqr_core::agent::{Input, Setup, State, decide, views};
use growqr_core::clock::{Moment, Random, Timestamp};
use growqr_core::event::{Entry, Event};
use growqr_core::id::{AgentId, EffectId, ProfileId};
use growqr_core::journal::{Append, Head, Store};
use growqr_core::limits::Limits;
use growqr_core::mail::{Mail, MailBody, SpawnRequest};
use growqr_core::memory::Memory;
use growqr_core::model::{Delta, Failure, Model, ModelCard, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::Segment;
use growqr_core::raw::RawJson;
use growqr_core::tool::{OfferedTool, Tools};
use growqr_core::workbench::{Mind, NoWorkbench};
use growqr_memory::MemoryRepo;
use growqr_store::{Db, DbConfig};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Number of events of each agent.
const EVENTS: u64 = 50;

/// A store with `agents` sub-agents, and the other ports that a host needs.
pub async fn ports(folder: &Path, agents: usize) -> Ports {
    let db = Db::open(&DbConfig::Sqlite { path: folder.join("growqr.db") }).await.expect("a database");
    let store = db.profile(&ProfileId::new("local"), Timestamp(1)).await.expect("a profile");
    let memory_folder = folder.join("memory");
    std::fs::create_dir_all(&memory_folder).expect("a folder");
    let memory: Arc<dyn Memory> = Arc::new(MemoryRepo::open(&memory_folder, Timestamp(1)).expect("a memory"));
    let tools = Arc::new(Toolbox::new(vec![Arc::new(MemoryTools::new(Arc::clone(&memory)))]));
    let fixed = Fixed::new(&tools.offered());
    for n in 0..agents {
        create_agent(&*store, &fixed.setup, &fixed.segment, n).await;
    }
    Ports {
        store,
        memory,
        tools,
        setups: Arc::new(fixed),
        sessions: Arc::new(NoWorkbench("not here".to_owned())),
        schedules_changed: Arc::default(),
        quests_changed: Arc::default(),
        memory_changes: tokio::sync::watch::Sender::default(),
        clock: Arc::new(SystemClock),
        random: Arc::new(Unchanging),
    }
}

/// Creates one agent, and lets it work until it has about `EVENTS` events.
async fn create_agent(store: &dyn Store, setup: &Setup, segment: &Segment, n: usize) {
    let id = AgentId::new(format!("a-{n}"));
    let mut state = State::new(id.clone());
    let mut head = Head::default();
    let mail = |name: &str, body| Mail { id: EffectId::new(format!("{n}-{name}")), from: AgentId::grow(), to: id.clone(), body };
    let spawn = SpawnRequest {
        name: format!("agent {n}"),
        task: "look around and report".to_owned(),
        allowance: Money::usd(1),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let mut input = Input::Mail(mail("spawn", MailBody::Spawn(spawn)));
    let mut round = 0;
    while state.seq().0 < EVENTS {
        let events = decide(&state, input, setup, THEN);
        head = record(store, &mut state, head, events, segment).await;
        input = if state.is_at_work() {
            Input::Answered { attempt: 1, reply: answer(round), prepared: Vec::new() }
        } else {
            let more = MailBody::Say {
                text: format!("and then? {round}"),
                allowance: Money::usd(1),
                limit: None,
                number: round + 2,
                by_person: false,
                quota: None,
                untrusted: Vec::new(),
            };
            Input::Mail(mail(&round.to_string(), more))
        };
        round += 1;
    }
    if state.is_at_work() {
        let events = decide(&state, Input::Answered { attempt: 1, reply: answer(round), prepared: Vec::new() }, setup, THEN);
        record(store, &mut state, head, events, segment).await;
    }
}

async fn record(store: &dyn Store, state: &mut State, head: Head, events: Vec<Event>, segment: &Segment) -> Head {
    let mut entries = Vec::new();
    let starts = events.iter().any(|event| matches!(event, Event::SegmentStarted(_)));
    for event in &events {
        let entry = Entry { seq: state.seq().next(), at: Timestamp(2), event: event.clone() };
        state.apply(&entry);
        entries.push(entry);
    }
    let (agent, segment) = (state.id().clone(), starts.then(|| segment.encode()));
    let append = Append { agent, head, at: Timestamp(2), events, views: views(state, &entries), segment };
    store.append(append).await.expect("it is recorded").head
}

fn answer(round: u64) -> Reply {
    Reply {
        content: RawJson::of(
            &json!([{"type": "text", "text": format!("I looked around, {round} times by now, and found this and that.")}]),
        ),
        stop: StopReason::EndTurn,
        usage: Usage { input_tokens: 1_000, output_tokens: 20, ..Usage::default() },
        model: "fixed".to_owned(),
        request_id: None,
        cost: Some(Money(100)),
    }
}

/// The time and the random bits with which agents are created: the same in each run.
const THEN: Moment = Moment { at: Timestamp(2), random: 1 };

/// Random bits that are always the same.
struct Unchanging;

impl Random for Unchanging {
    fn bits(&self) -> u128 {
        1
    }
}

/// Setups with one model, which is never called.
struct Fixed {
    setup: Setup,
    segment: Arc<Segment>,
}

impl Fixed {
    fn new(offered: &[OfferedTool]) -> Fixed {
        let segment = Segment {
            web_search: false,
            address: None,
            provider: "fixed".to_owned(),
            model: "fixed".to_owned(),
            effort: None,
            system: "Be.".to_owned(),
            tools: offered.iter().map(|offered| offered.tool.clone()).collect(),
        };
        let card = ModelCard {
            id: "fixed".to_owned(),
            name: "Fixed".to_owned(),
            context_tokens: 1_000_000,
            max_output_tokens: 16_000,
            prices: Some(Prices::free()),
            effort: None,
            reads: Vec::new(),
        };
        let setup = Setup::of(&segment, card, offered, Limits::default());
        Fixed { setup, segment: Arc::new(segment) }
    }
}

impl Setups for Fixed {
    fn setup(&self, _depth: u32) -> (Setup, Arc<Segment>) {
        (self.setup.clone(), Arc::clone(&self.segment))
    }

    fn model(&self, _segment: &Segment) -> Option<Arc<dyn Model>> {
        Some(Arc::new(Silent))
    }
}

/// A model that never answers.
struct Silent;

#[async_trait]
impl Model for Silent {
    fn provider(&self) -> &'static str {
        "fixed"
    }

    fn card(&self, _model: &str) -> ModelCard {
        Fixed::new(&[]).setup.card
    }

    async fn call(&self, _request: &ModelRequest, _on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        std::future::pending().await
    }
}
