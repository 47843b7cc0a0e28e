//! Sub-agents whose mind is a session of the workbench.

use super::world::{World, calls, rules, usd_cents};
use crate::agent::{ChargeBounds, ChargeState, Input, Intent, State};
use crate::ask::{Answer, Ask, AskDetail, AskKind, AskScope, SettledBy};
use crate::event::{CostBound, Ended, Event, SessionIntended};
use crate::id::{AgentId, EffectId, RequestId, SessionId, charge_id};
use crate::journal::{SessionStatus, SpendingView, Status, View};
use crate::limits::LimitReached;
use crate::mail::{Ending, Mail, MailBody, Report, SpawnRequest};
use crate::model::Usage;
use crate::money::Money;
use crate::workbench::{
    ChangedFile, Mind, Permission, SessionEnd, SessionJob, SessionNews, SessionOutcome, SessionQuestion, SessionReply,
    SessionRequest, SessionTokens, Wanted, Workbench,
};
use serde_json::json;

fn mail(id: &str, body: MailBody) -> Input {
    Input::Mail(Mail { id: EffectId::new(id), from: AgentId::grow(), to: AgentId::new("a-1"), body })
}

/// A sub-agent with an allowance of 40 cents, whose session is intended.
pub(super) fn worker() -> World {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    world.setup.rules = rules(&[]);
    let birth = SpawnRequest {
        name: "worker".into(),
        task: "build it".into(),
        allowance: usd_cents(40),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Session,
        why: Some("needs files".into()),
        schedule: None,
    };
    world.input(mail("spawn", MailBody::Spawn(birth)));
    world
}

/// The same, with a session that exists.
pub(super) fn started() -> World {
    let mut world = worker();
    assert_eq!(world.news(SessionNews::Started { session: SessionId::new("ses_1") }), ["session_started"]);
    world
}

/// A session with a question, a reply and a refused call.
pub(super) fn at_every_field() -> World {
    let mut world = started();
    world.setup.rules = rules(&["deny workbench_bash command=rm*"]);
    world.news(SessionNews::Asked(vec![bash("per_1", "cargo test"), bash("per_2", "rm x")]));
    world.reserve("c1", Some(Money::usd(5)));
    world
}

fn say(number: u64, allowance: Money, by_person: bool) -> MailBody {
    MailBody::Say { text: "and test it".into(), allowance, limit: None, number, by_person, quota: None, untrusted: Vec::new() }
}

pub(super) fn end(words: &str, outcome: SessionOutcome) -> SessionNews {
    let files = vec![ChangedFile { path: "a.rs".into(), added: 3, removed: 1 }];
    SessionNews::Ended(SessionEnd { words: words.into(), files, outcome })
}

pub(super) fn bash(id: &str, command: &str) -> SessionRequest {
    let permission = Permission {
        what: "bash".into(),
        patterns: vec![command.into()],
        always: vec!["cargo *".into()],
        command: Some(command.into()),
        ..Permission::default()
    };
    request(id, permission)
}

pub(super) fn request(id: &str, permission: Permission) -> SessionRequest {
    SessionRequest { id: RequestId::new(id), session: SessionId::new("ses_1"), wanted: Wanted::Permission(permission) }
}

