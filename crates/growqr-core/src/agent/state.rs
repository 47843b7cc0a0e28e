//! The state of an agent: the result of applying its journal.

use super::charge::Charge;
use super::child::{Child, Sender};
use super::named::NamedAddresses;
use super::open_session::Session;
use super::transcript::Transcript;
use super::turn::{Call, Counters, EarlierMessage, NextPast, Pause, Pending, Phase, Repeated, Reviewed};
use crate::ask::Ask;
use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::event::Ended;
use crate::id::{AgentId, AskId, EffectId, EffectSalt, EffectScope, JournalName, MessageId, SegmentHash, Seq};
use crate::limits::{LimitReached, Limits};
use crate::mail::SpawnRequest;
use crate::memory::Origin;
use crate::model::{FailureKind, Files, ModelCard, ModelRequest};
use crate::money::Money;
use crate::prompt::Segment;
use crate::quota::{Quota, QuotaUse};
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, ToolCall};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The version of the state's shape in snapshots. A snapshot of another version is ignored.
pub const STATE_VERSION: u32 = 15;

/// The whole state of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(super) id: AgentId,
    /// `None` until the journal is named.
    pub(super) journal: Option<JournalName>,
    pub(super) seq: Seq,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) spawn: Option<SpawnRequest>,
    pub(super) parent: Option<AgentId>,
    /// The agents that sent it messages for the current turn, in the order of their first message: its parent, or the Grow Agent
    /// with a message of the person. Each gets a report.
    pub(super) senders: Vec<Sender>,
    /// The limit that left no money for its last message, as the sender reported it.
    pub(super) limit_of_last_message: Option<LimitReached>,
    pub(super) segment: Option<CurrentSegment>,
    pub(super) transcript: Transcript,
    /// The past with which the next segment begins.
    pub(super) next_past: NextPast,
    /// Items for the next user message, after the tool results.
    pub(super) pending: Vec<Pending>,
    /// Finished calls whose results were never sent to the model, because the turn ended first.
    pub(super) unsent_results: Vec<Call>,
    /// Set if a budget did not cover the last request: the next request may shorten this many pending items, and all results in
    /// `unsent_results`.
    pub(super) shortenable_pending: Option<usize>,
    pub(super) phase: Phase,
    /// The turn is being cancelled: it ends once every open tool call has its result.
    pub(super) cancelling: bool,
    /// A message arrived after the cancel: once the cancelled turn has ended, the next one starts.
    pub(super) message_since_cancel: bool,
    /// The turn waits at a limit.
    pub(super) paused: Option<Pause>,
    /// The model is to finish: its calls are refused. Counts the answers that had calls all the same.
    pub(super) finishing: Option<u32>,
    /// How the turn ends once its sub-agents have stopped.
    pub(super) ending: Option<Ended>,
    /// The last failure of the open request: kind and message. A call that was interrupted has not failed.
    pub(super) last_failure: Option<(FailureKind, String)>,
    /// How many requests in a row were too long for the model.
    pub(super) too_long: u32,
    /// The last texts that did not fit into the window, by the event that set them aside. The model reads on in them with
    /// `read_message`.
    pub(super) set_aside: Arc<BTreeMap<Seq, String>>,
    /// The attempt number of the model call that an orderly stop of the program interrupted.
    pub(super) interrupted_attempt: Option<u32>,
    /// It was given work, and its turn has not begun: more agents are at work than may be at once.
    pub(super) waits_to_begin: bool,
    pub(super) turn: u64,
    /// The model was asked in this turn.
    pub(super) has_requested: bool,
    /// Salt of the last model request; `None` if a build of version 1 made it.
    pub(super) salt: Option<EffectSalt>,
    pub(super) limits: Limits,
    /// Tool calls in this turn so far.
    pub(super) ordinal: u64,
    /// Counters for the person's latest message.
    pub(super) counters: Counters,
    /// Set while messages are queued that the turn under way has not read.
    pub(super) earlier_message: Option<Box<EarlierMessage>>,
    pub(super) last_ended: Option<Ended>,
    pub(super) last_text: String,
    pub(super) children: BTreeMap<AgentId, Child>,
    pub(super) budget: Budget,
    /// What it has used besides money.
    pub(super) quota: QuotaUse,
    /// Open charges: reserved and not settled.
    pub(super) charges: BTreeMap<EffectId, Charge>,
    /// Ids of settled charges.
    pub(super) settled: Arc<BTreeSet<EffectId>>,
    /// Ids of mail that was received.
    pub(super) received_mail: Arc<BTreeSet<EffectId>>,
    /// Ids of the person's messages that were received.
    pub(super) received_messages: Arc<BTreeSet<MessageId>>,
    /// Asks that are not settled.
    pub(super) open_asks: BTreeMap<AskId, Ask>,
    /// The held changes of memory that the person has decided about, and whose branch is not settled yet.
    pub(super) reviewed: BTreeMap<AskId, Reviewed>,
    /// Ids of the merges of memory about whose conflicts the person was asked.
    pub(super) asked_conflicts: Arc<BTreeSet<String>>,
    /// An answer to a question, or the request to finish, was recorded, and the agent has not acted on it yet.
    pub(super) must_continue: bool,
    /// The web addresses that the person has named.
    pub(super) named: Arc<NamedAddresses>,
    /// Sources of the untrusted text that was read since the turn that began with the last message of the person.
    pub(super) untrusted: BTreeSet<String>,
    /// Those of mail and results that were not sent to the model yet.
    pub(super) untrusted_pending: BTreeSet<String>,
    /// Those of what was sent to the model and not answered yet.
    pub(super) untrusted_sent: BTreeSet<String>,
    /// The last call, and how many times in a row it was made.
    pub(super) repeated: Repeated,
    /// Its session in the workbench, if its mind is one.
    pub(super) session: Session,
    /// The last scheduled runs that it has started, or asked about.
    pub(super) recent_runs: VecDeque<EffectId>,
}

