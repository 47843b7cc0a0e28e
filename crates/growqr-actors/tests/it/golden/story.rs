//! The story in the golden journals: it has every kind of event. No host runs, so every run writes the same journal.

mod files;
mod fresh;
mod schedules;
mod searches;

pub use files::write_files;
pub use fresh::write_fresh_starts;
pub use schedules::write_schedules;
pub use searches::write_searches;

use async_trait::async_trait;
use growqr_actors::conformance::record_as_runner;
use growqr_actors::{Loaded, MemoryTools, Ports, Setups, Toolbox, load};
use growqr_core::agent::{ChargeBounds, Input, Intent, STATE_VERSION, Setup};
use growqr_core::ask::{Answer, AskKind, AskScope, EditedPage};
use growqr_core::attachment::AttachmentKind;
use growqr_core::clock::{Clock, Random, Timestamp};
use growqr_core::event::CostBound;
use growqr_core::id::{AgentId, AskId, EffectId, ExecutorId, MessageId, RequestId, Seq, SessionId};
use growqr_core::journal::{AskView, Snapshot, Store};
use growqr_core::limits::Limits;
use growqr_core::memory::{
    AgentsPage, Change, CommitPlan, ConflictPage, DecidedInGitea, FoundLine, GiteaComment, Memory, MemoryConflict, MemoryError,
    Page, PageInfo, Proposal, ReviewProblem, Settled,
};
use growqr_core::model::{Delta, Failure, FailureKind, Model, ModelCard, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::{Segment, Tool};
use growqr_core::raw::RawJson;
use growqr_core::rules::{RuleLine, RuleOrigin, Rules};
use growqr_core::tool::{
    ContentBlock, Executor, LookedUp, OfferedTool, Performed, Repeat, ToolCall, ToolContent, ToolResult, Tools,
};
use growqr_core::workbench::{
    ChangedFile, NoWorkbench, Permission, SessionEnd, SessionNews, SessionOutcome, SessionQuestion, SessionRequest, Wanted,
    Workbench,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// Writes the story into an empty store.
pub async fn write(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.calls_of_every_kind().await;
    story.answers_that_cannot_be_used().await;
    story.a_tree_of_sub_agents().await;
    story.a_model_without_a_price().await;
    story.a_budget_that_is_too_small().await;
    story.calls_that_are_interrupted().await;
    story.charges().await;
    story.asks_and_rules().await;
    story.limits_and_queued_messages().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.work_that_is_left_open().await;
}

/// Writes the story of sub-agents that work in the workbench into an empty store.
pub async fn write_sessions(store: Arc<dyn Store>) {
    let story = Story::new(store);
    let worker = story.a_session_with_requests().await;
    story.a_session_at_its_limit(&worker).await;
    story.save_snapshot(&worker).await;
    story.a_sub_agent_without_a_workbench().await;
    story.sessions_that_are_left_open().await;
}

/// Writes the story of pages that memory has in two versions into an empty store.
pub async fn write_conflicts(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.conflicts().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.a_conflict_that_is_left_open().await;
}

/// Writes the story of changes of memory that are held for approval into an empty store.
pub async fn write_reviews(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.reviews().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.reviews_that_are_left_open().await;
}

/// Writes the story of held changes that are decided in Gitea into an empty store.
pub async fn write_decisions_in_gitea(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.decisions_in_gitea().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.a_decision_in_gitea_that_is_left_open().await;
}

/// Resumes the work that an earlier build left open, and finishes it with the rules of this build.
pub async fn finish_open_work(store: Arc<dyn Store>) {
    let story = Story::new(Arc::clone(&store));
    // Lower message ids are already in the journal.
    story.messages.store(1_000, Ordering::Relaxed);
    let at_work = async || {
        let agents = store.agents().await.unwrap();
        agents.into_iter().filter(|view| view.status.is_at_work()).map(|view| view.agent).collect::<Vec<_>>()
    };
    for agent in at_work().await {
        story.input(&agent, woken()).await;
    }
    for _ in 0..50 {
        story.deliver().await;
        for view in store.open_asks().await.unwrap() {
            let stop = view.ask.options.last().map(|option| option.id.clone());
            let answer = stop.map(|option| Answer { option: Some(option), ..Answer::default() });
            story.input(&view.agent, Input::Answer { ask: view.ask.id, answer }).await;
            story.input(&view.agent, Input::Continue).await;
        }
        for agent in at_work().await {
            for intent in story.open(&agent).await {
                let input = match intent {
                    Intent::CallModel { attempt, .. } => {
                        Input::Answered { attempt, reply: says("Finished."), prepared: Vec::new() }
                    }
                    Intent::RunTool { call, .. } => {
                        Input::Finished { effect: call.origin.effect, result: ToolResult::ok("done") }
                    }
                    Intent::SettleReview { ask, review, .. } => {
                        let commit = review.approved.then(|| "dd".repeat(20));
                        Input::ReviewSettled { ask, settled: Ok(Settled { commit, proposed: None }) }
                    }
                    Intent::LookUpTool { call } => {
                        Input::LookedUp { effect: call.origin.effect, found: LookedUp::NothingHappened }
                    }
                    Intent::ReplySession { effect, request, .. } => Input::SessionReplied { effect, request, was_gone: false },
                    Intent::AdvanceSession { effect, .. } | Intent::AbortSession { effect, .. } => {
                        let end = SessionEnd::without_words(SessionOutcome::Done);
                        Input::SessionNews { effect, news: SessionNews::Ended(end) }
                    }
                };
                story.input(&agent, input).await;
            }
        }
    }
    assert_eq!(at_work().await, [], "all that was open is finished");
    story.say("and now?").await;
    story.answer(&AgentId::grow(), says("On.")).await;
    assert_eq!(at_work().await, []);
}

struct Story {
    ports: Ports,
    setups: Arc<StorySetups>,
    messages: AtomicI64,
}

impl Story {
    fn new(store: Arc<dyn Store>) -> Story {
        let limits = Limits::default();
        let (workbench, reads) = (Workbench::Available, Vec::new());
        let settings =
            Mutex::new(Settings { system: "one", priced: true, limits, rule: "ask guarded", workbench, reads, searches: false });
        let executors: Vec<Arc<dyn Executor>> = vec![Arc::new(MemoryTools::new(Arc::new(NoMemory))), Arc::new(TestExecutor)];
        let tools: Arc<dyn Tools> = Arc::new(Toolbox::new(executors));
        let setups = Arc::new(StorySetups { settings, tools: Arc::clone(&tools) });
        let ports = Ports {
            store,
            memory: Arc::new(NoMemory),
            tools,
            sessions: Arc::new(NoWorkbench("no host runs".to_owned())),
            setups: Arc::clone(&setups) as Arc<dyn Setups>,
            schedules_changed: Arc::default(),
            quests_changed: Arc::default(),
            memory_changes: tokio::sync::watch::Sender::default(),
            clock: Arc::new(TestClock(AtomicI64::new(1_795_305_600_000))),
            random: Arc::new(CountingRandom(AtomicI64::new(1))),
        };
        Story { ports, setups, messages: AtomicI64::new(0) }
    }

    fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.setups.settings.lock().unwrap());
    }

    async fn input(&self, agent: &AgentId, input: Input) {
        record_as_runner(&self.ports, agent, input).await.unwrap();
    }

    fn message(&self) -> MessageId {
        MessageId::new(format!("m{}", self.messages.fetch_add(1, Ordering::Relaxed)))
    }

    async fn say(&self, text: &str) {
        self.input(&AgentId::grow(), Input::Said { id: self.message(), text: text.to_owned(), attachments: Vec::new() }).await;
    }

    async fn answer(&self, agent: &AgentId, reply: Reply) {
        let attempt = self.attempt(agent).await;
        self.input(agent, Input::Answered { attempt, reply, prepared: Vec::new() }).await;
    }

    async fn fail(&self, agent: &AgentId, kind: FailureKind) {
        let attempt = self.attempt(agent).await;
        let failure = Failure { kind, message: format!("{kind:?}"), request_id: Some("req_1".to_owned()) };
        self.input(agent, Input::Failed { attempt, failure }).await;
    }

    async fn open(&self, agent: &AgentId) -> Vec<Intent> {
        let Loaded { state, .. } = load(&*self.ports.store, agent).await.unwrap();
        state.open_intents()
    }

    async fn attempt(&self, agent: &AgentId) -> u32 {
        let open = self.open(agent).await;
        let attempt = open.iter().find_map(|intent| match intent {
            Intent::CallModel { attempt, .. } => Some(*attempt),
            _ => None,
        });
        attempt.expect("a model call is open")
    }

    async fn open_tools(&self, agent: &AgentId) -> Vec<EffectId> {
        let tool = |intent| match intent {
            Intent::RunTool { call, .. } | Intent::LookUpTool { call } => Some(call.origin.effect),
            _ => None,
        };
        self.open(agent).await.into_iter().filter_map(tool).collect()
    }

    async fn finish(&self, agent: &AgentId, effect: &EffectId, result: ToolResult) {
        self.input(agent, Input::Finished { effect: effect.clone(), result }).await;
    }

    /// Delivers mail until the outbox is empty. Returns the receivers in order.
    async fn deliver(&self) -> Vec<AgentId> {
        let mut receivers = Vec::new();
        loop {
            let waiting = self.ports.store.undelivered(100).await.unwrap();
            if waiting.is_empty() {
                return receivers;
            }
            for mail in waiting {
                let (id, to) = (mail.id.clone(), mail.to.clone());
                self.input(&to, Input::Mail(mail)).await;
                self.ports.store.delivered(&[id]).await.unwrap();
                receivers.push(to);
            }
        }
    }

    async fn save_snapshot(&self, agent: &AgentId) {
        let Loaded { state, head, .. } = load(&*self.ports.store, agent).await.unwrap();
        let body = serde_json::to_vec(&state).unwrap();
        let snapshot = Snapshot { head, schema_version: STATE_VERSION, body };
        self.ports.store.save_snapshot(agent, snapshot).await.unwrap();
    }

    /// Reads, changes, invalid calls, an answer of several blocks, and a message that arrives meanwhile.
    async fn calls_of_every_kind(&self) {
        let grow = AgentId::grow();
        self.input(&grow, Input::Created).await;
        self.say("What do you know about me? \"Ünïcode\" 你好 🌱").await;
        self.answer(
            &grow,
            reply(
                json!([
                    {"type": "thinking", "thinking": "look first", "signature": "c2ln"},
                    {"type": "text", "text": "  "},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "t1", "name": "list_memory", "input": {}},
                    {"type": "tool_use", "id": "t2", "name": "read_memory", "input": {"path": "goals.md"}},
                    {"type": "tool_use", "id": "t3", "name": "search_memory", "input": {"query": "rust"}},
                    {"type": "tool_use", "id": "t4", "name": "read_memory", "input": {"file": "goals.md"}},
                    {"type": "tool_use", "id": "t5", "name": "fly", "input": {}},
                ]),
                StopReason::ToolUse,
            ),
        )
        .await;
        self.say("and hurry").await;
        let open = self.open_tools(&grow).await;
        self.finish(&grow, &open[1], ToolResult::error("there is no page")).await;
        self.finish(&grow, &open[0], ToolResult::ok("goals.md (3 bytes)")).await;
        self.finish(&grow, &open[2], ToolResult::ok("")).await;
        self.finish(&grow, &open[3], ToolResult::error("the input does not fit its schema")).await;
        self.answer(
            &grow,
            calls(&[
                ("commit_memory", json!({"path": "goals.md", "content": "learn Rust", "message": "a goal"})),
                ("delete_memory", json!({"path": "old.md", "message": "no longer true"})),
            ]),
        )
        .await;
        for (effect, path) in self.open_tools(&grow).await.into_iter().zip(["goals.md", "old.md"]) {
            self.input(&grow, Input::Intended { effect: effect.clone(), plan: plan(path, None) }).await;
            // Memory has changed since: the change is prepared again.
            self.input(&grow, Input::Intended { effect: effect.clone(), plan: plan(path, Some("aaaa")) }).await;
            self.finish(&grow, &effect, ToolResult::ok(format!("committed to {path}"))).await;
        }
        self.answer(&grow, says("Noted.")).await;
    }

    /// Empty answers, cut answers, invalid answers, a refusal, failures of every kind, an orderly stop and a kill.
    async fn answers_that_cannot_be_used(&self) {
        let grow = AgentId::grow();
        self.say("be silent").await;
        self.answer(&grow, reply(json!([]), StopReason::EndTurn)).await;
        self.answer(&grow, reply(json!([{"type": "text", "text": " "}]), StopReason::EndTurn)).await;
        self.say("be long").await;
        let cut = json!([{"type": "text", "text": "x"}, {"type": "tool_use", "id": "t1", "name": "list_memory", "input": {}}]);
        self.answer(&grow, reply(cut.clone(), StopReason::MaxTokens)).await;
        self.answer(&grow, reply(cut, StopReason::MaxTokens)).await;
        self.say("be cut in your words").await;
        self.answer(&grow, reply(json!([{"type": "text", "text": "to be con"}]), StopReason::MaxTokens)).await;
        self.say("talk nonsense").await;
        for _ in 0..3 {
            self.answer(&grow, reply(json!([7]), StopReason::EndTurn)).await;
        }
        self.say("do something bad").await;
        self.answer(&grow, reply(json!([]), StopReason::Refusal { explanation: "no".to_owned() })).await;
        self.say("stop for a reason of your own").await;
        let odd = json!([{"type": "tool_use", "id": "t1", "name": "list_memory", "input": {}}]);
        self.answer(&grow, reply(odd, StopReason::Other("solar_flare".to_owned()))).await;
        self.say("fail").await;
        self.fail(&grow, FailureKind::Broken).await;
        self.fail(&grow, FailureKind::Aborted).await;
        self.fail(&grow, FailureKind::Busy).await;
        self.say("the past is refused").await;
        self.fail(&grow, FailureKind::PastRefused).await;
        self.answer(&grow, says("Now it goes.")).await;
        self.say("stop in good order").await;
        self.input(&grow, Input::Stopping).await;
        self.input(&grow, woken()).await;
        self.answer(&grow, says("Here again.")).await;
        self.say("be killed").await;
        self.input(&grow, woken()).await;
        self.answer(&grow, says("And again.")).await;
        self.say("be stopped by the person").await;
        self.input(&grow, Input::Cancel { tree: true }).await;
    }

    /// Sub-agents and their sub-agents: started, sent messages, waited for, stopped, and sent a message by the person.
    async fn a_tree_of_sub_agents(&self) {
        let grow = AgentId::grow();
        self.change_settings(|settings| settings.system = "two");
        self.say("send two helpers").await;
        self.answer(
            &grow,
            calls(&[
                ("spawn_sub_agent", json!({"name": "scout", "task": "look around"})),
                ("spawn_sub_agent", json!({"name": "lead", "task": "send a helper of your own"})),
            ]),
        )
        .await;
        let created = self.deliver().await;
        let [scout, lead] = &created[..] else { panic!("two sub-agents, not {created:?}") };
        self.answer(lead, calls(&[("spawn_sub_agent", json!({"name": "digger", "task": "dig"}))])).await;
        let digger = self.deliver().await.remove(0);
        self.answer(
            &grow,
            calls(&[
                ("message_sub_agent", json!({"id": scout.as_str(), "text": "look twice"})),
                ("wait_for_sub_agents", json!({})),
            ]),
        )
        .await;
        self.deliver().await;
        self.answer(scout, says("I looked.")).await;
        self.answer(scout, says("I looked twice.")).await;
        self.deliver().await;
        self.say("stop the lead").await;
        self.answer(&grow, calls(&[("cancel_sub_agent", json!({"id": lead.as_str()}))])).await;
        self.deliver().await;
        self.deliver().await;
        self.answer(&grow, calls(&[("wait_for_sub_agents", json!({"ids": [lead.as_str()]}))])).await;
        self.answer(&grow, says("Both are done.")).await;
        self.input(&grow, Input::Tell { agent: scout.clone(), id: self.message(), text: "the person speaks".to_owned() }).await;
        self.deliver().await;
        self.answer(scout, says("Yes?")).await;
        self.deliver().await;
        assert!(!self.is_at_work(&digger).await && !self.is_at_work(lead).await);
        self.save_snapshot(scout).await;
    }

    async fn is_at_work(&self, agent: &AgentId) -> bool {
        self.ports.store.agent(agent).await.unwrap().unwrap().status.is_at_work()
    }

    async fn a_model_without_a_price(&self) {
        let grow = AgentId::grow();
        self.change_settings(|settings| settings.priced = false);
        self.say("for nothing").await;
        self.answer(&grow, Reply { cost: None, ..says("free of charge") }).await;
        self.change_settings(|settings| settings.priced = true);
        self.say("with a price, and no bill").await;
        self.answer(&grow, Reply { cost: None, ..says("unknown") }).await;
    }

    /// A limit, and a request with shortened texts because the budget does not cover the full ones.
    async fn a_budget_that_is_too_small(&self) {
        let grow = AgentId::grow();
        self.change_settings(|settings| settings.limits.per_message = Money(3_000_000));
        self.say(&"long words ".repeat(4_000)).await;
        self.say("shorter").await;
        self.stop_at_limit().await;
        self.answer(&grow, says("I read its beginning and end.")).await;
        self.change_settings(|settings| {
            settings.limits = Limits { calls: 1, per_month: Some(Money::usd(100)), ..Limits::default() }
        });
        self.say("one call").await;
        self.answer(&grow, calls(&[("list_memory", json!({}))])).await;
        let open = self.open_tools(&grow).await;
        self.finish(&grow, &open[0], ToolResult::ok("a.md (1 bytes)")).await;
        self.stop_at_limit().await;
        self.change_settings(|settings| settings.limits = Limits::default());
    }

    async fn stop_at_limit(&self) {
        let open = self.ports.store.open_asks().await.unwrap();
        let AskView { agent, ask, .. } = open.into_iter().find(|view| view.ask.kind == AskKind::Budget).unwrap();
        let answer = Some(Answer { option: Some("stop".to_owned()), ..Answer::default() });
        self.input(&agent, Input::Answer { ask: ask.id, answer }).await;
        self.input(&agent, Input::Continue).await;
    }

    /// A kill during calls of every kind; a result of several blocks.
    async fn calls_that_are_interrupted(&self) {
        let grow = AgentId::grow();
        self.say("act").await;
        self.answer(&grow, calls(&[("look_up", json!({})), ("unknown", json!({})), ("look_up", json!({}))])).await;
        let open = self.open_tools(&grow).await;
        self.input(&grow, woken()).await;
        let nothing = Input::LookedUp { effect: open[0].clone(), found: LookedUp::NothingHappened };
        self.input(&grow, nothing).await;
        let picture = ContentBlock::Image { media_type: "image/png".to_owned(), data: "iVBORw0KGgo=".to_owned() };
        let link = ContentBlock::Link { uri: "https://example.org/a".to_owned(), title: "A page".to_owned() };
        let text = ContentBlock::Text { text: "acted".to_owned() };
        let result = ToolResult { content: ToolContent(vec![text, picture, link]), is_error: false };
        self.finish(&grow, &open[0], result).await;
        let happened = Input::LookedUp { effect: open[2].clone(), found: LookedUp::Happened(ToolResult::ok("acted before")) };
        self.input(&grow, happened).await;
        self.answer(&grow, says("I acted.")).await;
    }

    /// Four charges: one settled with its cost, one settled without a known cost, one without a price, one that stays open.
    async fn charges(&self) {
        let grow = AgentId::grow();
        for (charge, reservation) in [("c1", Some(500)), ("c2", Some(700)), ("c3", None), ("c4", Some(900))] {
            let (charge, purpose) = (EffectId::new(charge), "a web search".to_owned());
            let most = ChargeBounds { money: reservation.map(Money), ..ChargeBounds::default() };
            self.input(&grow, Input::Reserve { charge, purpose, most }).await;
        }
        for (charge, cost) in [("c1", Some(300)), ("c2", None), ("c3", None)] {
            self.input(&grow, Input::Settle { charge: EffectId::new(charge), cost: cost.map(Money), usage: None }).await;
        }
    }

    /// Questions and permissions: answered, answered for always, dismissed, settled by a rule, by a deadline, and withdrawn.
    async fn asks_and_rules(&self) {
        let grow = AgentId::grow();
        self.say("ask me").await;
        let question = json!({"question": "Which one?", "options": ["red", "blue"]});
        let later = json!({"question": "When?", "default": "now", "deadline_minutes": 0});
        self.answer(&grow, calls(&[("ask_user", question), ("ask_user", later)])).await;
        self.answer(&grow, says("I will see.")).await;
        let open = self.open_asks().await;
        let red = Answer { option: Some("1".to_owned()), ..Answer::default() };
        self.input(&grow, Input::Answer { ask: open[0].clone(), answer: Some(red) }).await;
        self.input(&grow, Input::Deadline).await;
        self.input(&grow, Input::Continue).await;
        let guarded = || ("guarded", json!({}));
        self.answer(&grow, calls(&[guarded()])).await;
        let always = Answer { option: Some("allow".to_owned()), scope: AskScope::Always, ..Answer::default() };
        self.settle(Some(always)).await;
        let open = self.open_tools(&grow).await;
        self.finish(&grow, &open[0], ToolResult::ok("acted")).await;
        self.answer(&grow, calls(&[guarded()])).await;
        self.settle(None).await;
        self.answer(&grow, calls(&[guarded()])).await;
        self.change_settings(|settings| settings.rule = "allow guarded");
        self.input(&grow, Input::RulesChanged).await;
        self.input(&grow, Input::Cancel { tree: true }).await;
        self.change_settings(|settings| settings.rule = "ask guarded");
        self.say("once more").await;
        self.answer(&grow, calls(&[guarded()])).await;
        self.input(&grow, Input::Cancel { tree: true }).await;
    }

    /// A limit that is raised, a turn that is told to finish, and messages that are changed or taken back before they are read.
    async fn limits_and_queued_messages(&self) {
        let grow = AgentId::grow();
        self.change_settings(|settings| settings.limits.calls = 1);
        self.say("more than one call").await;
        self.answer(&grow, calls(&[("list_memory", json!({}))])).await;
        let open = self.open_tools(&grow).await;
        self.finish(&grow, &open[0], ToolResult::ok("a.md (1 bytes)")).await;
        self.settle(Some(Answer { option: Some("raise".to_owned()), ..Answer::default() })).await;
        self.change_settings(|settings| settings.limits = Limits::default());
        self.say("and buy milk").await;
        self.say("no, do not").await;
        let last = self.ports.store.agent(&grow).await.unwrap().unwrap().seq;
        let (milk, no) = (Seq(last.0 - 1), last);
        self.input(&grow, Input::EditMessage { message: milk, text: "and buy bread".to_owned() }).await;
        self.input(&grow, Input::WithdrawMessage { message: no }).await;
        self.input(&grow, Input::Finish { tree: true }).await;
        self.answer(&grow, calls(&[("list_memory", json!({}))])).await;
        self.answer(&grow, says("That is all.")).await;
    }

    /// A conflict that the agent merges, one that the person merges, and one that is settled before it is answered.
    async fn conflicts(&self) {
        let grow = AgentId::grow();
        self.say("hello").await;
        self.answer(&grow, says("Hello.")).await;
        for option in ["merge", "by_hand"] {
            self.input(&grow, Input::MemoryConflicts { open: vec![conflict(option)] }).await;
            self.settle(Some(Answer { option: Some(option.to_owned()), ..Answer::default() })).await;
        }
        self.answer(&grow, says("Both are one page now.")).await;
        self.input(&grow, Input::MemoryConflicts { open: vec![conflict("late")] }).await;
        self.input(&grow, Input::MemoryConflicts { open: Vec::new() }).await;
    }

    /// An ask, and an answer on which the agent has not acted.
    async fn a_conflict_that_is_left_open(&self) {
        let grow = AgentId::grow();
        self.input(&grow, Input::MemoryConflicts { open: vec![conflict("open"), conflict("answered")] }).await;
        let asks = self.ports.store.open_asks().await.unwrap();
        let is_answered = |view: &&AskView| view.ask.text.contains("answered.md");
        let ask = asks.iter().find(is_answered).unwrap().ask.id.clone();
        let merge = Answer { option: Some("merge".to_owned()), text: Some("mine first".to_owned()), ..Answer::default() };
        self.input(&grow, Input::Answer { ask, answer: Some(merge) }).await;
    }

    /// A change that is edited and approved after a first try has failed, and one that is rejected with a remark.
    async fn reviews(&self) {
        let grow = AgentId::grow();
        self.change_settings(|settings| settings.rule = "hold commit_memory");
        self.held_change("a").await;
        self.settle(Some(Answer { option: Some("approve".to_owned()), ..Answer::default() })).await;
        let problem = ReviewProblem { text: "it has changed".to_owned(), base: Some("cc".repeat(20)) };
        self.settle_review(Err(problem)).await;
        let edited = Some(EditedPage { text: "both".to_owned(), base: Some("cc".repeat(20)) });
        self.settle(Some(Answer { option: Some("approve".to_owned()), edited, ..Answer::default() })).await;
        let ask = self.review().await;
        self.input(&grow, Input::ReviewPrepared { ask, plan: held_plan("b") }).await;
        self.settle_review(Ok(Some("b".repeat(40)))).await;
        self.held_change("c").await;
        let remark = Some("shorter".to_owned());
        self.settle(Some(Answer { option: Some("reject".to_owned()), text: remark, ..Answer::default() })).await;
        self.settle_review(Ok(None)).await;
        self.answer(&grow, says("I see.")).await;
    }

    /// A change that waits, and one whose approval is not carried out yet.
    async fn reviews_that_are_left_open(&self) {
        self.held_change("d").await;
        self.settle(Some(Answer { option: Some("approve".to_owned()), ..Answer::default() })).await;
        self.held_change("e").await;
    }

    async fn decisions_in_gitea(&self) {
        self.change_settings(|settings| settings.rule = "hold commit_memory");
        for (commit, edited) in [("a", None), ("b", Some("another text"))] {
            self.held_change(commit).await;
            self.decide_in_gitea(merged_as(commit, edited)).await;
            self.settle_review(Ok(Some(commit.repeat(40)))).await;
        }
        for comment in [None, Some("shorter")] {
            self.held_change("c").await;
            let comment = comment.map(|text| GiteaComment { user: "ada".to_owned(), text: text.to_owned() });
            self.decide_in_gitea(DecidedInGitea::Closed { comment }).await;
            self.settle_review(Ok(None)).await;
        }
        self.answer(&AgentId::grow(), says("I see.")).await;
    }

    /// A merge that is not carried out yet.
    async fn a_decision_in_gitea_that_is_left_open(&self) {
        self.held_change("d").await;
        self.decide_in_gitea(merged_as("d", None)).await;
    }

    async fn decide_in_gitea(&self, decided: DecidedInGitea) {
        let [ask] = self.open_asks().await.try_into().expect("one change waits");
        self.input(&AgentId::grow(), Input::DecidedInGitea { ask, decided }).await;
    }

    async fn held_change(&self, commit: &str) {
        let grow = AgentId::grow();
        self.say("note it").await;
        let change = json!({"path": "a.md", "content": commit, "message": "Note it"});
        self.answer(&grow, calls(&[("commit_memory", change)])).await;
        let effect = self.open_tools(&grow).await.remove(0);
        self.input(&grow, Input::Intended { effect: effect.clone(), plan: held_plan(commit) }).await;
        self.finish(&grow, &effect, ToolResult::ok("held")).await;
        self.answer(&grow, says("Proposed.")).await;
    }

    /// The ask of the decision that is to be carried out.
    async fn review(&self) -> AskId {
        let open = self.open(&AgentId::grow()).await;
        let ask = open.into_iter().find_map(|intent| match intent {
            Intent::SettleReview { ask, .. } => Some(ask),
            _ => None,
        });
        ask.expect("a decision is to be carried out")
    }

    async fn settle_review(&self, settled: Result<Option<String>, ReviewProblem>) {
        let ask = self.review().await;
        let settled = settled.map(|commit| Settled { commit, proposed: None });
        self.input(&AgentId::grow(), Input::ReviewSettled { ask, settled }).await;
    }

    async fn open_asks(&self) -> Vec<AskId> {
        self.ports.store.open_asks().await.unwrap().into_iter().map(|view| view.ask.id).collect()
    }

    /// Settles the only open ask, and lets the agent go on.
    async fn settle(&self, answer: Option<Answer>) {
        let open = self.ports.store.open_asks().await.unwrap();
        assert_eq!(open.len(), 1);
        let (agent, ask) = (open[0].agent.clone(), open[0].ask.id.clone());
        self.input(&agent, Input::Answer { ask, answer }).await;
        self.input(&agent, Input::Continue).await;
    }

    /// Starts a sub-agent that needs the workbench.
    async fn worker(&self, task: &str) -> AgentId {
        self.say(task).await;
        let input = json!({"name": "worker", "task": task, "needs": ["files", "shell"]});
        self.answer(&AgentId::grow(), calls(&[("spawn_sub_agent", input)])).await;
        self.answer(&AgentId::grow(), says("It is at work.")).await;
        self.deliver().await.remove(0)
    }

    async fn news(&self, agent: &AgentId, news: SessionNews) {
        let open = self.open(agent).await;
        let effect = open.into_iter().find_map(|intent| match intent {
            Intent::AdvanceSession { effect, .. } | Intent::AbortSession { effect, .. } => Some(effect),
            _ => None,
        });
        self.input(agent, Input::SessionNews { effect: effect.expect("a session is at work"), news }).await;
    }

    async fn session_ends(&self, agent: &AgentId, words: &str, outcome: SessionOutcome) {
        let files = vec![ChangedFile { path: "src/a.rs".to_owned(), added: 7, removed: 2 }];
        self.news(agent, SessionNews::Ended(SessionEnd { words: words.to_owned(), files, outcome })).await;
    }

    async fn deliver_replies(&self, agent: &AgentId) {
        for intent in self.open(agent).await {
            if let Intent::ReplySession { effect, request, .. } = intent {
                self.input(agent, Input::SessionReplied { effect, request, was_gone: false }).await;
            }
        }
    }

    /// Steps, permissions that the person and a rule decide, a question, a message meanwhile, and an interruption.
    async fn a_session_with_requests(&self) -> AgentId {
        let worker = self.worker("build it").await;
        self.news(&worker, SessionNews::Started { session: SessionId::new("ses_1") }).await;
        self.news(&worker, SessionNews::Progressed { steps: vec!["read src/a.rs".to_owned()] }).await;
        self.change_settings(|settings| settings.rule = "allow workbench_webfetch host=docs.rs");
        let page = Permission { what: "webfetch".to_owned(), url: Some("https://docs.rs/a".to_owned()), ..Permission::default() };
        self.news(&worker, SessionNews::Asked(vec![bash("per_1"), permission("per_2", page)])).await;
        self.settle(Some(Answer { option: Some("allow".to_owned()), scope: AskScope::Agent, ..Answer::default() })).await;
        self.deliver_replies(&worker).await;
        let edit = Permission {
            what: "edit".to_owned(),
            path: Some("src/a.rs".to_owned()),
            diff: Some("+fn a() {}\n".to_owned()),
            ..Permission::default()
        };
        self.news(&worker, SessionNews::Asked(vec![permission("per_3", edit)])).await;
        let no = Answer { option: Some("deny".to_owned()), text: Some("not that file".to_owned()), ..Answer::default() };
        self.settle(Some(no)).await;
        self.news(&worker, SessionNews::Withdrawn(RequestId::new("per_3"))).await;
        self.news(&worker, SessionNews::Asked(vec![question("que_1")])).await;
        self.settle(Some(Answer { option: Some("2".to_owned()), ..Answer::default() })).await;
        self.deliver_replies(&worker).await;
        self.news(&worker, SessionNews::Asked(vec![bash("per_4")])).await;
        self.news(&worker, SessionNews::Withdrawn(RequestId::new("per_4"))).await;
        self.input(&AgentId::grow(), Input::Tell { agent: worker.clone(), id: self.message(), text: "and test it".to_owned() })
            .await;
        self.deliver().await;
        self.session_ends(&worker, "It is built.", SessionOutcome::Done).await;
        self.session_ends(&worker, "", SessionOutcome::Interrupted { in_doubt: Vec::new() }).await;
        self.session_ends(&worker, "It is tested.", SessionOutcome::Done).await;
        self.deliver().await;
        worker
    }

    /// Model calls of a session, one of them over its allowance; a raise; what may have happened.
    async fn a_session_at_its_limit(&self, worker: &AgentId) {
        let tell = Input::Tell { agent: worker.clone(), id: self.message(), text: "more".to_owned() };
        self.input(&AgentId::grow(), tell).await;
        self.deliver().await;
        for (charge, reservation) in [("c1", Money(500)), ("c2", Money::usd(900))] {
            let (charge, purpose) = (EffectId::new(charge), "golden-1".to_owned());
            let early = Some(CostBound { at_once: Money(100), per_second: Money(10) });
            let most = ChargeBounds { money: Some(reservation), tokens: None, early };
            self.input(worker, Input::Reserve { charge: charge.clone(), purpose, most }).await;
            let usage = Some(Usage { input_tokens: 900, output_tokens: 30, cache_read_tokens: 50, ..Usage::default() });
            self.input(worker, Input::Settle { charge, cost: Some(Money(300)), usage }).await;
        }
        self.session_ends(worker, "Half.", SessionOutcome::Failed { reason: "402".to_owned(), retryable: false }).await;
        self.settle(Some(Answer { option: Some("raise".to_owned()), ..Answer::default() })).await;
        let in_doubt = vec!["bash: git push".to_owned()];
        self.session_ends(worker, "", SessionOutcome::Interrupted { in_doubt }).await;
        self.deliver().await;
    }

    async fn a_sub_agent_without_a_workbench(&self) {
        self.change_settings(|settings| settings.workbench = Workbench::Unavailable("Docker is not running".to_owned()));
        let model = self.worker("build it without").await;
        self.answer(&model, says("I cannot.")).await;
        self.deliver().await;
        self.answer(&AgentId::grow(), says("It cannot.")).await;
        self.change_settings(|settings| settings.workbench = Workbench::Available);
    }

    async fn sessions_that_are_left_open(&self) {
        let workers = [self.worker("ask").await, self.worker("reply").await, self.worker("stop").await];
        for (worker, session) in workers.iter().zip(["ses_2", "ses_3", "ses_4"]) {
            self.news(worker, SessionNews::Started { session: SessionId::new(session) }).await;
        }
        self.news(&workers[1], SessionNews::Asked(vec![bash("per_5")])).await;
        self.settle(Some(Answer { option: Some("allow".to_owned()), ..Answer::default() })).await;
        self.news(&workers[0], SessionNews::Asked(vec![bash("per_6")])).await;
        self.input(&workers[2], Input::Cancel { tree: true }).await;
    }

    /// A kill with open work: a recorded change, a running read, a sub-agent at work, and undelivered mail.
    async fn work_that_is_left_open(&self) {
        let grow = AgentId::grow();
        self.say("begin a lot").await;
        self.answer(
            &grow,
            calls(&[
                ("spawn_sub_agent", json!({"name": "late", "task": "work on"})),
                ("commit_memory", json!({"path": "open.md", "content": "x", "message": "open"})),
                ("read_memory", json!({"path": "open.md"})),
                ("wait_for_sub_agents", json!({})),
            ]),
        )
        .await;
        let open = self.open_tools(&grow).await;
        self.input(&grow, Input::Intended { effect: open[0].clone(), plan: plan("open.md", None) }).await;
        let late = self.deliver().await.remove(0);
        self.answer(&late, calls(&[("spawn_sub_agent", json!({"name": "unborn", "task": "wait for the post"}))])).await;
    }
}