fn question(id: &str, questions: &[(&str, &[&str])]) -> SessionRequest {
    let question = |(text, options): &(&str, &[&str])| SessionQuestion {
        text: (*text).to_owned(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    };
    let wanted = Wanted::Answers(questions.iter().map(question).collect());
    SessionRequest { id: RequestId::new(id), session: SessionId::new("ses_1"), wanted }
}

pub(super) fn answer(option: &str, scope: AskScope, text: Option<&str>) -> Option<Answer> {
    Some(Answer { option: Some(option.to_owned()), scope, text: text.map(str::to_owned), ..Answer::default() })
}

impl World {
    /// The effect of the open prompt.
    pub fn prompt_effect(&self) -> Option<EffectId> {
        self.state.open_intents().into_iter().find_map(|intent| match intent {
            Intent::AdvanceSession { effect, .. } | Intent::AbortSession { effect, .. } => Some(effect),
            _ => None,
        })
    }

    pub fn news(&mut self, news: SessionNews) -> Vec<&'static str> {
        let effect = self.prompt_effect().expect("a session is at work");
        self.input(Input::SessionNews { effect, news })
    }

    /// The open prompt, as the workbench gets it.
    fn job(&self) -> SessionJob {
        let job = self.state.open_intents().into_iter().find_map(|intent| match intent {
            Intent::AdvanceSession { job, .. } | Intent::AbortSession { job, .. } => Some(job),
            _ => None,
        });
        job.expect("a session is at work")
    }

    pub fn replies(&self) -> Vec<(RequestId, SessionReply)> {
        let replies = self.state.open_intents().into_iter().filter_map(|intent| match intent {
            Intent::ReplySession { request, reply, .. } => Some((request, reply)),
            _ => None,
        });
        replies.collect()
    }

    pub fn deliver_reply(&mut self, request: &str) -> Vec<&'static str> {
        let effect = self.prompt_effect().expect("a session is at work");
        self.input(Input::SessionReplied { effect, request: RequestId::new(request), was_gone: false })
    }

    fn is_stopping(&self) -> bool {
        matches!(self.state.open_intents()[..], [Intent::AbortSession { .. }])
    }

    pub fn only_ask(&self) -> Ask {
        let mut open = self.state.open_asks();
        let ask = open.next().expect("an ask is open").clone();
        assert!(open.next().is_none(), "one ask is open");
        ask
    }

    pub fn answer_only(&mut self, answer: Option<Answer>) -> Vec<&'static str> {
        let ask = self.only_ask().id;
        let kinds = self.input(Input::Answer { ask, answer });
        if self.state.can_continue() {
            self.input(Input::Continue);
        }
        kinds
    }

    fn prompts(&self) -> Vec<&SessionIntended> {
        let prompts = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::SessionIntended(body) => Some(body),
            _ => None,
        });
        prompts.collect()
    }

    fn report(&self) -> Report {
        let mut reports = self.mail().into_iter().filter_map(|mail| match &mail.body {
            MailBody::Report(report) => Some(report.clone()),
            _ => None,
        });
        reports.next_back().expect("a report")
    }

    fn reserve(&mut self, charge: &str, reservation: Option<Money>) -> ChargeState {
        self.reserve_at_most(charge, ChargeBounds { money: reservation, ..ChargeBounds::default() })
    }

    fn reserve_at_most(&mut self, charge: &str, most: ChargeBounds) -> ChargeState {
        let charge = EffectId::new(charge);
        self.input(Input::Reserve { charge: charge.clone(), purpose: "model-1".into(), most });
        self.state.charge_state(&charge, &self.setup.limits, self.now)
    }

    fn settle_charge(&mut self, charge: &str, cost: Money) {
        self.input(Input::Settle { charge: EffectId::new(charge), cost: Some(cost), usage: None });
    }

    fn settle_call(&mut self, charge: &str, cost: Option<Money>, usage: Usage) {
        self.input(Input::Settle { charge: EffectId::new(charge), cost, usage: Some(usage) });
    }

    fn last_spending(&self) -> SpendingView {
        crate::agent::spending(self.entries.last().expect("an entry")).expect("a spending")
    }
}

/// What the Grow Agent records and reads when it starts a sub-agent with these needs.
fn spawned(needs: serde_json::Value, workbench: Workbench) -> (SpawnRequest, String) {
    let mut world = World::grow();
    world.setup.workbench = workbench;
    world.say("go");
    world.answer(calls(&[("spawn_sub_agent", json!({"name": "w", "task": "t", "needs": needs}))]));
    let request = world.mail().into_iter().find_map(|mail| match &mail.body {
        MailBody::Spawn(request) => Some(request.clone()),
        _ => None,
    });
    (request.expect("a spawn"), world.last_user().0[0].0.clone())
}

#[test]
fn a_need_chooses_the_workbench_and_the_reason_is_recorded() {
    let (request, _) = spawned(json!(["shell", "files", "shell"]), Workbench::Available);
    assert_eq!((request.mind, request.why.as_deref()), (Mind::Session, Some("needs files, a shell")));
    let (request, result) = spawned(json!([]), Workbench::Available);
    assert_eq!((request.mind, request.why.as_deref()), (Mind::Model, Some("needs nothing of the workbench")));
    assert!(!result.contains("workbench"), "{result}");
}

#[test]
fn without_a_workbench_the_sub_agent_is_a_model_and_its_parent_is_told_why() {
    let (request, result) = spawned(json!(["web"]), Workbench::Unavailable("Docker is not running".into()));
    assert_eq!(request.mind, Mind::Model);
    assert_eq!(request.why.as_deref(), Some("needs the web, but there is no workbench: Docker is not running"));
    assert!(result.contains("without the web: the workbench cannot be used (Docker is not running)"), "{result}");
}

#[test]
fn a_need_that_does_not_exist_is_an_error_that_names_the_needs() {
    let mut world = World::grow();
    world.say("go");
    world.answer(calls(&[("spawn_sub_agent", json!({"name": "w", "task": "t", "needs": ["wings"]}))]));
    let (results, _) = world.last_user();
    assert!(results[0].1 && results[0].0.contains("files") && results[0].0.contains("shell"), "{results:?}");
}

#[test]
fn the_tools_of_a_segment_do_not_depend_on_the_workbench() {
    let spawn = crate::agent::tools::offered().remove(0).tool;
    let schema: serde_json::Value = serde_json::from_str(spawn.input_schema.text()).expect("JSON");
    let needs = &schema["properties"]["needs"];
    assert_eq!((&needs["type"], &needs["items"]["enum"]), (&json!("array"), &json!(["files", "shell", "web"])));
    assert_eq!(schema["required"], json!(["name", "task"]));
}

#[test]
fn a_prompt_is_recorded_with_its_ids_before_it_is_sent() {
    let mut world = worker();
    let kinds: Vec<_> = world.entries.iter().map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds, ["agent_created", "journal_named", "turn_started", "session_intended"], "no model is called");
    let job = world.job();
    assert_eq!((job.title.as_str(), &job.session, job.steps), ("a-1", &None, Some(0)));
    assert!(job.prompt.contains("build it") && job.message.as_str().starts_with("msg_"), "{job:?}");
    assert_eq!(world.restart(), [""; 0]);
    assert_eq!(world.job(), job, "after a restart it is the same prompt");
    assert_eq!(world.state.view().status, Status::Working);
    assert_eq!((world.state.view().mind, world.state.view().why.as_deref()), (Mind::Session, Some("needs files")));
}

