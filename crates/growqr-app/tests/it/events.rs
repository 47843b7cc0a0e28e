//! The events of the journal and those of `growqr-wire` have the same kinds and the same fields.

use growqr_core::ask::{Answer, Ask, AskDetail, AskKind, AskOption, AskOutcome, AskReason, AskScope, EditedPage, SettledBy};
use growqr_core::attachment::{Attachment, AttachmentKind, Pixels};
use growqr_core::clock::Timestamp;
use growqr_core::event::{
    AgentCreated, AskRaised, AskSettled, CancelRequested, ChargeRefused, ChargeReserved, ChargeSettled, ChildCancelled,
    ChildRequested, ChildTold, CommitIntended, CostBound, Counted, Ended, Event, FinishRequested, FreshRequested, FreshStarted,
    JournalNamed, MailReceived, MessageEdited, MessageWithdrawn, ModelAnswered, ModelFailed, ModelRequested, Nudge, ReviewClosed,
    ReviewIntended, SaidAgain, ScheduledWorkStarted, SegmentStarted, SessionDecided, SessionEnded, SessionIntended,
    SessionProgressed, SessionReplied, SessionStarted, ToolFinished, ToolInterrupted, ToolResumed, ToolStarted, TurnEnded,
    TurnEnding, TurnPaused, TurnStarted, UserSaid, Verdict,
};
use growqr_core::id::{
    AgentId, AskId, CallId, ContentHash, EffectId, EffectSalt, ExecutorId, JournalName, MessageId, Position, ProfileId,
    RequestId, ScheduleId, SegmentHash, Seq, SessionId,
};
use growqr_core::limits::{LimitReached, Limits, Raise, Shortfall};
use growqr_core::mail::{ChangeDecided, Ending, Mail, MailBody, Report, SpawnRequest};
use growqr_core::memory::{CommitPlan, ConflictPage};
use growqr_core::model::{Failure, FailureKind, ModelCard, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::Effort;
use growqr_core::quota::Quota;
use growqr_core::raw::RawJson;
use growqr_core::schedule::DueWork;
use growqr_core::tool::{CatalogueEntry, ContentBlock, Repeat, ToolContent};
use growqr_core::workbench::{ChangedFile, Mind, Permission, SessionOutcome, SessionReply, SessionTokens};
use growqr_store::{Db, DbConfig};
use growqr_wire as wire;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Reads stored JSON as an interface does, and compares the result with the stored JSON.
fn assert_one(kind: &str, stored: &[u8]) {
    let text = std::str::from_utf8(stored).unwrap();
    let known = wire::Kind::of(kind).unwrap_or_else(|| panic!("{kind} is not a kind of growqr-wire"));
    let event = wire::Event::read(known, text).unwrap_or_else(|error| panic!("{kind}: {error} in {text}"));
    assert_eq!(event.kind(), known);
    let data: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&event).unwrap(), json!({"kind": kind, "data": data}));
}

#[test]
fn the_socket_and_the_journal_have_the_same_kinds_of_events() {
    let shown: Vec<&str> = wire::Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(shown, Event::KINDS);
}

#[tokio::test]
async fn every_event_that_any_build_recorded_is_read_and_written_back_unchanged() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../growqr-actors/tests/golden");
    for folder in std::fs::read_dir(golden).unwrap() {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("journal.db");
        std::fs::copy(folder.unwrap().path().join("journal.db"), &path).unwrap();
        let db = Db::open(&DbConfig::Sqlite { path }).await.unwrap();
        let store = db.profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap();
        let lines = store.events(Position(0), None, u32::MAX).await.unwrap();
        assert!(!lines.is_empty());
        lines.iter().for_each(|line| assert_one(&line.kind, &line.body));
        drop(store);
        db.close().await;
    }
}

#[test]
fn every_event_that_this_build_records_is_read_and_written_back_unchanged() {
    let events = all();
    let kinds: BTreeSet<&str> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds, Event::KINDS.iter().copied().collect::<BTreeSet<_>>(), "the list below has every kind");
    events.iter().for_each(|event| assert_one(event.kind(), &event.encode()));
}