/// The segment in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CurrentSegment {
    pub(super) hash: SegmentHash,
    pub(super) card: ModelCard,
    pub(super) bytes: u64,
    pub(super) tools: Arc<[CatalogueEntry]>,
    /// Whether the first message is the program's: the past and the picture of memory.
    pub(super) has_opening: bool,
    /// The turn in which it began, or for which it began.
    pub(super) turn: u64,
}

impl State {
    /// An agent with an empty journal.
    #[must_use]
    pub fn new(id: AgentId) -> State {
        State {
            id,
            journal: None,
            seq: Seq(0),
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            spawn: None,
            parent: None,
            senders: Vec::new(),
            limit_of_last_message: None,
            segment: None,
            transcript: Transcript::default(),
            next_past: NextPast::default(),
            pending: Vec::new(),
            unsent_results: Vec::new(),
            shortenable_pending: None,
            phase: Phase::Idle,
            cancelling: false,
            message_since_cancel: false,
            paused: None,
            finishing: None,
            ending: None,
            last_failure: None,
            too_long: 0,
            set_aside: Arc::default(),
            interrupted_attempt: None,
            waits_to_begin: false,
            turn: 0,
            has_requested: false,
            salt: None,
            limits: Limits::default(),
            ordinal: 0,
            counters: Counters::default(),
            earlier_message: None,
            last_ended: None,
            last_text: String::new(),
            children: BTreeMap::new(),
            budget: Budget::default(),
            quota: QuotaUse::default(),
            charges: BTreeMap::new(),
            settled: Arc::default(),
            received_mail: Arc::default(),
            received_messages: Arc::default(),
            open_asks: BTreeMap::new(),
            reviewed: BTreeMap::new(),
            asked_conflicts: Arc::default(),
            must_continue: false,
            named: Arc::default(),
            untrusted: BTreeSet::new(),
            untrusted_pending: BTreeSet::new(),
            untrusted_sent: BTreeSet::new(),
            repeated: Repeated::default(),
            session: Session::default(),
            recent_runs: VecDeque::new(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &AgentId {
        &self.id
    }

    /// The number of the last event applied.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The random name of its journal; `None` before it has one.
    #[must_use]
    pub fn journal(&self) -> Option<&JournalName> {
        self.journal.as_ref()
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        self.spawn.as_ref().map_or("Grow Agent", |spawn| &spawn.name)
    }

    /// Its name in a sentence for the person. A model has chosen the name of a sub-agent, which therefore stands in quotes.
    pub(super) fn title(&self) -> String {
        self.spawn.as_ref().map_or_else(|| "The Grow Agent".to_owned(), |spawn| format!("The sub-agent \"{}\"", spawn.name))
    }

    /// Levels above it; 0 for the Grow Agent.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.spawn.as_ref().map_or(0, |spawn| spawn.depth)
    }

    /// The number of the current or last turn.
    #[must_use]
    pub fn turn(&self) -> u64 {
        self.turn
    }

    /// Whether a turn is under way.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// How the last turn ended; `None` before the first end.
    #[must_use]
    pub fn last_ended(&self) -> Option<&Ended> {
        self.last_ended.as_ref()
    }

    /// The money that it has used and may still use.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The sources of the untrusted text on which the agent's next words may be based.
    pub(super) fn untrusted(&self) -> Vec<String> {
        self.untrusted.iter().cloned().collect()
    }

    /// What it and its sub-agents may still use besides money.
    #[must_use]
    pub fn quota_left(&self) -> Quota {
        self.quota.left(self.limits.tree())
    }

    /// Whether its model has a known price; `None` before its first turn.
    #[must_use]
    pub fn has_price(&self) -> Option<bool> {
        self.segment.as_ref().map(|current| current.card.prices.is_some())
    }

    /// Whether this mail was already received.
    #[must_use]
    pub fn has_received(&self, mail: &EffectId) -> bool {
        self.received_mail.contains(mail)
    }

    /// Whether a message, or a request for a fresh start, with this id was received.
    #[must_use]
    pub fn has_received_message(&self, id: &MessageId) -> bool {
        self.received_messages.contains(id)
    }

    /// Ids of all mail that was received.
    pub fn received_mail(&self) -> impl Iterator<Item = &EffectId> {
        self.received_mail.iter()
    }

    /// The segment in use.
    #[must_use]
    pub fn segment(&self) -> Option<&SegmentHash> {
        self.segment.as_ref().map(|current| &current.hash)
    }

    /// The request of the open model call, without the contents of attached files; `None` if none is open. `segment` must be the
    /// one that [`State::segment`] names.
    #[must_use]
    pub fn model_request(&self, segment: Arc<Segment>) -> Option<ModelRequest> {
        let Phase::Calling { max_tokens, .. } = self.phase else { return None };
        let messages = self.transcript.messages().to_vec();
        Some(ModelRequest { agent: self.id.clone(), segment, messages, max_tokens, files: Files::default() })
    }

    /// The effect id of the `index`-th tool call of the next answer.
    #[must_use]
    pub fn next_effect(&self, index: usize) -> EffectId {
        self.scope(self.id.as_str()).effect(self.ordinal + index as u64)
    }

    /// The base of the effect ids of the current turn. See [`EffectScope::place`].
    pub(super) fn scope<'a>(&'a self, place: &'a str) -> EffectScope<'a> {
        EffectScope { journal: self.journal.as_ref(), salt: self.salt.as_ref(), place, turn: self.turn }
    }

    /// The recorded call as an executor gets it, with the id of its effect.
    #[must_use]
    pub fn tool_call(&self, entry: &CatalogueEntry, input: RawJson, effect: EffectId, at: Timestamp) -> ToolCall {
        let (executor, name) = (entry.executor.clone(), entry.name.clone());
        ToolCall { executor, name, input, origin: self.origin(effect), at, held: false, definition: None }
    }

    pub(super) fn origin(&self, effect: EffectId) -> Origin {
        Origin { agent: self.id.clone(), name: self.name().to_owned(), turn: self.turn, effect }
    }

    /// The tool of this name in the current segment.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&CatalogueEntry> {
        self.segment.as_ref()?.tools.iter().find(|entry| entry.name == name)
    }

    /// The sum of the reservations of the open model call and the open charges.
    #[must_use]
    pub fn reserved(&self) -> Money {
        self.reserved_for_call() + self.budget.reserved
    }

    /// The reservation of the open model call; zero if none is open or its price is unknown.
    pub(super) fn reserved_for_call(&self) -> Money {
        match self.phase {
            Phase::Calling { reservation, .. } => reservation.unwrap_or_default(),
            _ => Money::ZERO,
        }
    }

    /// The tokens that the open model call has reserved, if its price is unknown.
    pub(super) fn tokens_reserved_for_call(&self) -> u64 {
        match self.phase {
            Phase::Calling { tokens, .. } => tokens.unwrap_or_default(),
            _ => 0,
        }
    }

    /// The sub-agents that it started and that have not reported yet; without those that work for the person.
    pub fn children_at_work(&self) -> impl Iterator<Item = &AgentId> {
        self.children.iter().filter(|(_, child)| child.is_at_work() && !child.by_person).map(|(id, _)| id)
    }
}