fn permission(id: &str, permission: Permission) -> SessionRequest {
    SessionRequest { id: RequestId::new(id), session: SessionId::new("ses_1"), wanted: Wanted::Permission(permission) }
}

fn bash(id: &str) -> SessionRequest {
    let command = "cargo test".to_owned();
    let always = vec!["cargo *".to_owned()];
    let patterns = vec![command.clone()];
    permission(id, Permission { what: "bash".to_owned(), patterns, always, command: Some(command), ..Permission::default() })
}

fn question(id: &str) -> SessionRequest {
    let question = SessionQuestion { text: "Which one?".to_owned(), options: vec!["red".to_owned(), "blue".to_owned()] };
    SessionRequest { id: RequestId::new(id), session: SessionId::new("ses_1"), wanted: Wanted::Answers(vec![question]) }
}

fn conflict(name: &str) -> MemoryConflict {
    let page = ConflictPage { path: format!("{name}.md"), copy: format!("{name} (from the server).md") };
    MemoryConflict { merge: format!("commit-{name}"), pages: vec![page] }
}

fn plan(path: &str, base: Option<&str>) -> CommitPlan {
    CommitPlan {
        path: path.to_owned(),
        base_head: base.map(str::to_owned),
        old_blob: base.map(str::to_owned),
        new_blob: Some("bbbb".to_owned()),
        commit: format!("cccc{}", base.unwrap_or_default()),
        merged: base.is_some(),
    }
}