#[test]
fn the_intent_changes_with_each_news_and_stays_otherwise() {
    let mut world = started();
    let intent = |world: &World| world.state.open_intents();
    let before = intent(&world);
    assert_eq!(world.news(SessionNews::Started { session: SessionId::new("ses_1") }), [""; 0]);
    let effect = EffectId::new("another");
    assert_eq!(world.input(Input::SessionNews { effect, news: end("late", SessionOutcome::Done) }), [""; 0]);
    assert_eq!(intent(&world), before);
    assert_eq!(world.news(SessionNews::Progressed { steps: vec!["wrote a.rs".into()] }), ["session_progressed"]);
    assert_ne!(intent(&world), before);
    assert_eq!((world.job().session, world.job().steps), (Some(SessionId::new("ses_1")), Some(1)));
}

#[test]
fn steps_are_bounded_in_size_and_number() {
    let mut world = started();
    let mut recorded = Vec::new();
    for _ in 0..40 {
        world.news(SessionNews::Progressed { steps: vec!["long\nstep ".repeat(100); 30] });
    }
    for entry in &world.entries {
        if let Event::SessionProgressed(body) = &entry.event {
            assert!(body.steps.len() <= 20);
            recorded.extend(body.steps.iter().cloned());
        }
    }
    assert_eq!(recorded.len(), 300);
    assert!(recorded.iter().all(|step| step.len() <= 300 && !step.contains('\n')));
    assert_eq!(world.job().steps, None, "no more are wanted");
}

#[test]
fn the_words_of_a_session_are_the_report_and_untrusted_text() {
    let mut world = started();
    let kinds = world.news(end("It is built.", SessionOutcome::Done));
    assert_eq!(kinds, ["session_ended", "turn_ended"]);
    let report = world.report();
    assert_eq!(report.ending, Ending::Done);
    assert_eq!(report.text, "It is built.\nFiles changed in its folder of the workbench: a.rs (+3 −1)");
    assert_eq!(report.untrusted, ["workbench"]);
    assert_eq!(report.returned, usd_cents(40));
    let last = world.entries[world.entries.len() - 2].clone();
    let views = crate::agent::views(&world.state, &[last]);
    let text = views.iter().find_map(|view| if let View::Message(message) = view { Some(message.text.as_str()) } else { None });
    assert_eq!(text, Some("It is built."));
    world.check_replay();
}

#[test]
fn the_sessions_view_follows_the_session() {
    let mut world = started();
    let row = |world: &World| {
        let views = crate::agent::views(&world.state, &world.entries);
        views.into_iter().find_map(|view| if let View::Session(row) = view { Some(row) } else { None })
    };
    let open = row(&world).expect("a row");
    assert_eq!((open.session.as_str(), open.title.as_str(), open.status), ("ses_1", "a-1", SessionStatus::Open));
    assert_eq!((open.why.as_deref(), open.ended_at, open.outcome), (Some("needs files"), None, None));
    world.news(end("done", SessionOutcome::Done));
    let ended = row(&world).expect("a row");
    assert_eq!((ended.status, ended.outcome.as_deref()), (SessionStatus::Ended, Some("done")));
    assert_eq!(ended.ended_at, Some(world.now));
    world.input(mail("more", say(2, usd_cents(10), false)));
    assert_eq!(row(&world).expect("a row").status, SessionStatus::Open);
    assert_eq!(row(&worker()), None, "there is no row before the workbench has named the session");
}

#[test]
fn a_message_to_a_session_at_work_is_its_next_prompt() {
    let mut world = started();
    assert_eq!(world.input(mail("m", say(2, usd_cents(10), false))), ["mail_received"]);
    assert!(!world.is_stopping());
    assert_eq!(world.news(end("built", SessionOutcome::Done)), ["session_ended", "session_intended"]);
    let prompts = world.prompts();
    assert!(prompts[1].prompt.contains("and test it") && !prompts[1].prompt.contains("build it"), "{prompts:?}");
    assert_ne!(prompts[0].message, prompts[1].message);
    assert_eq!(world.job().session, Some(SessionId::new("ses_1")), "in the same session");
    world.news(end("tested", SessionOutcome::Done));
    assert_eq!((world.report().up_to, world.report().returned), (2, usd_cents(50)));
}

#[test]
fn a_message_of_the_person_can_be_changed_or_taken_back_before_it_is_sent() {
    let mut world = started();
    world.input(mail("m", say(2, usd_cents(10), true)));
    let first = world.state.seq();
    world.input(mail("n", say(3, usd_cents(10), true)));
    let second = world.state.seq();
    assert_eq!(world.input(Input::EditMessage { message: first, text: "and ship it".into() }), ["message_edited"]);
    assert_eq!(world.input(Input::WithdrawMessage { message: second }), ["message_withdrawn"]);
    world.news(end("built", SessionOutcome::Done));
    assert_eq!(&*world.prompts()[1].prompt, "and ship it");
    assert_eq!(world.input(Input::WithdrawMessage { message: first }), [""; 0], "it was sent");
}

