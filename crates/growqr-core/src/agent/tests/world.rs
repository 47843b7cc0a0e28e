//! A driver for the tests of the turn machine. It records and applies events, and checks the invariants after every step.

use crate::agent::{BeforeMessage, Input, Intent, Setup, State, decide, version_1};
use crate::ask::{Answer, Ask, AskKind, SettledBy};
use crate::clock::{Moment, Timestamp};
use crate::event::{AskSettled, Entry, Event, SCHEMA_VERSION};
use crate::id::{AgentId, AskId, EffectId, ExecutorId, MessageId, SegmentHash, Seq};
use crate::limits::Limits;
use crate::mail::Mail;
use crate::model::{Failure, FailureKind, ModelCard, Reply, StopReason, Usage};
use crate::money::{Money, Prices};
use crate::prompt::{Block, Message, Role, Segment, blocks};
use crate::raw::RawJson;
use crate::rules::{RuleLine, RuleOrigin, Rules};
use crate::tool::{CatalogueEntry, Performed, Repeat, ToolResult};
use crate::workbench::Workbench;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) struct World {
    pub state: State,
    pub entries: Vec<Entry>,
    pub setup: Setup,
    pub now: Timestamp,
    /// The last request, with the index of the event that started its segment.
    last_request: Option<(Option<usize>, Vec<Message>)>,
}

/// 5 USD per million in, 25 out: micro-cents per million tokens.
pub(super) fn prices() -> Prices {
    let mut prices = Prices::free();
    prices.0[0].input = 500_000_000;
    prices.0[0].write_5m = 625_000_000;
    prices.0[0].output = 2_500_000_000;
    prices
}

pub(super) fn setup(model: &str) -> Setup {
    let card = ModelCard {
        id: model.to_owned(),
        name: model.to_owned(),
        context_tokens: 200_000,
        max_output_tokens: 64_000,
        prices: Some(prices()),
        effort: None,
        reads: Vec::new(),
    };
    let (segment, mut tools) = (SegmentHash::new(model), version_1::catalogue());
    tools.push(CatalogueEntry { name: "ask_user".to_owned(), executor: ExecutorId::journal(), repeat: Repeat::Safe });
    Setup {
        segment,
        provider: "test".to_owned(),
        card,
        bytes: 4_000,
        tools,
        searched: Arc::default(),
        limits: Limits::default(),
        arguments: Arc::default(),
        hashes: Arc::default(),
        rules: rules(&["allow act"]),
        asks_after_untrusted_text: true,
        workbench: Workbench::default(),
        surroundings: None,
        may_begin: true,
        has_runner: true,
    }
}

/// The built-in rules, then these lines of the person.
pub(super) fn rules(lines: &[&str]) -> Arc<Rules> {
    let line = |text: &&str| RuleLine { rule: text.parse().expect("a rule"), origin: RuleOrigin::Person };
    Arc::new(Rules::new(lines.iter().map(line)))
}

impl World {
    pub fn grow() -> World {
        let mut world = World::of(State::new(AgentId::grow()));
        world.input(Input::Created);
        world
    }

    pub fn of(state: State) -> World {
        World::with(state, setup("m"))
    }

    pub fn with(state: State, setup: Setup) -> World {
        World { state, entries: Vec::new(), setup, now: Timestamp(1_000), last_request: None }
    }

