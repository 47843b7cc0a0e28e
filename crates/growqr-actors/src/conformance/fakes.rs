//! A scripted model and test tools; the last message selects their behaviour.

use crate::Setups;
use async_trait::async_trait;
use growqr_core::agent::Setup;
use growqr_core::clock::{Clock, Random, Timestamp};
use growqr_core::id::{AgentId, EffectId, ExecutorId};
use growqr_core::limits::Limits;
use growqr_core::memory::{AgentsPage, Change, CommitPlan, FoundLine, Memory, MemoryError, Page, PageInfo, Proposal};
use growqr_core::model::{Delta, Failure, Model, ModelCard, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::{Segment, Tool, blocks, text_of};
use growqr_core::raw::RawJson;
use growqr_core::rules::{RuleLine, RuleOrigin, Rules};
use growqr_core::tool::{Executor, LookedUp, OfferedTool, Performed, Repeat, ToolCall, ToolResult, Tools};
use growqr_core::workbench::Workbench;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The behaviour of the scripted model, read from the last line of the last message:
/// - `hang`: begins an answer and never ends it, until the script is released;
/// - `later`: answers once the script is released;
/// - `crash`: the setups panic from now on, as often as [`Script::crashes`] says;
/// - `panic`: panics, once;
/// - `spawn N`: starts N sub-agents; the text after a colon is the task of each;
/// - `work N`: the same, with sub-agents that need a shell;
/// - `tell ID TEXT`: sends sub-agent ID a message;
/// - `call NAME`: calls that tool;
/// - `ask N`: asks the person N questions; `ask now`: one question whose deadline has come;
/// - anything else, and every tool result: answers "done: " and that line.
#[derive(Default)]
pub struct Script {
    /// If true, `hang` answers at once.
    pub is_released: AtomicBool,
    has_panicked: AtomicBool,
    /// Number of model calls.
    pub calls: AtomicUsize,
    /// How many sub-agents may work at once; 0 for 100.
    pub at_once: AtomicUsize,
    working: AtomicUsize,
    /// The most model calls of sub-agents that were under way at the same time.
    pub most_working: AtomicUsize,
    /// How often a `crash` makes the setups panic.
    pub crashes: AtomicUsize,
    /// How often the setups are still going to panic.
    pub panics: AtomicUsize,
}

pub struct ScriptedModel(pub Arc<Script>);

#[async_trait]
impl Model for ScriptedModel {
    fn provider(&self) -> &'static str {
        "played"
    }

    fn card(&self, _model: &str) -> ModelCard {
        card()
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let last = request.messages.last().expect("a request has a message");
        let is_result = blocks(&last.content).iter().any(|block| matches!(block, growqr_core::prompt::Block::Result { .. }));
        let text = text_of(&last.content);
        // Skip the closing tag: mail is wrapped in an element.
        let line = text.lines().rfind(|line| !line.starts_with("</")).unwrap_or_default().to_owned();
        if line == "hang" {
            on_delta(Delta::Text("done:".to_owned()));
        }
        let _working = (request.agent != AgentId::grow()).then(|| Working::begin(&self.0));
        let content = if is_result || line.starts_with("report ") { says(&line) } else { self.0.respond(&line).await };
        let stop = if content.to_string().contains("tool_use") { StopReason::ToolUse } else { StopReason::EndTurn };
        let usage = Usage { input_tokens: 10, output_tokens: 1, ..Usage::default() };
        let content = RawJson::of(&content);
        Ok(Reply { content, stop, usage, model: "played".to_owned(), request_id: None, cost: Some(Money(100)) })
    }
}

/// A model call of a sub-agent under way.
struct Working<'a>(&'a Script);