#[test]
fn a_permission_that_no_rule_decides_waits_for_the_person() {
    for (given, reply) in [
        (answer("allow", AskScope::Once, None), SessionReply::Once),
        (answer("allow", AskScope::Agent, None), SessionReply::Once),
        (
            answer("deny", AskScope::Once, Some("use make")),
            SessionReply::Reject {
                message: "The person does not allow this. Do not try it in another way. The person says: use make".into(),
            },
        ),
    ] {
        let mut world = started();
        assert_eq!(world.news(SessionNews::Asked(vec![bash("per_1", "cargo test")])), ["ask_raised"]);
        let ask = world.only_ask();
        assert_eq!((ask.kind, &*ask.scopes), (AskKind::Permission, &[AskScope::Once, AskScope::Agent, AskScope::Always][..]));
        assert_eq!(ask.text, "The sub-agent \"worker\" wants to use bash in the workbench.");
        let Some(AskDetail::Session { permission: Some(permission), cut: 0, .. }) = &ask.detail else { panic!("{ask:?}") };
        assert_eq!(permission.command.as_deref(), Some("cargo test"));
        assert_eq!(world.state.view().asks, 1);
        assert!(matches!(world.mail().last().expect("mail").body, MailBody::AskRaised { .. }), "its parent knows");
        assert_eq!(world.replies(), []);
        assert_eq!(world.job().requests, [RequestId::new("per_1")]);
        assert_eq!(world.restart(), [""; 0], "a restart does not ask again");
        assert_eq!(world.news(SessionNews::Asked(vec![bash("per_1", "cargo test")])), [""; 0]);
        assert_eq!(world.answer_only(given), ["ask_settled"]);
        assert_eq!(world.replies(), [(RequestId::new("per_1"), reply.clone())]);
        assert_eq!(world.restart(), [""; 0]);
        assert_eq!(world.replies(), [(RequestId::new("per_1"), reply)], "a reply that may not have arrived is sent again");
        assert_eq!(world.deliver_reply("per_1"), ["session_replied"]);
        assert_eq!(world.replies(), []);
        assert_eq!(world.deliver_reply("per_1"), [""; 0]);
        world.news(end("done", SessionOutcome::Done));
        world.check_replay();
    }
}

#[test]
fn a_session_uses_no_place_while_all_its_requests_wait_for_the_person() {
    let mut world = started();
    let place = |world: &World| (world.state.uses_a_place(), world.state.status());
    assert_eq!(place(&world), (true, Status::Working));
    world.news(SessionNews::Asked(vec![bash("per_1", "cargo test")]));
    assert_eq!(place(&world), (false, Status::Working), "its status in journals and views stays");
    assert_eq!(world.restart(), [""; 0]);
    assert_eq!(place(&world), (false, Status::Working));
    world.answer_only(answer("allow", AskScope::Once, None));
    assert!(world.state.uses_a_place(), "it gets the reply and goes on");
    world.deliver_reply("per_1");
    world.news(SessionNews::Asked(vec![bash("per_2", "cargo bench")]));
    assert!(!world.state.uses_a_place());
    world.input(Input::Cancel { tree: true });
    assert!(world.state.uses_a_place(), "it is being stopped");
    world.news(end("half", SessionOutcome::Aborted));
    assert!(!world.state.uses_a_place());
}

#[test]
fn a_rule_decides_a_permission_without_a_question() {
    type Check = fn(&SessionReply) -> bool;
    let cases: [(&str, &str, Check); 3] = [
        ("allow workbench_bash command=\"cargo test*\"", "cargo test", |reply| *reply == SessionReply::Once),
        (
            "deny workbench_bash",
            "cargo test",
            |reply| matches!(reply, SessionReply::Reject { message } if message.contains("rule")),
        ),
        // A line that denies also matches a command that cannot be read with certainty.
        ("deny workbench_bash command=rm*", "cargo test; rm -r x", |reply| matches!(reply, SessionReply::Reject { .. })),
    ];
    for (line, command, is_right) in cases {
        let mut world = started();
        world.setup.rules = rules(&[line]);
        assert_eq!(world.news(SessionNews::Asked(vec![bash("per_1", command)])), ["session_decided"], "{line}");
        let replies = world.replies();
        assert!(replies.len() == 1 && is_right(&replies[0].1), "{line}: {replies:?}");
        world.restart();
        assert_eq!(world.replies(), replies);
    }
    let mut world = started();
    world.setup.rules = rules(&["allow workbench_bash command=\"cargo test*\""]);
    assert_eq!(world.news(SessionNews::Asked(vec![bash("per_1", "cargo test; rm -r x")])), ["ask_raised"]);
}

#[test]
fn rules_compare_the_path_of_an_edit_and_the_host_of_a_page() {
    let edit = Permission { what: "edit".into(), path: Some("src/a.rs".into()), ..Permission::default() };
    let page = Permission { what: "webfetch".into(), url: Some("https://Docs.rs/a".into()), ..Permission::default() };
    for (line, permission) in [("allow workbench_edit path=src/*", edit), ("allow workbench_webfetch host=docs.rs", page)] {
        let mut world = started();
        world.setup.rules = rules(&[line]);
        assert_eq!(world.news(SessionNews::Asked(vec![request("per_1", permission)])), ["session_decided"], "{line}");
    }
}