#[test]
fn limits_and_failures_have_the_names_of_the_domain() {
    for reached in wire::event::LimitReached::ALL {
        let text = serde_json::to_string(reached).unwrap();
        assert_eq!(serde_json::to_string(&serde_json::from_str::<LimitReached>(&text).unwrap()).unwrap(), text);
    }
    for kind in wire::event::FailureKind::ALL {
        let text = serde_json::to_string(kind).unwrap();
        assert_eq!(serde_json::to_string(&serde_json::from_str::<FailureKind>(&text).unwrap()).unwrap(), text);
    }
}

fn text() -> String {
    "text".to_owned()
}

fn effect() -> EffectId {
    EffectId::new("e")
}

fn mail(body: MailBody) -> Mail {
    Mail { id: effect(), from: AgentId::grow(), to: AgentId::new("a-e"), body }
}

fn spawn_request() -> SpawnRequest {
    SpawnRequest {
        name: text(),
        task: text(),
        allowance: Money(7),
        depth: 1,
        quota: Some(quota()),
        untrusted: vec![text()],
        mind: Mind::Model,
        why: None,
        schedule: None,
    }
}

fn work(by_agent: Option<AgentId>) -> DueWork {
    DueWork { schedule: ScheduleId::new("s-1"), due: Timestamp(7), name: text(), task: text(), budget: Money(1), by_agent }
}

fn scheduled() -> SpawnRequest {
    SpawnRequest { schedule: Some(ScheduleId::new("s-1")), ..spawn_request() }
}

fn quota() -> Quota {
    Quota { tokens: 1, calls: 2, children: 3, at_once: 4 }
}

fn failure(kind: FailureKind) -> Failure {
    Failure { kind, message: text(), request_id: Some(text()) }
}

fn all() -> Vec<Event> {
    [created_and_named(), messages(), models(), tools(), sub_agents(), charges(), sessions(), asks(), endings()].concat()
}

fn created_and_named() -> Vec<Event> {
    vec![
        AgentCreated { birth: None, parent: None, mail: None }.into(),
        AgentCreated { birth: Some(spawn_request()), parent: Some(AgentId::grow()), mail: Some(effect()) }.into(),
        JournalNamed { name: JournalName::random(7) }.into(),
    ]
}

fn decided(approved: bool, extra: Option<String>) -> MailBody {
    MailBody::ChangeDecided(Box::new(ChangeDecided {
        ask: AskId::new("ask-1"),
        agent: AgentId::new("a-1"),
        name: text(),
        path: text(),
        approved,
        edited: approved,
        is_in_memory: approved,
        remark: extra.clone(),
        remark_by: extra.clone(),
        proposed: extra.clone(),
        untrusted: extra.into_iter().collect(),
    }))
}

fn messages() -> Vec<Event> {
    let say = |limit, by_person, quota| {
        let untrusted = if by_person { Vec::new() } else { vec![text()] };
        MailBody::Say { text: text(), allowance: Money(1), limit, number: 2, by_person, quota, untrusted }
    };
    let report = |ending, quota: Option<Quota>| {
        let raised = if quota.is_some() { Money(1) } else { Money::ZERO };
        let (spent, returned) = (Money(1), Money(2));
        MailBody::Report(Report {
            name: text(),
            ending,
            text: text(),
            spent,
            returned,
            up_to: 3,
            raised,
            excess: raised,
            quota,
            untrusted: Vec::new(),
            schedule: None,
        })
    };
    let bodies = [
        MailBody::Spawn(spawn_request()),
        say(None, true, None),
        say(Some(LimitReached::Allowance), false, Some(quota())),
        MailBody::Cancel,
        MailBody::Finish,
        MailBody::AskRaised { ask: AskId::new("ask-1"), kind: AskKind::Review, text: text(), untrusted: vec![text()] },
        MailBody::AskSettled { ask: AskId::new("ask-1") },
        decided(true, None),
        decided(false, Some(text())),
        report(Ending::Done, Some(quota())),
        report(Ending::Failed, None),
        report(Ending::Cancelled, None),
        report(Ending::Limit, None),
    ];
    let received =
        bodies.map(|body| MailReceived { forwarded: vec![mail(body.clone())], mail: mail(body), counts_with_work: true }.into());
    let said = [false, true].map(|at_limit| {
        let attachments = if at_limit { attachments() } else { Vec::new() };
        UserSaid { id: MessageId::new("m"), text: text(), at_limit, attachments }.into()
    });
    received.into_iter().chain(said).collect()
}