impl Working<'_> {
    fn begin(script: &Script) -> Working<'_> {
        let working = script.working.fetch_add(1, Ordering::SeqCst) + 1;
        script.most_working.fetch_max(working, Ordering::SeqCst);
        Working(script)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Script {
    async fn respond(&self, line: &str) -> Value {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "hang" if !self.is_released.load(Ordering::SeqCst) => std::future::pending().await,
            "later" => {
                while !self.is_released.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                says(line)
            }
            "crash" => {
                self.panics.store(self.crashes.swap(0, Ordering::SeqCst), Ordering::SeqCst);
                says(line)
            }
            "panic" if !self.has_panicked.swap(true, Ordering::SeqCst) => panic!("a failure that the test causes"),
            "spawn" => {
                let (count, task) = rest.split_once(": ").unwrap_or((rest, "report"));
                let spawn = |n: usize| call(n, "spawn_sub_agent", &json!({"name": format!("helper {n}"), "task": task}));
                (0..count.parse().unwrap_or(1)).map(spawn).collect()
            }
            "work" => {
                let (count, task) = rest.split_once(": ").unwrap_or((rest, "report"));
                let input = |n: usize| json!({"name": format!("worker {n}"), "task": task, "needs": ["shell"]});
                (0..count.parse().unwrap_or(1)).map(|n| call(n, "spawn_sub_agent", &input(n))).collect()
            }
            "tell" => {
                let (id, text) = rest.split_once(' ').unwrap_or((rest, "go on"));
                json!([call(0, "message_sub_agent", &json!({"id": id, "text": text}))])
            }
            "call" => {
                let (tool, about) = rest.split_once(' ').unwrap_or((rest, ""));
                let input = if about.is_empty() { json!({}) } else { json!({"about": about}) };
                json!([call(0, tool, &input)])
            }
            "ask" if rest == "now" => {
                let question = json!({"question": "which?", "default": "this one", "deadline_minutes": 0});
                json!([call(0, "ask_user", &question)])
            }
            "ask" => {
                let ask = |n: usize| call(n, "ask_user", &json!({"question": format!("question {n}?")}));
                (0..rest.parse().unwrap_or(1)).map(ask).collect()
            }
            _ => says(line),
        }
    }
}

fn says(line: &str) -> Value {
    json!([{"type": "text", "text": format!("done: {line}")}])
}

fn call(n: usize, name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": format!("t{n}"), "name": name, "input": input})
}

fn card() -> ModelCard {
    ModelCard {
        id: "played".to_owned(),
        name: "ScriptedModel".to_owned(),
        context_tokens: 1_000_000,
        max_output_tokens: 1_000,
        prices: Some(Prices::free()),
        effort: None,
        reads: Vec::new(),
    }
}

/// All tools of the tests but `guarded` are allowed.
fn rules() -> Arc<Rules> {
    let line = |text: &str| RuleLine { rule: text.parse().expect("a rule"), origin: RuleOrigin::Person };
    let allowed = ["allow safe", "allow look_up", "allow unknown", "allow broken", "allow unlisted"];
    Arc::new(Rules::new(allowed.map(line)))
}

/// Always gives the same setup.
pub struct FixedSetups {
    pub script: Arc<Script>,
    pub tools: Arc<dyn Tools>,
}

impl Setups for FixedSetups {
    fn setup(&self, _depth: u32) -> (Setup, Arc<Segment>) {
        let panics = &self.script.panics;
        let is_to_panic = |left: usize| left.checked_sub(1);
        assert!(panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_to_panic).is_err(), "a failure that the test causes");
        let offered = self.tools.offered();
        let segment = Segment {
            web_search: false,
            address: None,
            provider: "played".to_owned(),
            model: "played".to_owned(),
            effort: None,
            system: String::new(),
            tools: offered.iter().map(|offered| offered.tool.clone()).collect(),
        };
        let at_once = match self.script.at_once.load(Ordering::SeqCst) {
            0 => 100,
            at_once => u32::try_from(at_once).expect("a small number"),
        };
        let limits = Limits { children_at_once: at_once, children: 100, ..Limits::default() };
        let setup = Setup::of(&segment, card(), &offered, limits).with_rules(rules(), false);
        let setup = setup.with_workbench(Workbench::Available);
        (setup, Arc::new(segment))
    }

    fn model(&self, _segment: &Segment) -> Option<Arc<dyn Model>> {
        Some(Arc::new(ScriptedModel(Arc::clone(&self.script))))
    }
}

/// The outside world: how often each effect happened.
#[derive(Default)]
pub struct Effects {
    done: Mutex<BTreeMap<EffectId, usize>>,
    looked_up: Mutex<BTreeSet<EffectId>>,
    /// If true, calls have their effect but never return.
    pub never_returns: AtomicBool,
    /// If true, calls never return and have no effect.
    pub never_begins: AtomicBool,
}