#[test]
fn what_a_session_reads_on_the_web_makes_its_risky_calls_need_a_question() {
    let mut world = started();
    world.setup.rules = rules(&["allow workbench_*"]);
    let page = Permission { what: "webfetch".into(), url: Some("https://docs.rs/a".into()), ..Permission::default() };
    world.news(SessionNews::Asked(vec![request("per_1", page), bash("per_2", "cargo test")]));
    assert_eq!(world.replies().len(), 2, "nothing was read yet");
    world.deliver_reply("per_1");
    world.deliver_reply("per_2");
    assert_eq!(world.news(SessionNews::Asked(vec![bash("per_3", "cargo test")])), ["ask_raised"]);
    assert!(world.only_ask().text.ends_with("after it has read text from workbench."));
    world.check_replay();
}

#[test]
fn a_rule_that_is_added_meanwhile_settles_the_question() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "cargo test")]));
    world.setup.rules = rules(&["allow workbench_bash"]);
    assert_eq!(world.input(Input::RulesChanged), ["ask_settled"]);
    assert_eq!(world.replies(), [(RequestId::new("per_1"), SessionReply::Once)]);
}

#[test]
fn the_answer_to_a_question_goes_to_the_session_and_not_to_the_next_prompt() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![question("que_1", &[("Which?", &["red", "blue", "red", ""])])]));
    let ask = world.only_ask();
    assert_eq!((ask.kind, ask.text.as_str()), (AskKind::Question, "Which?"));
    assert_eq!(ask.options.iter().map(|option| &*option.label).collect::<Vec<_>>(), ["red", "blue"]);
    world.answer_only(answer("2", AskScope::Once, None));
    assert_eq!(world.replies(), [(RequestId::new("que_1"), SessionReply::Answer { text: "blue".into() })]);
    world.deliver_reply("que_1");
    world.news(SessionNews::Asked(vec![question("que_2", &[("One?", &["a"]), ("Two?", &[])])]));
    let ask = world.only_ask();
    assert_eq!((ask.text.as_str(), ask.options.len()), ("1. One? (a)\n2. Two?", 0));
    world.answer_only(None);
    let SessionReply::Answer { text } = &world.replies()[0].1 else { panic!("an answer") };
    assert!(text.contains("decide yourself"), "{text}");
    assert_eq!(world.news(end("done", SessionOutcome::Done)), ["session_ended", "turn_ended"]);
}

#[test]
fn a_request_that_is_gone_needs_no_answer_any_more() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "a"), bash("per_2", "b")]));
    let ask = world
        .state
        .open_asks()
        .find(|ask| matches!(&ask.detail, Some(AskDetail::Session { request, .. }) if request.as_str() == "per_2"));
    let ask = ask.expect("an ask").id.clone();
    world.input(Input::Answer { ask, answer: answer("allow", AskScope::Once, None) });
    assert_eq!(world.news(SessionNews::Withdrawn(RequestId::new("per_2"))), ["session_replied"], "the reply has arrived");
    assert_eq!(world.news(SessionNews::Withdrawn(RequestId::new("per_1"))), ["ask_settled"]);
    assert_eq!((world.job().requests, world.state.open_asks().count()), (vec![], 0));
    assert_eq!(world.news(SessionNews::Asked(vec![bash("per_1", "a")])), ["ask_raised"], "it may come again");
}

#[test]
fn the_questions_of_a_session_end_with_it() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "a")]));
    assert_eq!(world.news(end("done", SessionOutcome::Done)), ["ask_settled", "session_ended", "turn_ended"]);
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "a")]));
    let kinds = world.news(SessionNews::Started { session: SessionId::new("ses_2") });
    assert_eq!(kinds, ["ask_settled", "session_started"], "the requests of a session that is gone are gone with it");
    assert_eq!(world.state.session(), Some(&SessionId::new("ses_2")));
}

#[test]
fn a_cancel_stops_the_session_and_then_ends_the_turn() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "a")]));
    let kinds = world.input(mail("cancel", MailBody::Cancel));
    assert_eq!(kinds, ["mail_received", "cancel_requested", "ask_settled"]);
    assert!(world.is_stopping() && world.state.is_at_work());
    assert_eq!(world.reserve("c", Some(Money(1))), ChargeState::NotAtWork, "it can spend nothing any more");
    assert_eq!(world.restart(), [""; 0]);
    assert!(world.is_stopping(), "also after a restart");
    assert_eq!(world.news(end("half", SessionOutcome::Aborted)), ["session_ended", "turn_ended"]);
    assert_eq!(world.state.last_ended(), Some(&Ended::Cancelled));
    assert!(world.report().text.starts_with("It was stopped.\nIts last text: half"), "{}", world.report().text);
}

#[test]
fn a_session_that_cannot_be_stopped_ends_with_the_words_that_it_may_still_run() {
    let mut world = started();
    world.input(Input::Cancel { tree: true });
    world.news(end("", SessionOutcome::Abandoned { reason: "no route to host".into() }));
    assert_eq!(world.state.last_ended(), Some(&Ended::Cancelled));
    let text = world.report().text;
    assert!(text.contains("(no route to host): it may still be at work there. It can spend nothing any more."), "{text}");
    assert_eq!(world.reserve("c", Some(Money(1))), ChargeState::NotAtWork);
}