    /// Feeds one input and checks all invariants. Returns the kinds of the new events.
    pub fn input(&mut self, input: Input) -> Vec<&'static str> {
        self.now.0 += 1;
        let now = Moment { at: self.now, random: self.now.0 as u128 };
        let events = decide(&self.state, input, &self.setup, now);
        let kinds = events.iter().map(Event::kind).collect();
        for event in events {
            let entry = Entry { seq: self.state.seq().next(), at: self.now, event };
            self.state.apply(&entry);
            self.add_rule(&entry.event);
            self.entries.push(entry);
            if matches!(self.entries.last(), Some(Entry { event: Event::ModelRequested(_), .. })) {
                self.check_request();
            }
        }
        self.check_results();
        kinds
    }

    /// The rules are stored with the event that adds one.
    fn add_rule(&mut self, event: &Event) {
        if let Event::AskSettled(AskSettled { by: SettledBy::Person, rule: Some(rule), .. }) = event {
            let added = RuleLine { rule: rule.parse().expect("a rule"), origin: RuleOrigin::Answer };
            let mine = self.setup.rules.lines().iter().filter(|line| line.origin != RuleOrigin::BuiltIn).cloned();
            self.setup.rules = Arc::new(Rules::new(mine.chain([added])));
        }
    }

    pub fn say(&mut self, text: &str) -> Vec<&'static str> {
        let id = MessageId::new(format!("m{}", self.entries.len()));
        self.input(Input::Said { id, text: text.to_owned(), attachments: Vec::new() })
    }

    /// Starts afresh.
    pub fn start_fresh(&mut self) -> Vec<&'static str> {
        let id = MessageId::new(format!("f{}", self.entries.len()));
        self.input(Input::StartFresh { id })
    }

    /// Writes an earlier message anew.
    pub fn say_again(&mut self, message: Seq, text: &str) -> Vec<&'static str> {
        let id = MessageId::new(format!("m{}", self.entries.len()));
        let before = Box::new(self.before(message));
        let as_of = self.state.seq();
        self.input(Input::SayAgain { id, message, text: text.to_owned(), attachments: Vec::new(), before, as_of })
    }

    /// The agent before the model read this message.
    pub fn before(&self, message: Seq) -> State {
        let mut before = BeforeMessage::new(self.state.id().clone(), message);
        self.entries.iter().for_each(|entry| before.apply(entry));
        before.finish()
    }

    pub fn answer(&mut self, reply: Reply) -> Vec<&'static str> {
        let attempt = self.attempt().expect("a model call is open");
        self.input(Input::Answered { attempt, reply, prepared: Vec::new() })
    }

    /// Answers the model call; the first tool call of the answer is already prepared.
    pub fn answer_prepared(&mut self, reply: Reply, performed: Performed) -> Vec<&'static str> {
        let attempt = self.attempt().expect("a model call is open");
        self.input(Input::Answered { attempt, reply, prepared: vec![(0, performed)] })
    }

    pub fn fail(&mut self, kind: FailureKind) -> Vec<&'static str> {
        let attempt = self.attempt().expect("a model call is open");
        let failure = Failure { kind, message: "it failed".to_owned(), request_id: None };
        self.input(Input::Failed { attempt, failure })
    }

    pub fn finish(&mut self, effect: &EffectId, result: ToolResult) -> Vec<&'static str> {
        self.input(Input::Finished { effect: effect.clone(), result })
    }

    /// Answers an open ask in one of several ways, and goes on after it.
    pub fn answer_ask(&mut self, which: usize, how: usize) {
        let open: Vec<Ask> = self.state.open_asks().cloned().collect();
        let Some(ask) = open.get(which % open.len().max(1)) else { return };
        let option = ask.options.get(how % ask.options.len().max(1)).map(|option| option.id.clone());
        let scope = ask.scopes.get(how % ask.scopes.len().max(1)).copied().unwrap_or_default();
        let text = (option.is_none() || how.is_multiple_of(3)).then(|| "so".to_owned());
        let answer = (!how.is_multiple_of(5)).then_some(Answer { option, text, scope, ..Answer::default() });
        self.input(Input::Answer { ask: ask.id.clone(), answer });
        if !how.is_multiple_of(7) {
            self.input(Input::Continue);
        }
    }

    pub fn attempt(&self) -> Option<u32> {
        self.state.open_intents().into_iter().find_map(|intent| match intent {
            Intent::CallModel { attempt, .. } => Some(attempt),
            _ => None,
        })
    }

    pub fn open_tools(&self) -> Vec<EffectId> {
        self.state
            .open_intents()
            .into_iter()
            .filter_map(|intent| match intent {
                Intent::RunTool { call, .. } | Intent::LookUpTool { call } => Some(call.origin.effect),
                Intent::CallModel { .. }
                | Intent::SettleReview { .. }
                | Intent::AdvanceSession { .. }
                | Intent::ReplySession { .. }
                | Intent::AbortSession { .. } => None,
            })
            .collect()
    }

    /// Mail that was put into the outbox, oldest first.
    pub fn mail(&self) -> Vec<&Mail> {
        self.entries.iter().flat_map(|entry| entry.event.mail()).collect()
    }

    pub fn open_request(&self) -> crate::model::ModelRequest {
        self.state.model_request(segment()).expect("a model call is open")
    }

    /// The last user message of the open request, as (results, text).
    pub fn last_user(&self) -> (Vec<(String, bool)>, String) {
        let request = self.open_request();
        let last = request.messages.last().expect("a message");
        assert_eq!(last.role, Role::User);
        let mut results = Vec::new();
        let mut text = String::new();
        for block in blocks(&last.content) {
            match block {
                Block::Result { content, is_error, .. } => results.push((content, is_error)),
                Block::Text(part) => text.push_str(&part),
                _ => {}
            }
        }
        (results, text)
    }

    /// Discards the state, replays the journal from its stored form, and wakes the agent.
    pub fn restart(&mut self) -> Vec<&'static str> {
        self.check_replay();
        self.input(Input::Woken { started: self.now, process: 0 })
    }

    /// The journal, stored and read back, gives the same state; so does a replay from a snapshot in the middle.
    pub fn check_replay(&self) {
        let mut replayed = State::new(self.state.id().clone());
        for (index, entry) in self.entries.iter().enumerate() {
            let event =
                Event::decode(entry.event.kind(), SCHEMA_VERSION, &entry.event.encode()).expect("what was written can be read");
            assert_eq!(event, entry.event);
            replayed.apply(&Entry { seq: Seq(index as u64 + 1), at: entry.at, event });
            if index == self.entries.len() / 2 {
                let snapshot = serde_json::to_vec(&replayed).expect("a state can be saved");
                replayed = serde_json::from_slice(&snapshot).expect("a saved state can be read");
            }
        }
        assert_eq!(replayed, self.state);
    }

    /// The real service accepts the request, and within a segment it starts with the messages of the request before it.
    fn check_request(&mut self) {
        let request = self.state.model_request(segment()).expect("a model call was just requested");
        check_messages(&request.messages);
        let is_start = |entry: &Entry| matches!(entry.event, Event::SegmentStarted(_));
        let segment = self.entries.iter().rposition(is_start);
        if let Some((before, earlier)) = &self.last_request
            && *before == segment
        {
            assert!(request.messages.starts_with(earlier), "messages are only ever added");
        }
        self.last_request = Some((segment, request.messages));
    }

    /// A call never has two results; between turns it has exactly one.
    fn check_results(&self) {
        let mut results: BTreeMap<&EffectId, usize> = BTreeMap::new();
        for entry in &self.entries {
            match &entry.event {
                Event::ToolStarted(body) => assert_eq!(results.insert(&body.effect, 0), None, "an effect id is used once"),
                Event::ToolFinished(body) => *results.get_mut(&body.effect).expect("started before finished") += 1,
                _ => {}
            }
        }
        assert!(results.values().all(|count| *count <= 1));
        let mut asks: BTreeMap<&AskId, usize> = BTreeMap::new();
        for entry in &self.entries {
            match &entry.event {
                Event::AskRaised(body) => assert_eq!(asks.insert(&body.ask.id, 0), None, "a question is asked once"),
                Event::AskSettled(body) => *asks.get_mut(&body.ask).expect("raised before settled") += 1,
                _ => {}
            }
        }
        assert!(asks.values().all(|count| *count <= 1), "an ask is settled once");
        let open: BTreeSet<&AskId> = asks.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
        assert_eq!(open, self.state.open_asks().map(|ask| &ask.id).collect(), "no ask is forgotten");
        if !self.state.is_at_work() {
            let waits = self.state.open_asks().any(|ask| ask.kind != AskKind::Review);
            assert!(self.state.depth() == 0 || !waits, "a sub-agent between turns waits for no answer");
            assert!(results.values().all(|count| *count == 1), "every call has its result when the turn is over");
            let is_of_turn = |intent: &Intent| !matches!(intent, Intent::SettleReview { .. });
            assert_eq!(self.state.open_intents().into_iter().find(is_of_turn), None);
        }
    }
}