fn attachments() -> Vec<Attachment> {
    let file = |kind, pixels, pages| {
        let hash = ContentHash::new("ab");
        Attachment { hash, name: text(), kind, media_type: text(), bytes: 9, pixels, pages }
    };
    vec![
        file(AttachmentKind::Text, None, None),
        file(AttachmentKind::Image, Some(Pixels { width: 3, height: 2 }), None),
        file(AttachmentKind::Pdf, None, Some(7)),
    ]
}

fn models() -> Vec<Event> {
    let efforts = [None, Some(Effort::Low), Some(Effort::Medium), Some(Effort::High), Some(Effort::Xhigh), Some(Effort::Max)];
    let segment = |effort| {
        let (prices, reads) = (Some(Prices::free()), AttachmentKind::ALL.to_vec());
        let card = ModelCard { id: text(), name: text(), context_tokens: 1, max_output_tokens: 2, prices, effort, reads };
        let entry = |repeat| CatalogueEntry { name: text(), executor: ExecutorId::memory(), repeat };
        let tools = [Repeat::Safe, Repeat::LookUp, Repeat::Unknown].map(entry).to_vec();
        let segment = SegmentHash::new("s");
        SegmentStarted {
            segment,
            provider: text(),
            card,
            bytes: 1,
            carried: Some(text()),
            picture: Some(text()),
            tools: Some(tools),
        }
        .into()
    };
    let requested = |shortened: bool| {
        let (reservation, salt) = (Some(Money(9)), Some(EffectSalt::random(1)));
        let content = Some(RawJson::parse(r#"[{"type":"text","text":"t"}]"#).unwrap());
        ModelRequested {
            attempt: 1,
            request_hash: text(),
            max_tokens: 1,
            reservation,
            tokens: shortened.then_some(7),
            shortened,
            holds_messages: shortened,
            content,
            salt,
        }
        .into()
    };
    let failed = |kind, counted| {
        let unknown = (counted != Counted::Nothing).then_some(Money(3));
        ModelFailed { failure: failure(kind), bound: None, counted: Some(counted), model: Some(text()), unknown }.into()
    };
    let limits = Limits { per_month: Some(Money(1)), ..Limits::default() };
    let mut events = vec![
        TurnStarted { turn: 1, limits }.into(),
        requested(false),
        requested(true),
        failed(FailureKind::Key, Counted::Nothing),
        failed(FailureKind::Broken, Counted::Reservation),
        failed(FailureKind::Aborted, Counted::AtMost(Money(3))),
    ];
    events.extend(efforts.map(segment));
    events.extend(answers());
    events
}

fn answers() -> Vec<Event> {
    let content = r#"[{"type":"thinking","thinking":"hm","signature":"x"},{"type":"later","a":1}]"#;
    let answered = |stop, verdict| {
        let reply = Reply {
            content: RawJson::parse(content).unwrap(),
            stop,
            usage: Usage { input_tokens: 1, is_estimate: true, ..Usage::default() },
            model: text(),
            request_id: None,
            cost: None,
        };
        ModelAnswered { reply, verdict: Some(verdict), unknown: Some(Money(1)), untrusted: vec!["web".to_owned()] }.into()
    };
    vec![
        answered(StopReason::EndTurn, Verdict::Kept { left_out: vec![], calls: 0 }),
        answered(StopReason::ToolUse, Verdict::Kept { left_out: vec![1], calls: 2 }),
        answered(StopReason::MaxTokens, Verdict::Void { nudge: Some(Nudge::Shorter) }),
        answered(StopReason::StopSequence, Verdict::Void { nudge: Some(Nudge::Empty) }),
        answered(StopReason::PauseTurn, Verdict::Void { nudge: None }),
        answered(StopReason::ContextFull, Verdict::Void { nudge: None }),
        answered(StopReason::Refusal { explanation: text() }, Verdict::Void { nudge: None }),
        answered(StopReason::Other(text()), Verdict::Void { nudge: None }),
    ]
}

fn plan() -> CommitPlan {
    let some = || Some(text());
    CommitPlan { path: text(), base_head: some(), old_blob: some(), new_blob: some(), commit: text(), merged: true }
}

fn tools() -> Vec<Event> {
    let started = |repeat, waits_for: Option<Vec<AgentId>>| {
        ToolStarted {
            call: CallId::new("c"),
            name: text(),
            input: RawJson::parse(r#"{"a":1.0}"#).unwrap(),
            effect: effect(),
            executor: Some(ExecutorId::journal()),
            repeat: Some(repeat),
            rule: waits_for.is_some().then(text),
            ask: (repeat == Repeat::Unknown).then(|| AskId::new("ask-1")),
            held: (repeat == Repeat::LookUp).then(text),
            definition: (repeat == Repeat::Unknown).then(text),
            waits_for,
        }
        .into()
    };
    let blocks = vec![
        ContentBlock::Text { text: text() },
        ContentBlock::Image { media_type: "image/png".to_owned(), data: text() },
        ContentBlock::Link { uri: text(), title: String::new() },
    ];
    let finished = |content: ToolContent| {
        let source = (!content.is_empty()).then(text);
        ToolFinished { effect: effect(), content, is_error: true, source }.into()
    };
    vec![
        started(Repeat::Safe, None),
        started(Repeat::LookUp, Some(vec![AgentId::new("a-e")])),
        started(Repeat::Unknown, None),
        ToolInterrupted { effect: effect() }.into(),
        ToolResumed { effect: effect() }.into(),
        CommitIntended { effect: effect(), plan: plan() }.into(),
        finished(ToolContent::text("found")),
        finished(ToolContent(blocks)),
        finished(ToolContent(vec![])),
    ]
}

fn sub_agents() -> Vec<Event> {
    vec![
        ChildRequested { effect: effect(), mail: mail(MailBody::Spawn(spawn_request())) }.into(),
        ScheduledWorkStarted { schedule: ScheduleId::new("s-1"), due: Timestamp(7), mail: mail(MailBody::Spawn(scheduled())) }
            .into(),
        ChildTold { mail: mail(MailBody::Cancel), message: Some(MessageId::new("m")), counts_with_work: false }.into(),
        ChildTold { mail: mail(MailBody::Cancel), message: Some(MessageId::new("m")), counts_with_work: true }.into(),
        ChildCancelled { mail: mail(MailBody::Cancel) }.into(),
        CancelRequested { by_person: true }.into(),
    ]
}

fn charges() -> Vec<Event> {
    let cost = |cost: Option<Money>| {
        let unknown = cost.is_none().then_some(Money(2));
        let usage = cost.map(|_| Usage { input_tokens: 1, output_tokens: 2, ..Usage::default() });
        ChargeSettled { charge: effect(), cost, purpose: Some(text()), unknown, usage }.into()
    };
    let reserved = |reservation: Option<Money>| {
        let tokens = reservation.is_none().then_some(3);
        let bound = reservation.map(|at_once| CostBound { at_once, per_second: Money(1) });
        ChargeReserved { charge: effect(), purpose: text(), reservation, tokens, bound }.into()
    };
    vec![reserved(None), reserved(Some(Money(2))), cost(None), cost(Some(Money(1)))]
}

fn sessions() -> Vec<Event> {
    let intended = |resumes| SessionIntended {
        effect: effect(),
        title: text(),
        message: MessageId::new("msg_1"),
        prompt: "text".into(),
        salt: EffectSalt::new("s"),
        resumes,
    };
    let decided = |reply, argument: Option<String>| SessionDecided {
        effect: effect(),
        request: RequestId::new("per_1"),
        session: SessionId::new("ses_1"),
        what: text(),
        rule: argument.clone(),
        argument,
        reply,
    };
    let replied = |was_gone, source| SessionReplied { effect: effect(), request: RequestId::new("per_1"), was_gone, source };
    let ended = |outcome| SessionEnded {
        effect: effect(),
        words: text(),
        files: vec![ChangedFile { path: text(), added: 1, removed: 2 }],
        more_files: 3,
        tokens: SessionTokens { input: 1, cached: 2, output: 3 },
        outcome,
        source: text(),
    };
    let refused = |reservation: Option<Money>| {
        let (tokens, limit) = (reservation.is_none().then_some(4), LimitReached::Allowance);
        ChargeRefused { charge: effect(), purpose: text(), reservation, tokens, limit }
    };
    let mut events: Vec<Event> = vec![
        intended(true).into(),
        intended(false).into(),
        SessionStarted { effect: effect(), session: SessionId::new("ses_1") }.into(),
        SessionProgressed { effect: effect(), steps: vec![text()] }.into(),
        decided(SessionReply::Once, Some(text())).into(),
        decided(SessionReply::Always, None).into(),
        decided(SessionReply::Reject { message: text() }, None).into(),
        decided(SessionReply::Answer { text: text() }, None).into(),
        replied(true, None).into(),
        replied(false, Some(text())).into(),
        refused(None).into(),
        refused(Some(Money(2))).into(),
        SessionEnded { files: Vec::new(), more_files: 0, ..ended(SessionOutcome::Done) }.into(),
    ];
    let outcomes = [
        SessionOutcome::Done,
        SessionOutcome::Failed { reason: text(), retryable: true },
        SessionOutcome::Limit,
        SessionOutcome::Aborted,
        SessionOutcome::Interrupted { in_doubt: Vec::new() },
        SessionOutcome::Interrupted { in_doubt: vec![text()] },
        SessionOutcome::Abandoned { reason: text() },
    ];
    events.extend(outcomes.map(|outcome| ended(outcome).into()));
    events
}

fn asks() -> Vec<Event> {
    let option = AskOption { id: text(), label: text() };
    let ask = |kind, detail| Ask {
        id: AskId::new("ask-1"),
        kind,
        text: text(),
        detail,
        options: vec![option.clone()],
        scopes: vec![AskScope::Once, AskScope::Agent, AskScope::Always],
        deadline: Some(Timestamp(7)),
        default: Some(Answer { text: Some(text()), ..Answer::default() }),
    };
    let call = |why, rule: Option<String>| {
        let (argument, cut) = (rule.clone(), rule.as_ref().map_or(0, |_| 7));
        Some(AskDetail::Call { effect: effect(), tool: text(), argument, input: text(), cut, why, rule })
    };
    let shortfall = Some(Shortfall { needed: Money(2), available: Money(1) });
    let raise = Raise { money: Money(1), calls: 2, tree: quota() };
    let limit = |shortfall, finish| Some(AskDetail::Limit { limit: LimitReached::TreeTokens, shortfall, raise, finish });
    let bare = Ask { options: Vec::new(), scopes: Vec::new(), deadline: None, default: None, ..ask(AskKind::Question, None) };
    let session = |permission: Option<Permission>, why| {
        let (request, session) = (RequestId::new("per_1"), SessionId::new("ses_1"));
        let rule = permission.as_ref().filter(|permission| !permission.always.is_empty()).map(|_| text());
        let (cut, permission) = (permission.as_ref().map_or(0, |_| 7), permission.map(Box::new));
        Some(AskDetail::Session { effect: effect(), request, session, permission, cut, why, rule })
    };
    let permission = Permission {
        what: text(),
        patterns: vec![text()],
        always: vec![text()],
        command: Some(text()),
        path: Some(text()),
        url: Some(text()),
        diff: Some(text()),
    };
    let conflict = |more| {
        let page = ConflictPage { path: text(), copy: text() };
        Some(AskDetail::Conflict { merge: text(), pages: vec![page], more })
    };
    let review = |base: Option<String>, problem: Option<String>| {
        let (message, rule) = (text(), text());
        let (edited, remark, untrusted) = (base.clone(), base.clone(), base.iter().cloned().collect());
        Some(AskDetail::Review {
            effect: effect(),
            turn: 3,
            held: Box::new(plan()),
            message,
            rule,
            untrusted,
            base,
            problem,
            edited,
            remark,
        })
    };
    let raised = [
        ask(AskKind::Permission, session(Some(permission), Some(AskReason::Rule(text())))),
        ask(AskKind::Permission, session(Some(Permission { what: text(), ..Permission::default() }), None)),
        ask(AskKind::Question, session(None, None)),
        bare,
        ask(AskKind::Conflict, conflict(0)),
        ask(AskKind::Conflict, conflict(7)),
        ask(AskKind::Schedule, Some(AskDetail::Work(Box::new(work(None))))),
        ask(AskKind::Schedule, Some(AskDetail::Work(Box::new(work(Some(AgentId::grow())))))),
        ask(AskKind::Review, review(None, None)),
        ask(AskKind::Review, review(Some(text()), Some(text()))),
        ask(AskKind::Permission, call(AskReason::Rule(text()), Some(text()))),
        ask(AskKind::Permission, call(AskReason::Untrusted(vec![text()]), None)),
        ask(AskKind::Permission, call(AskReason::Repeated(3), None)),
        ask(AskKind::Budget, limit(shortfall, raise)),
        ask(AskKind::Budget, limit(None, Raise::default())),
    ];
    let raised = raised.map(|ask| AskRaised { ask: Box::new(ask), notices: vec![mail(MailBody::Finish)] }.into());
    let edited = Some(EditedPage { text: text(), base: Some(text()) });
    let answer = Answer { option: Some(text()), text: Some(text()), scope: AskScope::Always, amount: Some(Money(1)), edited };
    let outcomes = [
        AskOutcome::Allowed,
        AskOutcome::Refused,
        AskOutcome::Raised(raise),
        AskOutcome::Finishing(Raise::default()),
        AskOutcome::Stopped,
        AskOutcome::Approved,
        AskOutcome::Rejected,
    ];
    let settled = outcomes.into_iter().zip(SettledBy::ALL.into_iter().cycle()).map(|(outcome, by)| {
        let (ask, answer, rule, merged) = (AskId::new("ask-1"), Some(answer.clone()), Some(text()), Some(text()));
        let (outcome, notices) = (Some(outcome), vec![mail(MailBody::Finish)]);
        AskSettled { ask, by, answer, outcome, rule, merged, commented_by: Some(text()), notices, counts_with_work: true }.into()
    });
    let none = AskSettled {
        ask: AskId::new("ask-1"),
        by: SettledBy::Person,
        answer: Some(Answer::default()),
        rule: None,
        outcome: None,
        merged: None,
        commented_by: None,
        notices: Vec::new(),
        counts_with_work: false,
    };
    let mut events: Vec<Event> = raised.into_iter().chain(settled).collect();
    events.push(none.into());
    let ask = AskId::new("ask-1");
    events.push(ReviewIntended { ask: ask.clone(), plan: plan() }.into());
    let closed = ReviewClosed {
        ask,
        commit: Some(text()),
        problem: None,
        proposed: Some(text()),
        notices: Vec::new(),
        counts_with_work: true,
    };
    let (problem, notices) = (Some(text()), vec![mail(MailBody::Finish)]);
    let failed = ReviewClosed { commit: None, problem, proposed: None, notices, counts_with_work: false, ..closed.clone() };
    events.extend([closed.into(), failed.into()]);
    events.push(FinishRequested { by_person: true, mail: vec![mail(MailBody::Finish)] }.into());
    events.push(FinishRequested { by_person: false, mail: Vec::new() }.into());
    events.push(TurnPaused { limit: LimitReached::TreeCalls }.into());
    events.push(FreshRequested { id: MessageId::new("f") }.into());
    events.push(FreshStarted {}.into());
    for past in [None, Some(text())] {
        let attachments = if past.is_some() { attachments() } else { Vec::new() };
        events.push(SaidAgain { id: MessageId::new("m"), message: Seq(3), text: text(), past, attachments }.into());
    }
    for raised in [Raise::default(), raise] {
        events.push(MessageWithdrawn { message: Seq(3), raised }.into());
    }
    events.push(MessageEdited { message: Seq(3), text: text() }.into());
    events
}

fn endings() -> Vec<Event> {
    let mut ways = vec![Ended::Done, Ended::Cancelled, Ended::Cut, Ended::Refused(text()), Ended::Silent, Ended::Unknown(text())];
    ways.extend(
        [
            LimitReached::PerMessage,
            LimitReached::PerDay,
            LimitReached::PerMonth,
            LimitReached::Allowance,
            LimitReached::Calls,
            LimitReached::TreeTokens,
            LimitReached::TreeCalls,
        ]
        .map(Ended::Limit),
    );
    ways.extend(FAILURES.map(|kind| Ended::Failed(failure(kind))));
    let shortfall = Some(Shortfall { needed: Money(2), available: Money(1) });
    let ended = |ended| TurnEnded { turn: 1, ended, reports: vec![mail(MailBody::Cancel)], shortfall }.into();
    let ending = TurnEnding { ended: Ended::Cancelled }.into();
    ways.into_iter().map(ended).chain([ending]).collect()
}

const FAILURES: [FailureKind; 13] = [
    FailureKind::Key,
    FailureKind::NoCredit,
    FailureKind::Rejected,
    FailureKind::TooLarge,
    FailureKind::PromptTooLong,
    FailureKind::PastRefused,
    FailureKind::UnknownModel,
    FailureKind::Busy,
    FailureKind::Unavailable,
    FailureKind::Offline,
    FailureKind::Broken,
    FailureKind::Aborted,
    FailureKind::Interrupted,
];