fn reply(content: Value, stop: StopReason) -> Reply {
    let usage = Usage { input_tokens: 900, output_tokens: 30, cache_read_tokens: 50, ..Usage::default() };
    let (request_id, cost) = (Some("req_0".to_owned()), Some(Money(12_345)));
    Reply { content: RawJson::of(&content), stop, usage, model: "golden-1".to_owned(), request_id, cost }
}

fn merged_as(commit: &str, edited: Option<&str>) -> DecidedInGitea {
    DecidedInGitea::Merged { commit: commit.repeat(40), edited: edited.map(str::to_owned) }
}

fn held_plan(commit: &str) -> CommitPlan {
    let (old_blob, new_blob) = (Some("aa".repeat(20)), Some("bb".repeat(20)));
    CommitPlan { path: "a.md".to_owned(), base_head: None, old_blob, new_blob, commit: commit.repeat(40), merged: false }
}

fn says(text: &str) -> Reply {
    reply(json!([{"type": "text", "text": text}]), StopReason::EndTurn)
}

fn calls(calls: &[(&str, Value)]) -> Reply {
    let call = |(n, (name, input)): (usize, &(&str, Value))| json!({"type": "tool_use", "id": format!("t{n}"), "name": name, "input": input});
    reply(calls.iter().enumerate().map(call).collect(), StopReason::ToolUse)
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

struct CountingRandom(AtomicI64);

impl Random for CountingRandom {
    fn bits(&self) -> u128 {
        self.0.fetch_add(1, Ordering::Relaxed) as u128
    }
}

struct Settings {
    system: &'static str,
    priced: bool,
    limits: Limits,
    /// The last line of the rules.
    rule: &'static str,
    workbench: Workbench,
    /// What the model reads besides text.
    reads: Vec<AttachmentKind>,
    /// The service of the model searches the web.
    searches: bool,
}

struct StorySetups {
    settings: Mutex<Settings>,
    tools: Arc<dyn Tools>,
}

impl Setups for StorySetups {
    fn setup(&self, _depth: u32) -> (Setup, Arc<Segment>) {
        let settings = self.settings.lock().unwrap();
        let model = if settings.priced { "golden-1" } else { "golden-free" };
        let segment = Segment {
            web_search: settings.searches,
            address: None,
            provider: "golden".to_owned(),
            model: model.to_owned(),
            effort: None,
            system: settings.system.to_owned(),
            tools: self.tools.offered().iter().map(|offered| offered.tool.clone()).collect(),
        };
        let card = ModelCard {
            id: model.to_owned(),
            name: "Golden".to_owned(),
            context_tokens: 200_000,
            max_output_tokens: 8_000,
            prices: settings.priced.then(prices),
            effort: None,
            reads: settings.reads.clone(),
        };
        let line = |text: &str| RuleLine { rule: text.parse().unwrap(), origin: RuleOrigin::Person };
        let rules = Rules::new(["allow look_up", "allow unknown", settings.rule].map(line));
        let setup = Setup::of(&segment, card, &self.tools.offered(), settings.limits).with_rules(Arc::new(rules), true);
        let setup = setup.with_workbench(settings.workbench.clone());
        (setup, Arc::new(segment))
    }

    fn model(&self, _segment: &Segment) -> Option<Arc<dyn Model>> {
        Some(Arc::new(NoModel))
    }
}

/// Everything that is open was interrupted.
fn woken() -> Input {
    Input::Woken { started: Timestamp(i64::MAX), process: 0 }
}

/// Per million tokens: 1 USD for input, 5 USD for output.
fn prices() -> Prices {
    let mut prices = Prices::free();
    (prices.0[0].input, prices.0[0].write_5m, prices.0[0].output) = (100_000_000, 125_000_000, 500_000_000);
    prices
}

/// No model call is performed while the story is written.
struct NoModel;

#[async_trait]
impl Model for NoModel {
    fn provider(&self) -> &'static str {
        "golden"
    }

    fn card(&self, _model: &str) -> ModelCard {
        unreachable!("the story's own setup has the card")
    }

    async fn call(&self, _request: &ModelRequest, _on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        unreachable!("no host runs")
    }
}

