//! Property test: for any streamed replies, any kind of server, and with broken streams and restarts at any point, the
//! strict stub server accepts every request that the turn machine builds from its journal.

use super::world::{FakeTimer, MODEL, server_behaviours, tool};
use growqr_core::agent::{Input, Intent, Setup, State, decide, tools};
use growqr_core::clock::{Moment, Timestamp};
use growqr_core::event::Entry;
use growqr_core::id::{AgentId, ExecutorId, MessageId, SegmentHash};
use growqr_core::limits::Limits;
use growqr_core::model::{Model, Reply, StopReason, Usage};
use growqr_core::prompt::Segment;
use growqr_core::raw::RawJson;
use growqr_core::tool::{CatalogueEntry, OfferedTool, Repeat, ToolContent, ToolResult};
use growqr_core::workbench::Workbench;
use growqr_models::openai::{BaseUrl, Config, OpenAi};
use growqr_testkit::openai::{OpenAiStub, Point, Script};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Thinking(String),
    Call(&'static str, &'static str),
}

#[derive(Clone, Debug)]
enum Step {
    Say(String),
    /// The model's reply: its parts, its stop reason, and the number of events after which the stream is cut, if it is.
    Answer(Vec<Part>, Option<&'static str>, Option<usize>),
    /// A reply of another provider, as the journal may contain it.
    Foreign(bool),
    Finish(usize, String, bool),
    Cancel,
    Restart,
    SwitchModel(bool),
}

fn part() -> impl Strategy<Value = Part> {
    let call = prop_oneof![
        Just(("list_memory", "{}")),
        Just(("read_memory", r#"{"path": "a.md"}"#)),
        Just(("read_memory", "")),
        Just(("read_memory", r#"{"path": "#)),
        Just(("commit_memory", r#"{"path":"a.md","content":"grüße 🌱","message":"m"}"#)),
        Just(("wait_for_sub_agents", "{}")),
        Just(("no such tool!", "[]")),
    ];
    prop_oneof![
        3 => "[a-zü \n]{0,9}".prop_map(Part::Text),
        1 => "[a-z ]{0,9}".prop_map(Part::Thinking),
        4 => call.prop_map(|(name, input)| Part::Call(name, input)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let stop = prop_oneof![
        8 => Just(None),
        1 => Just(Some("max_tokens")),
        1 => Just(Some("refusal")),
        1 => Just(Some("odd")),
    ];
    let cut = prop_oneof![8 => Just(None), 1 => (0_usize..6).prop_map(Some)];
    prop_oneof![
        3 => "[a-z ]{0,8}".prop_map(Step::Say),
        9 => (prop::collection::vec(part(), 0..5), stop, cut).prop_map(|(parts, stop, cut)| Step::Answer(parts, stop, cut)),
        1 => any::<bool>().prop_map(Step::Foreign),
        8 => (any::<usize>(), "[a-z]{0,4}", any::<bool>()).prop_map(|(which, text, bad)| Step::Finish(which, text, bad)),
        1 => Just(Step::Cancel),
        2 => Just(Step::Restart),
        1 => any::<bool>().prop_map(Step::SwitchModel),
    ]
}

struct Machine {
    state: State,
    entries: Vec<Entry>,
    setup: Setup,
    provider: OpenAi,
    foreign: u32,
}

/// The tools about other agents, and two of memory.
fn catalogue() -> Vec<CatalogueEntry> {
    let memory = [("list_memory", Repeat::Safe), ("read_memory", Repeat::Safe), ("commit_memory", Repeat::LookUp)];
    let entry = |(name, repeat): (&str, _)| CatalogueEntry { name: name.to_owned(), executor: ExecutorId::memory(), repeat };
    tools::offered().iter().map(OfferedTool::entry).chain(memory.map(entry)).collect()
}

impl Machine {
    fn new(base: &str) -> Machine {
        let mut config = Config::new(BaseUrl::parse(base).unwrap(), None, 1);
        config.timer = Arc::new(FakeTimer::default());
        let provider = OpenAi::new(config);
        let limits = Limits { calls: 100_000, ..Limits::default() };
        let setup = Setup {
            segment: SegmentHash::new("one"),
            provider: "openai".into(),
            card: provider.card(MODEL),
            bytes: 4_000,
            tools: catalogue(),
            searched: Arc::default(),
            limits,
            arguments: Arc::default(),
            hashes: Arc::default(),
            rules: Arc::default(),
            asks_after_untrusted_text: true,
            workbench: Workbench::default(),
            surroundings: None,
            may_begin: true,
            has_runner: true,
        };
        let state = State::new(AgentId::grow());
        let mut machine = Machine { state, entries: Vec::new(), setup, provider, foreign: 0 };
        machine.input(Input::Created);
        machine
    }

    fn input(&mut self, input: Input) {
        let at = Timestamp(1_000 + self.entries.len() as i64);
        for event in decide(&self.state, input, &self.setup, Moment { at, random: at.0 as u128 }) {
            let entry = Entry { seq: self.state.seq().next(), at, event };
            self.state.apply(&entry);
            self.entries.push(entry);
        }
    }

    fn open_attempt(&self) -> Option<u32> {
        self.state.open_intents().into_iter().find_map(|intent| match intent {
            Intent::CallModel { attempt, .. } => Some(attempt),
            _ => None,
        })
    }

    async fn answer(&mut self, server: &OpenAiStub, script: Script) {
        let Some(attempt) = self.open_attempt() else { return };
        let segment = Segment {
            web_search: false,
            address: None,
            provider: "openai".into(),
            model: MODEL.into(),
            effort: None,
            system: "Be kind.".into(),
            tools: vec![tool("look")],
        };
        let request = self.state.model_request(Arc::new(segment)).unwrap();
        server.will(script);
        match self.provider.call(&request, &|_| ()).await {
            Ok(reply) => self.input(Input::Answered { attempt, reply, prepared: Vec::new() }),
            Err(failure) => self.input(Input::Failed { attempt, failure }),
        }
        server.assert_all_accepted();
    }

    fn foreign(&mut self, with_words: bool) {
        let Some(attempt) = self.open_attempt() else { return };
        self.foreign += 1;
        let call = json!({"type": "tool_use", "id": format!("toolu_{}", self.foreign), "name": "list_memory", "input": {}});
        let thinking = json!({"type": "thinking", "thinking": "", "signature": "s"});
        let content = match with_words {
            true => json!([thinking, {"type": "text", "text": "I look."}, call]),
            false => json!([thinking, {"type": "hologram"}]),
        };
        let stop = if with_words { StopReason::ToolUse } else { StopReason::EndTurn };
        let usage = Usage { input_tokens: 100, output_tokens: 10, ..Usage::default() };
        let content = RawJson::of(&content);
        let reply = Reply { content, stop, usage, model: "other".into(), request_id: None, cost: None };
        self.input(Input::Answered { attempt, reply, prepared: Vec::new() });
    }

    async fn take(&mut self, server: &OpenAiStub, step: Step) {
        match step {
            Step::Say(text) => {
                let id = MessageId::new(format!("m{}", self.entries.len()));
                self.input(Input::Said { id, text, attachments: Vec::new() });
            }
            Step::Answer(parts, stop, cut) => self.answer(server, script(parts, stop, cut)).await,
            Step::Foreign(with_words) => self.foreign(with_words),
            Step::Finish(which, content, is_error) => {
                let open = self.state.open_intents();
                if let Some(Intent::RunTool { call, .. } | Intent::LookUpTool { call }) = open.get(which % open.len().max(1)) {
                    let result = ToolResult { content: ToolContent::text(content), is_error };
                    self.input(Input::Finished { effect: call.origin.effect.clone(), result });
                }
            }
            Step::Cancel => self.input(Input::Cancel { tree: true }),
            Step::Restart => {
                let mut replayed = State::new(AgentId::grow());
                self.entries.iter().for_each(|entry| replayed.apply(entry));
                self.state = replayed;
                self.input(Input::Woken { started: Timestamp(i64::MAX), process: 0 });
            }
            Step::SwitchModel(other) => self.setup.segment = SegmentHash::new(if other { "two" } else { "one" }),
        }
    }
}

fn script(parts: Vec<Part>, stop: Option<&'static str>, cut: Option<usize>) -> Script {
    let script = parts.into_iter().fold(Script::message(), |script, part| match part {
        Part::Text(text) => script.says(&text),
        Part::Thinking(text) => script.thinks(&text),
        Part::Call(name, input) => script.calls_raw(name, input),
    });
    let script = stop.into_iter().fold(script, |script, stop| script.stop(stop));
    cut.into_iter().fold(script, |script, events| script.cut(Point::Events(events)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_is_one_that_the_strictest_server_accepts(
        which in 0_usize..9,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = OpenAiStub::start(server_behaviours().remove(which)).await;
            let mut machine = Machine::new(server.base_url());
            for step in steps {
                machine.take(&server, step).await;
            }
            machine.answer(&server, Script::message().says("the end")).await;
        });
    }
}