#[test]
fn a_message_after_the_cancel_is_the_next_prompt() {
    let mut world = started();
    world.input(mail("cancel", MailBody::Cancel));
    world.input(mail("m", say(2, usd_cents(10), false)));
    assert_eq!(world.news(end("half", SessionOutcome::Aborted)), ["session_ended", "session_intended"]);
    assert!(!world.is_stopping());
    assert!(world.prompts()[1].prompt.contains("and test it"));
}

#[test]
fn a_session_that_is_to_finish_is_stopped_and_reports_what_it_has() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "a")]));
    assert_eq!(world.input(Input::Finish { tree: true }), ["finish_requested", "ask_settled"]);
    assert!(world.is_stopping());
    assert_eq!(world.news(end("half", SessionOutcome::Aborted)), ["session_ended", "turn_ended"]);
    assert_eq!((world.state.last_ended(), world.report().ending), (Some(&Ended::Done), Ending::Done));
    assert!(world.report().text.starts_with("half"));
}

#[test]
fn model_calls_of_a_session_are_charges_of_its_allowance() {
    let mut world = worker();
    assert_eq!(world.reserve("c1", Some(usd_cents(10))), ChargeState::Reserved);
    world.settle_charge("c1", usd_cents(4));
    let spending = world.last_spending();
    assert_eq!((spending.purpose.as_str(), spending.cost), ("model-1", usd_cents(4)), "sums by model name the model");
    world.reserve("c2", Some(usd_cents(20)));
    assert_eq!(world.restart(), ["charge_settled"], "nobody else settles what a stopped program has reserved");
    world.news(end("done", SessionOutcome::Done));
    let report = world.report();
    assert_eq!((report.spent, report.returned), (usd_cents(24), usd_cents(16)));
    assert_eq!(world.reserve("c3", Some(Money(1))), ChargeState::NotAtWork, "between turns nothing is spent");
}

#[test]
fn a_call_over_the_allowance_ends_the_session_at_the_limit() {
    let mut world = started();
    assert_eq!(world.reserve("c1", Some(usd_cents(30))), ChargeState::Reserved);
    let refused = ChargeState::NotOpen(LimitReached::Allowance);
    assert_eq!(world.reserve("c2", Some(usd_cents(20))), ChargeState::NotOpenNow(LimitReached::Allowance));
    assert_eq!(world.state.limit_hit(), None, "some of the first reservation may come back");
    world.settle_charge("c1", usd_cents(25));
    assert_eq!(world.reserve("c2", Some(usd_cents(20))), refused);
    assert_eq!(world.state.limit_hit(), Some(LimitReached::Allowance));
    assert_eq!(world.reserve("c3", Some(Money(1))), refused, "the session comes to its end");
    world.restart();
    assert_eq!(world.state.limit_hit(), Some(LimitReached::Allowance), "also after a restart");
    let kinds = world.news(end("half", SessionOutcome::Failed { reason: "402".into(), retryable: false }));
    assert_eq!(kinds, ["session_ended", "turn_ended"], "its parent has the money, so it reports");
    assert_eq!(world.state.last_ended(), Some(&Ended::Limit(LimitReached::Allowance)));
    let Event::TurnEnded(ended) = &world.entries.last().expect("an entry").event else { panic!("the end") };
    let short = ended.shortfall.expect("the amounts");
    assert_eq!((short.needed, short.available), (usd_cents(20), usd_cents(15)));
    assert_eq!(world.input(mail("m", say(2, usd_cents(30), false))).last(), Some(&"session_intended"), "and goes on with more");
}

#[test]
fn a_session_that_works_for_the_person_pauses_at_a_limit_and_goes_on_after_a_raise() {
    let mut world = started();
    world.news(end("built", SessionOutcome::Done));
    world.input(mail("m", say(2, usd_cents(10), true)));
    world.reserve("c1", Some(usd_cents(20)));
    let kinds = world.news(end("half", SessionOutcome::Limit));
    assert_eq!(kinds, ["session_ended", "turn_paused", "ask_raised"]);
    assert_eq!(world.state.paused_at(), Some(LimitReached::Allowance));
    assert_eq!(world.restart(), [""; 0]);
    assert_eq!(world.answer_only(answer("raise", AskScope::Once, None)), ["ask_settled"]);
    let prompts = world.prompts();
    assert_eq!(&*prompts[prompts.len() - 1].prompt, "(Continue where you stopped.)");
    assert_eq!(world.job().session, Some(SessionId::new("ses_1")), "in the same session");
    assert_eq!(world.reserve("c2", Some(usd_cents(20))), ChargeState::Reserved);
    world.news(end("all", SessionOutcome::Done));
    assert_eq!(world.state.last_ended(), Some(&Ended::Done));
    world.check_replay();
}

#[test]
fn the_answers_stop_and_finish_at_a_limit_end_the_turn() {
    for (option, ended) in [("stop", Ended::Limit(LimitReached::Allowance)), ("finish", Ended::Done)] {
        let mut world = started();
        world.news(end("built", SessionOutcome::Done));
        world.input(mail("m", say(2, usd_cents(10), true)));
        world.news(end("half", SessionOutcome::Limit));
        world.answer_only(answer(option, AskScope::Once, None));
        assert_eq!(world.state.last_ended(), Some(&ended));
        assert_eq!(
            world.report().text.lines().next(),
            Some(if option == "stop" { "It reached a limit: its allowance." } else { "half" })
        );
    }
}

