//! The events of the journal and those of `growqr-wire` have the same kinds and the same fields.

use growqr_core::clock::Timestamp;
use growqr_core::event::{
    AgentCreated, CancelRequested, ChargeReserved, ChargeSettled, ChildCancelled, ChildRequested, ChildTold, CommitIntended,
    Counted, Ended, Event, JournalNamed, MailReceived, ModelAnswered, ModelFailed, ModelRequested, Nudge, SegmentStarted,
    ToolFinished, ToolInterrupted, ToolResumed, ToolStarted, TurnEnded, TurnEnding, TurnStarted, UserSaid, Verdict,
};
use growqr_core::id::{
    AgentId, CallId, EffectId, EffectSalt, ExecutorId, JournalName, MessageId, Position, ProfileId, SegmentHash,
};
use growqr_core::limits::{LimitReached, Limits, Shortfall};
use growqr_core::mail::{Ending, Mail, MailBody, Report, SpawnRequest};
use growqr_core::memory::CommitPlan;
use growqr_core::model::{Failure, FailureKind, ModelCard, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::Effort;
use growqr_core::raw::RawJson;
use growqr_core::tool::{CatalogueEntry, ContentBlock, Repeat, ToolContent};
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
    SpawnRequest { name: text(), task: text(), allowance: Money(7), depth: 1 }
}

fn failure(kind: FailureKind) -> Failure {
    Failure { kind, message: text(), request_id: Some(text()) }
}

fn all() -> Vec<Event> {
    [created_and_named(), messages(), models(), tools(), sub_agents(), charges(), endings()].concat()
}

fn created_and_named() -> Vec<Event> {
    vec![
        AgentCreated { birth: None, parent: None, mail: None }.into(),
        AgentCreated { birth: Some(spawn_request()), parent: Some(AgentId::grow()), mail: Some(effect()) }.into(),
        JournalNamed { name: JournalName::random(7) }.into(),
    ]
}

fn messages() -> Vec<Event> {
    let say = |limit, by_person| MailBody::Say { text: text(), allowance: Money(1), limit, number: 2, by_person };
    let report =
        |ending| MailBody::Report(Report { name: text(), ending, text: text(), spent: Money(1), returned: Money(2), up_to: 3 });
    let bodies = [
        MailBody::Spawn(spawn_request()),
        say(None, true),
        say(Some(LimitReached::Allowance), false),
        MailBody::Cancel,
        report(Ending::Done),
        report(Ending::Failed),
        report(Ending::Cancelled),
        report(Ending::Limit),
    ];
    let received = bodies.map(|body| MailReceived { mail: mail(body) }.into());
    let said = UserSaid { id: MessageId::new("m"), text: text() }.into();
    received.into_iter().chain([said]).collect()
}

fn models() -> Vec<Event> {
    let efforts = [None, Some(Effort::Low), Some(Effort::Medium), Some(Effort::High), Some(Effort::Xhigh), Some(Effort::Max)];
    let segment = |effort| {
        let card =
            ModelCard { id: text(), name: text(), context_tokens: 1, max_output_tokens: 2, prices: Some(Prices::free()), effort };
        let entry = |repeat| CatalogueEntry { name: text(), executor: ExecutorId::memory(), repeat };
        let tools = [Repeat::Safe, Repeat::LookUp, Repeat::Unknown].map(entry).to_vec();
        let segment = SegmentHash::new("s");
        SegmentStarted { segment, provider: text(), card, bytes: 1, carried: Some(text()), tools: Some(tools) }.into()
    };
    let requested = |shortened| {
        let (reservation, salt) = (Some(Money(9)), Some(EffectSalt::random(1)));
        let content = Some(RawJson::parse(r#"[{"type":"text","text":"t"}]"#).unwrap());
        ModelRequested { attempt: 1, request_hash: text(), max_tokens: 1, reservation, shortened, content, salt }.into()
    };
    let failed = |kind, counted| ModelFailed { failure: failure(kind), bound: None, counted: Some(counted) }.into();
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
            usage: Usage { input_tokens: 1, ..Usage::default() },
            model: text(),
            request_id: None,
            cost: None,
        };
        ModelAnswered { reply, verdict: Some(verdict) }.into()
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

fn tools() -> Vec<Event> {
    let started = |repeat, waits_for| {
        ToolStarted {
            call: CallId::new("c"),
            name: text(),
            input: RawJson::parse(r#"{"a":1.0}"#).unwrap(),
            effect: effect(),
            executor: Some(ExecutorId::journal()),
            repeat: Some(repeat),
            waits_for,
        }
        .into()
    };
    let blocks = vec![
        ContentBlock::Text { text: text() },
        ContentBlock::Image { media_type: "image/png".to_owned(), data: text() },
        ContentBlock::Link { uri: text(), title: String::new() },
    ];
    let finished = |content| ToolFinished { effect: effect(), content, is_error: true }.into();
    let some = || Some(text());
    let plan = CommitPlan { path: text(), base_head: some(), old_blob: some(), new_blob: some(), commit: text(), merged: true };
    vec![
        started(Repeat::Safe, None),
        started(Repeat::LookUp, Some(vec![AgentId::new("a-e")])),
        started(Repeat::Unknown, None),
        ToolInterrupted { effect: effect() }.into(),
        ToolResumed { effect: effect() }.into(),
        CommitIntended { effect: effect(), plan }.into(),
        finished(ToolContent::text("found")),
        finished(ToolContent(blocks)),
        finished(ToolContent(vec![])),
    ]
}

fn sub_agents() -> Vec<Event> {
    vec![
        ChildRequested { effect: effect(), mail: mail(MailBody::Spawn(spawn_request())) }.into(),
        ChildTold { mail: mail(MailBody::Cancel), message: Some(MessageId::new("m")) }.into(),
        ChildCancelled { mail: mail(MailBody::Cancel) }.into(),
        CancelRequested { by_person: true }.into(),
    ]
}

fn charges() -> Vec<Event> {
    let cost = |cost| ChargeSettled { charge: effect(), cost }.into();
    let reserved = |reservation| ChargeReserved { charge: effect(), purpose: text(), reservation }.into();
    vec![reserved(None), reserved(Some(Money(2))), cost(None), cost(Some(Money(1)))]
}

fn endings() -> Vec<Event> {
    let mut ways = vec![Ended::Done, Ended::Cancelled, Ended::Cut, Ended::Refused(text()), Ended::Silent, Ended::Unknown(text())];
    ways.extend(
        [LimitReached::PerMessage, LimitReached::PerDay, LimitReached::PerMonth, LimitReached::Allowance, LimitReached::Calls]
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