fn segment() -> Arc<Segment> {
    Arc::new(Segment {
        web_search: false,
        address: None,
        provider: String::new(),
        model: String::new(),
        effort: None,
        system: String::new(),
        tools: Vec::new(),
    })
}

/// The conversation rules of the Messages API. Neighbouring messages of the same role count as one message.
fn check_messages(messages: &[Message]) {
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut role = None;
    let mut text_seen = false;
    let mut open_at_service: BTreeSet<String> = BTreeSet::new();
    assert_eq!(messages.first().map(|message| message.role), Some(Role::User), "the person speaks first");
    for message in messages {
        let content = blocks(&message.content);
        assert!(!content.is_empty(), "no message is empty");
        if message.role == Role::User && !open_at_service.is_empty() {
            assert!(content.iter().all(|block| matches!(block, Block::Result { .. })), "only results follow an open call");
        }
        let fields: Vec<serde_json::Value> = serde_json::from_str(message.content.text()).expect("an array of blocks");
        for block in fields {
            let id = |field: &str| block[field].as_str().unwrap_or_default().to_owned();
            match block["type"].as_str() {
                Some("server_tool_use") => _ = open_at_service.insert(id("id")),
                Some("web_search_tool_result") => assert!(open_at_service.remove(&id("tool_use_id")), "a result of an open call"),
                _ => {}
            }
        }
        if role != Some(message.role) {
            if message.role == Role::Assistant {
                assert!(open.is_empty(), "every call is answered in the next message: {open:?}");
            }
            text_seen = false;
            role = Some(message.role);
        }
        for block in content {
            match (message.role, block) {
                (_, Block::Text(text)) => {
                    assert!(!text.trim().is_empty(), "no text is empty");
                    text_seen = true;
                }
                (Role::Assistant, Block::Call { id, .. }) => assert!(open.insert(id.to_string()), "a call id is used once"),
                (Role::User, Block::Result { id, .. }) => {
                    assert!(!text_seen, "results come before text");
                    assert!(open.remove(id.as_str()), "a result answers an open call");
                }
                (Role::Assistant, Block::Thinking(_) | Block::Other(_)) | (Role::User, Block::Attachment(_)) => {}
                (role, block) => panic!("{role:?} cannot say {block:?}"),
            }
        }
        if message.role == Role::User {
            assert!(open.is_empty(), "all results come in one message: {open:?}");
        }
    }
}

pub(super) fn reply(content: serde_json::Value, stop: StopReason) -> Reply {
    let usage = Usage { input_tokens: 1_000, output_tokens: 100, ..Usage::default() };
    let cost = prices().cost(&usage);
    Reply { content: RawJson::of(&content), stop, usage, model: "m".to_owned(), request_id: None, cost }
}

pub(super) fn says(text: &str) -> Reply {
    reply(json!([{"type": "text", "text": text}]), StopReason::EndTurn)
}

/// An answer with these tool calls, ids `t0`, `t1`, …
pub(super) fn calls(calls: &[(&str, serde_json::Value)]) -> Reply {
    let content: Vec<_> = calls
        .iter()
        .enumerate()
        .map(|(index, (name, input))| json!({"type": "tool_use", "id": format!("t{index}"), "name": name, "input": input}))
        .collect();
    reply(json!(content), StopReason::ToolUse)
}

pub(super) fn spawn(name: &str) -> (&'static str, serde_json::Value) {
    ("spawn_sub_agent", json!({"name": name, "task": "look around"}))
}

pub(super) fn usd_cents(cents: u64) -> Money {
    Money(cents * 1_000_000)
}