#[test]
fn a_message_that_brings_no_money_does_not_start_the_session() {
    let mut world = started();
    world.news(end("built", SessionOutcome::Done));
    let kinds = world.input(mail("m", say(2, Money::ZERO, false)));
    assert_eq!(kinds, ["mail_received", "turn_started", "turn_ended"]);
    assert_eq!(world.state.last_ended(), Some(&Ended::Limit(LimitReached::Allowance)));
}

#[test]
fn model_calls_without_a_price_are_held_by_the_quota_of_the_tree() {
    let mut world = started();
    world.setup.limits.unpriced = Some(crate::limits::Unpriced { tokens: 1_000, calls: 2 });
    world.news(end("built", SessionOutcome::Done));
    world.input(mail("m", say(2, usd_cents(10), true)));
    for charge in ["c1", "c2"] {
        assert_eq!(world.reserve(charge, None), ChargeState::Reserved);
        world.settle_charge(charge, Money::ZERO);
    }
    assert_eq!(world.reserve("c3", None), ChargeState::NotOpen(LimitReached::TreeCalls));
    world.news(end("half", SessionOutcome::Failed { reason: "402".into(), retryable: false }));
    assert_eq!(world.state.paused_at(), Some(LimitReached::TreeCalls));
    world.answer_only(answer("raise", AskScope::Once, None));
    assert_eq!(world.reserve("c4", None), ChargeState::Reserved);
}

#[test]
fn the_tokens_of_calls_without_a_price_are_reserved_and_counted_one_by_one() {
    let mut world = started();
    world.setup.limits.unpriced = Some(crate::limits::Unpriced { tokens: 1_000, calls: 9 });
    world.news(end("built", SessionOutcome::Done));
    world.input(mail("m", say(2, usd_cents(10), true)));
    let left = |world: &World| world.state.spendable(&world.setup.limits, world.now).tokens;
    let tokens = |tokens| ChargeBounds { tokens: Some(tokens), ..ChargeBounds::default() };
    assert_eq!(world.reserve_at_most("c1", tokens(600)), ChargeState::Reserved);
    assert_eq!(left(&world), 400);
    assert_eq!(world.reserve_at_most("c2", tokens(500)), ChargeState::NotOpenNow(LimitReached::Allowance));
    world.settle_call("c1", None, usage(300));
    assert_eq!((left(&world), world.state.quota_left().tokens), (610, 610), "what was counted, not what was reserved");
    assert_eq!(world.reserve_at_most("c3", tokens(200)), ChargeState::Reserved);
    world.input(Input::Settle { charge: EffectId::new("c3"), cost: None, usage: None });
    assert_eq!(left(&world), 410, "without a count, all that was reserved");
    assert_eq!(world.reserve_at_most("c4", tokens(411)), ChargeState::NotOpen(LimitReached::TreeTokens));
    world.news(end("half", SessionOutcome::Failed { reason: "403".into(), retryable: false }));
    assert_eq!(world.state.paused_at(), Some(LimitReached::TreeTokens));
    world.check_replay();
}

fn usage(input: u64) -> Usage {
    Usage { input_tokens: input, cache_read_tokens: 50, output_tokens: 40, ..Usage::default() }
}

#[test]
fn the_tokens_of_a_prompt_are_those_of_its_calls_and_each_is_in_the_spendings() {
    let mut world = started();
    let ended = |world: &World| {
        let ends = world.entries.iter().rev().filter_map(|entry| match &entry.event {
            Event::SessionEnded(body) => Some(body.tokens),
            _ => None,
        });
        ends.take(1).collect::<Vec<_>>()
    };
    for (charge, input) in [("c1", 100), ("c2", 200)] {
        world.reserve(charge, Some(usd_cents(1)));
        world.settle_call(charge, Some(Money(7)), usage(input));
        let spending = world.last_spending();
        assert_eq!((spending.input_tokens, spending.cached_tokens, spending.output_tokens), (input + 50, 50, 40));
    }
    world.news(end("built", SessionOutcome::Done));
    assert_eq!(ended(&world), [SessionTokens { input: 400, cached: 100, output: 80 }]);
    world.input(mail("m", say(2, usd_cents(10), true)));
    world.reserve("c3", Some(usd_cents(1)));
    world.settle_call("c3", Some(Money(7)), usage(1));
    world.news(end("more", SessionOutcome::Done));
    assert_eq!(ended(&world), [SessionTokens { input: 51, cached: 50, output: 40 }], "not those of the earlier prompt");
}