/// Offers one tool of each kind that must not simply be repeated.
struct TestExecutor;

#[async_trait]
impl Executor for TestExecutor {
    fn id(&self) -> ExecutorId {
        ExecutorId::new("acting")
    }

    fn tools(&self) -> Vec<OfferedTool> {
        let tool = |name: &str| Tool {
            name: name.to_owned(),
            description: "Acts.".to_owned(),
            input_schema: RawJson::of(&json!({"type": "object", "properties": {}})),
        };
        let offer = |(name, repeat)| OfferedTool { tool: tool(name), executor: self.id(), repeat, argument: None, hash: None };
        [("look_up", Repeat::LookUp), ("unknown", Repeat::Unknown), ("guarded", Repeat::Safe)].map(offer).into()
    }

    async fn perform(&self, _call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        unreachable!("no host runs")
    }
}

struct NoMemory;

impl Memory for NoMemory {
    fn read(&self, _path: &str) -> Result<Page, MemoryError> {
        unreachable!("no host runs")
    }

    fn list(&self, _prefix: &str) -> Result<Vec<PageInfo>, MemoryError> {
        unreachable!("no host runs")
    }

    fn search(&self, _query: &str, _limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
        unreachable!("no host runs")
    }

    fn prepare(&self, _change: &Change) -> Result<CommitPlan, MemoryError> {
        unreachable!("no host runs")
    }

    fn commit(&self, _plan: &CommitPlan) -> Result<(), MemoryError> {
        unreachable!("no host runs")
    }

    fn hold(&self, _plan: &CommitPlan) -> Result<(), MemoryError> {
        unreachable!("no host runs")
    }

    fn proposal(&self, _held: &CommitPlan) -> Result<Proposal, MemoryError> {
        unreachable!("no host runs")
    }

    fn commit_of(&self, _effect: &EffectId, _path: &str) -> Result<Option<String>, MemoryError> {
        unreachable!("no host runs")
    }

    fn by_agents(&self, _folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        Ok(BTreeMap::new())
    }

    fn release(&self, _held: &CommitPlan) -> Result<(), MemoryError> {
        unreachable!("no host runs")
    }

    fn tidy(&self) -> Result<(), MemoryError> {
        unreachable!("no host runs")
    }
}
