//! Writes a long history through the store: one conversation with many thousand turns.

use growqr_core::agent::{Input, Setup, State, decide, tools, views};
use growqr_core::clock::{Moment, Timestamp};
use growqr_core::event::{Ended, Entry, Event, ModelAnswered, ModelRequested, TurnEnded, TurnStarted, UserSaid, Verdict};
use growqr_core::id::{AgentId, MessageId, ProfileId};
use growqr_core::journal::{Append, Head, Store};
use growqr_core::limits::Limits;
use growqr_core::model::{ModelCard, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::Segment;
use growqr_core::raw::RawJson;
use growqr_store::{Db, DbConfig};
use serde_json::json;
use std::path::Path;

/// Turns per append. With one turn per append, each would wait for the disk.
const TURNS_PER_APPEND: u64 = 200;

/// The time of the first event, in milliseconds: a day in November 2026.
const START: i64 = 1_795_305_600_000;

/// The text of the last answer.
pub const LAST_WORDS: &str = "These are the last words.";

/// Creates a profile in the data folder, whose Grow Agent has at least this many events.
pub async fn write(data: &Path, events: u64) {
    let folder = data.join("profiles/local");
    std::fs::create_dir_all(&folder).expect("a folder");
    let db = Db::open(&DbConfig::Sqlite { path: folder.join("growqr.db") }).await.expect("a database");
    let store = db.profile(&ProfileId::new("local"), Timestamp(START)).await.expect("a profile");
    let (setup, segment) = setup();
    let mut history =
        HistoryWriter { state: State::new(AgentId::grow()), head: Head::default(), now: Timestamp(START), messages: 0 };
    let created = decide(&history.state, Input::Created, &setup, history.moment());
    history.record(&*store, created, None).await;
    let id = MessageId::new("m-0");
    let first = decide(
        &history.state,
        Input::Said { id, text: "Good morning.".to_owned(), attachments: Vec::new() },
        &setup,
        history.moment(),
    );
    history.record(&*store, first, Some(&segment)).await;
    let answered = Event::from(ModelAnswered {
        reply: reply("Good morning to you."),
        verdict: Some(KEPT),
        unknown: None,
        untrusted: Vec::new(),
    });
    let ended = TurnEnded { turn: 1, ended: Ended::Done, shortfall: None, reports: Vec::new() }.into();
    history.record(&*store, vec![answered, ended], None).await;
    while history.head.seq.0 < events {
        let turns = (0..TURNS_PER_APPEND)
            .flat_map(|_| history.turn("Take **one** step a week, and write down what it gave:\n\n- read\n- try\n- tell"));
        let turns = turns.collect();
        history.record(&*store, turns, None).await;
    }
    let last = history.turn(LAST_WORDS).into();
    history.record(&*store, last, None).await;
    db.close().await;
}

struct HistoryWriter {
    state: State,
    head: Head,
    now: Timestamp,
    messages: u64,
}

/// The verdict about an answer without tool calls.
const KEPT: Verdict = Verdict::Kept { left_out: Vec::new(), calls: 0 };

impl HistoryWriter {
    fn moment(&self) -> Moment {
        Moment { at: self.now, random: 1 }
    }

    /// The events of one turn: a message and its answer.
    fn turn(&mut self, words: &str) -> [Event; 5] {
        self.messages += 1;
        let turn = self.messages + 1;
        let text = format!("This is message {}: what should I do next week to learn more?", self.messages);
        let requested = ModelRequested {
            attempt: 1,
            request_hash: format!("{turn:064x}"),
            max_tokens: 16_000,
            reservation: Some(Money(1_000)),
            tokens: None,
            shortened: false,
            holds_messages: false,
            content: Some(RawJson::of(&json!([{"type": "text", "text": text}]))),
            salt: None,
        };
        [
            UserSaid { id: MessageId::new(format!("m-{turn}")), text, at_limit: false, attachments: Vec::new() }.into(),
            TurnStarted { turn, limits: Limits::default() }.into(),
            requested.into(),
            ModelAnswered { reply: reply(words), verdict: Some(KEPT), unknown: None, untrusted: Vec::new() }.into(),
            TurnEnded { turn, ended: Ended::Done, shortfall: None, reports: Vec::new() }.into(),
        ]
    }

    async fn record(&mut self, store: &dyn Store, events: Vec<Event>, segment: Option<&Segment>) {
        let at = self.now;
        self.now = Timestamp(at.0 + 60_000);
        let mut entries = Vec::new();
        for event in &events {
            let entry = Entry { seq: self.state.seq().next(), at, event: event.clone() };
            self.state.apply(&entry);
            entries.push(entry);
        }
        let segment = segment.map(Segment::encode);
        let (agent, views) = (self.state.id().clone(), views(&self.state, &entries));
        let append = Append { agent, head: self.head, at, events, views, segment };
        self.head = store.append(append).await.expect("the events are appended").head;
    }
}

fn reply(words: &str) -> Reply {
    Reply {
        content: RawJson::of(&json!([{"type": "text", "text": words}])),
        stop: StopReason::EndTurn,
        usage: Usage { input_tokens: 1_000, output_tokens: 40, ..Usage::default() },
        model: "claude-opus-4-7".to_owned(),
        request_id: None,
        cost: Some(Money(100)),
    }
}

fn setup() -> (Setup, Segment) {
    let offered = tools::offered();
    let segment = Segment {
        web_search: false,
        address: None,
        provider: "anthropic".to_owned(),
        model: "claude-opus-4-7".to_owned(),
        effort: None,
        system: "Be.".to_owned(),
        tools: offered.iter().map(|offered| offered.tool.clone()).collect(),
    };
    let card = ModelCard {
        id: segment.model.clone(),
        name: "Claude".to_owned(),
        context_tokens: 1_000_000,
        max_output_tokens: 16_000,
        prices: Some(Prices::free()),
        effort: None,
        reads: Vec::new(),
    };
    (Setup::of(&segment, card, &offered, Limits::default()), segment)
}