#[test]
fn a_call_of_a_program_that_was_killed_may_have_cost_what_the_elapsed_time_allows() {
    let (at_once, per_second) = (usd_cents(3), usd_cents(1));
    let early = Some(CostBound { at_once, per_second });
    for (seconds, counted) in [(2, 6), (60, 20)] {
        let mut world = started();
        world.reserve_at_most("c1", ChargeBounds { money: Some(usd_cents(20)), tokens: None, early });
        world.now.0 += seconds * 1_000;
        assert_eq!(world.restart(), ["charge_settled"]);
        let view = world.state.view();
        assert_eq!((view.unknown, view.reserved), (usd_cents(counted), Money::ZERO), "after {seconds} s");
        assert_eq!(world.last_spending().unknown, usd_cents(counted), "it may have been spent");
        assert_eq!(world.state.view().allowance, Some(usd_cents(40 - counted)), "the rest can be used again");
        world.check_replay();
    }
}

#[test]
fn a_call_that_seems_to_be_of_the_future_counts_with_its_reservation_at_the_next_start() {
    let mut world = started();
    let early = Some(CostBound { at_once: usd_cents(1), per_second: Money::ZERO });
    world.reserve_at_most("c1", ChargeBounds { money: Some(usd_cents(20)), tokens: None, early });
    world.now.0 -= 60_000;
    assert_eq!(world.restart(), ["charge_settled"], "the clock was set back");
    assert_eq!((world.state.view().unknown, world.state.view().reserved), (usd_cents(20), Money::ZERO));
    world.news(end("done", SessionOutcome::Done));
    assert_eq!(world.report().spent, usd_cents(20));
}

#[test]
fn a_call_of_this_program_stays_open_when_its_agent_is_loaded_again_whatever_the_clock_says() {
    let (own, earlier) = (charge_id(7, 1, 0), charge_id(6, 1, 0));
    for shift in [1_000, -60_000] {
        let mut world = started();
        let started = world.now;
        world.now.0 += shift;
        world.reserve(own.as_str(), Some(usd_cents(20)));
        assert_eq!(world.input(Input::Woken { started, process: 7 }), [""; 0]);
        world.settle_charge(own.as_str(), usd_cents(2));
        assert_eq!(world.state.view().spent, usd_cents(2));
        world.reserve(earlier.as_str(), Some(usd_cents(10)));
        assert_eq!(world.input(Input::Woken { started, process: 7 }), ["charge_settled"]);
    }
}

#[test]
fn an_interrupted_session_goes_on_once_if_nothing_is_in_doubt() {
    let interrupted = || end("half", SessionOutcome::Interrupted { in_doubt: Vec::new() });
    let mut world = started();
    assert_eq!(world.news(interrupted()), ["session_ended", "session_intended"]);
    assert!(world.prompts()[1].prompt.starts_with("(The workbench stopped while you worked"));
    assert_eq!(world.news(interrupted()), ["session_ended", "turn_ended"]);
    assert!(world.report().text.starts_with("Its session failed: the workbench stopped again"), "{}", world.report().text);
    assert_eq!(world.input(mail("m", say(2, usd_cents(30), false))).last(), Some(&"session_intended"));
    assert_eq!(world.news(interrupted()), ["session_ended", "session_intended"], "once for each turn");
}

#[test]
fn what_may_have_happened_is_reported_and_never_repeated() {
    let mut world = started();
    let in_doubt = vec!["bash: git push".to_owned()];
    assert_eq!(world.news(end("", SessionOutcome::Interrupted { in_doubt })), ["session_ended", "turn_ended"]);
    let report = world.report();
    assert_eq!(report.ending, Ending::Failed);
    assert!(report.text.contains("may have happened, in part or whole") && report.text.contains("git push"), "{}", report.text);
}

#[test]
fn a_failed_session_reports_its_reason() {
    for (outcome, text) in [
        (SessionOutcome::Failed { reason: "no such model".into(), retryable: false }, "Its session failed: no such model"),
        (SessionOutcome::Aborted, "Its session stopped: the session was stopped in the workbench, not by GrowQR."),
    ] {
        let mut world = started();
        world.news(end("", outcome));
        assert!(world.report().text.starts_with(text), "{}", world.report().text);
    }
}

#[test]
fn long_texts_of_a_session_are_cut() {
    let mut world = started();
    let edit = Permission { what: "edit".into(), diff: Some("+ä\n".repeat(5_000)), ..Permission::default() };
    world.news(SessionNews::Asked(vec![request("per_1", edit)]));
    let Some(AskDetail::Session { permission: Some(shown), cut, .. }) = world.only_ask().detail else { panic!("a permission") };
    let diff = shown.diff.expect("a diff");
    assert!(diff.len() <= 4_000 && diff.len() as u64 + cut == 20_000);
    world.news(end(&"ä".repeat(200_000), SessionOutcome::Done));
    let words = world.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::SessionEnded(body) => Some(body.words.as_str()),
        _ => None,
    });
    assert!(words.expect("words").ends_with("[cut: 200000 more bytes]"));
}

#[test]
fn a_withdrawn_ask_of_a_session_is_settled_by_nobody_else() {
    let mut world = started();
    world.news(SessionNews::Asked(vec![bash("per_1", "a")]));
    let ask = world.only_ask().id;
    world.news(SessionNews::Withdrawn(RequestId::new("per_1")));
    let settled = world.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::AskSettled(body) => Some(body.by),
        _ => None,
    });
    assert_eq!(settled, Some(SettledBy::Withdrawn));
    assert_eq!(world.input(Input::Answer { ask, answer: answer("allow", AskScope::Once, None) }), [""; 0]);
}