impl Effects {
    /// How often each effect happened.
    pub fn counts(&self) -> Vec<usize> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }

    /// How often each effect happened, by its id.
    pub fn by_effect(&self) -> BTreeMap<EffectId, usize> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of calls that were looked up.
    pub fn looked_up(&self) -> usize {
        self.looked_up.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// An executor with one tool for each [`Repeat`], named after it, the tool `broken`, which panics, and `guarded`, which no rule
/// allows.
pub struct TestExecutor(pub Arc<Effects>);

#[async_trait]
impl Executor for TestExecutor {
    fn id(&self) -> ExecutorId {
        ExecutorId::new("acting")
    }

    fn tools(&self) -> Vec<OfferedTool> {
        let kinds = [("safe", Repeat::Safe), ("look_up", Repeat::LookUp), ("unknown", Repeat::Unknown), ("broken", Repeat::Safe)];
        let kinds = kinds.into_iter().chain([("guarded", Repeat::LookUp)]);
        let offer = |(name, repeat): (&str, Repeat)| OfferedTool {
            tool: tool(name),
            executor: self.id(),
            repeat,
            argument: None,
            hash: None,
        };
        kinds.map(offer).collect()
    }

    async fn perform(&self, call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        assert_ne!(call.name, "broken", "a failure that the test causes");
        if self.0.never_begins.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        *self.0.done.lock().unwrap_or_else(PoisonError::into_inner).entry(call.origin.effect.clone()).or_default() += 1;
        if self.0.never_returns.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        Performed::Finished(ToolResult::ok("acted"))
    }

    async fn look_up(&self, call: &ToolCall) -> LookedUp {
        let effect = &call.origin.effect;
        self.0.looked_up.lock().unwrap_or_else(PoisonError::into_inner).insert(effect.clone());
        match self.0.done.lock().unwrap_or_else(PoisonError::into_inner).contains_key(effect) {
            true => LookedUp::Happened(ToolResult::ok("acted before")),
            false => LookedUp::NothingHappened,
        }
    }
}

fn tool(name: &str) -> Tool {
    let input_schema = RawJson::of(&json!({"type": "object", "properties": {}, "additionalProperties": false}));
    Tool { name: name.to_owned(), description: "Acts.".to_owned(), input_schema }
}

/// A clock that advances by a millisecond at each reading, and random bits that never repeat.
pub struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

impl Random for TestClock {
    fn bits(&self) -> u128 {
        self.0.fetch_add(1, Ordering::SeqCst) as u128
    }
}

/// These agents have no memory.
pub struct NoMemory;

impl Memory for NoMemory {
    fn read(&self, path: &str) -> Result<Page, MemoryError> {
        Err(MemoryError::Missing { path: path.to_owned() })
    }

    fn list(&self, _prefix: &str) -> Result<Vec<PageInfo>, MemoryError> {
        Ok(Vec::new())
    }

    fn search(&self, _query: &str, _limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
        Ok(Vec::new())
    }

    fn prepare(&self, _change: &Change) -> Result<CommitPlan, MemoryError> {
        Err(MemoryError::FirstChange)
    }

    fn commit(&self, _plan: &CommitPlan) -> Result<(), MemoryError> {
        Err(MemoryError::FirstChange)
    }

    fn hold(&self, _plan: &CommitPlan) -> Result<(), MemoryError> {
        Err(MemoryError::FirstChange)
    }

    fn proposal(&self, _held: &CommitPlan) -> Result<Proposal, MemoryError> {
        Err(MemoryError::FirstChange)
    }

    fn commit_of(&self, _effect: &EffectId, _path: &str) -> Result<Option<String>, MemoryError> {
        Err(MemoryError::FirstChange)
    }

    fn by_agents(&self, _folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        Ok(BTreeMap::new())
    }

    fn release(&self, _held: &CommitPlan) -> Result<(), MemoryError> {
        Err(MemoryError::FirstChange)
    }

    fn tidy(&self) -> Result<(), MemoryError> {
        Ok(())
    }
}
