//! The turn machine: what an agent is, and every rule of its conversation.
//!
//! [`decide`] says what happens next, [`State::apply`] lives through it, [`State::open_intents`] names what must be
//! done in the outside world. All three are pure; a driver (in `growqr-actors`) records before it acts.
//!
//! Phases of a turn: `Idle -> Calling -> (Tools -> Calling)* -> Idle`. A sub-agent whose model is done while its own
//! sub-agents still work is `Waiting`, and goes on when the last of them reports. One that is stopped stops its own
//! first, and ends when they have: what it reports covers all that was spent below it.

mod apply;
mod calls;
mod children;
mod decide;
mod exchange;
mod reach;
mod render;
pub mod tools;
mod transcript;
mod view;

#[cfg(test)]
mod tests;

pub use calls::lookups;
pub use decide::decide;
pub use exchange::{Input, Intent, LookedUp, Setup, ToolResult};
pub use transcript::Transcript;
pub use view::views;

use children::{Child, Sponsor};

use crate::budget::Purse;
use crate::clock::Timestamp;
use crate::event::{Ended, LimitReached, Limits};
use crate::id::{AgentId, CallId, EffectId, MessageId, SegmentHash, Seq, effect_id};
use crate::mail::{Birth, Report};
use crate::memory::CommitPlan;
use crate::model::{ModelCard, ModelRequest};
use crate::money::Money;
use crate::prompt::Segment;
use crate::raw::RawJson;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The version of the state's shape in snapshots. A snapshot of another version is thrown away.
pub const STATE_VERSION: u32 = 2;

/// Everything an agent is: the fold of its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    id: AgentId,
    seq: Seq,
    created_at: Timestamp,
    updated_at: Timestamp,
    birth: Option<Birth>,
    parent: Option<AgentId>,
    /// Whoever gave it words for the current turn, in that order: the parent, or the Grow Agent if the person spoke
    /// through it. Each gets a report.
    sponsors: Vec<Sponsor>,
    /// Why the last words came without money.
    short_of: Option<LimitReached>,
    segment: Option<Current>,
    transcript: Transcript,
    /// Goes into the next user message, after the tool results.
    pending: Vec<Pending>,
    /// Finished calls whose results no request has carried yet, because the turn ended first.
    unanswered: Vec<Call>,
    /// How much of `pending` a budget has kept from the model once, with all that is `unanswered`; `None` if nothing.
    held_back: Option<usize>,
    phase: Phase,
    cancelling: bool,
    /// How the turn ends once its sub-agents have stopped.
    ending: Option<Ended>,
    /// The attempt of the model call that a stop in good order broke off.
    broken_off: Option<u32>,
    turn: u64,
    limits: Limits,
    /// Tool calls in this turn so far.
    ordinal: u64,
    /// Counted for the person's latest message.
    count: Count,
    last_ended: Option<Ended>,
    last_words: String,
    children: BTreeMap<AgentId, Child>,
    purse: Purse,
    taken: Arc<BTreeSet<EffectId>>,
    heard: Arc<BTreeSet<MessageId>>,
}

/// What is counted against the limits of one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    calls: u32,
    children: u32,
    /// Asked once more, after an answer of which nothing could be used.
    nudged: bool,
    /// The past was carried into a new segment, because the model did not take it.
    carried: bool,
}

/// The segment in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Current {
    hash: SegmentHash,
    card: ModelCard,
    bytes: u64,
}

/// Where in a turn the agent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Between turns.
    Idle,
    /// A model call is open.
    Calling { attempt: u32, request_hash: String, max_tokens: u64, reservation: Option<Money>, since: Timestamp },
    /// Tool calls of the last answer are open.
    Tools(Vec<Call>),
    /// The model has answered and nothing is open: the turn ends, or waits for sub-agents.
    Waiting,
}

/// One tool call of the last answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Call {
    id: CallId,
    name: String,
    input: RawJson,
    effect: EffectId,
    at: Timestamp,
    progress: Progress,
}

/// How far a tool call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Progress {
    /// Started.
    Running,
    /// Waits until none of these sub-agents is at work.
    Waiting(Vec<AgentId>),
    /// A memory change is recorded and being committed.
    Committing(CommitPlan),
    /// Has its result.
    Done(ToolResult),
}

/// Something to be told to the model with the next user message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Pending {
    /// The person's words.
    Said(String),
    /// What a sub-agent is to do.
    Task { from: AgentId, text: String },
    /// Words from another agent.
    Told { from: AgentId, text: String },
    /// A sub-agent's report.
    Report { from: AgentId, report: Report },
    /// The model said nothing and is asked once more.
    Nudge,
    /// Its answer needed more room than it may have, and it is asked once more.
    Shorter,
    /// The past was carried into a new segment in the middle of a turn; these words, if any, still want an answer.
    GoOn(String),
}

impl State {
    /// An agent to which nothing has happened yet.
    #[must_use]
    pub fn new(id: AgentId) -> State {
        State {
            id,
            seq: Seq(0),
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            birth: None,
            parent: None,
            sponsors: Vec::new(),
            short_of: None,
            segment: None,
            transcript: Transcript::default(),
            pending: Vec::new(),
            unanswered: Vec::new(),
            held_back: None,
            phase: Phase::Idle,
            cancelling: false,
            ending: None,
            broken_off: None,
            turn: 0,
            limits: Limits::default(),
            ordinal: 0,
            count: Count::default(),
            last_ended: None,
            last_words: String::new(),
            children: BTreeMap::new(),
            purse: Purse::default(),
            taken: Arc::default(),
            heard: Arc::default(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &AgentId {
        &self.id
    }

    /// The last event it has lived through.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        self.birth.as_ref().map_or("Grow Agent", |birth| &birth.name)
    }

    /// Levels above it; 0 for the Grow Agent.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.birth.as_ref().map_or(0, |birth| birth.depth)
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

    /// What it has used and may use.
    #[must_use]
    pub fn purse(&self) -> &Purse {
        &self.purse
    }

    /// Whether this mail was taken already.
    #[must_use]
    pub fn has_taken(&self, mail: &EffectId) -> bool {
        self.taken.contains(mail)
    }

    /// All mail that was taken.
    pub fn taken(&self) -> impl Iterator<Item = &EffectId> {
        self.taken.iter()
    }

    /// The segment in use.
    #[must_use]
    pub fn segment(&self) -> Option<&SegmentHash> {
        self.segment.as_ref().map(|current| &current.hash)
    }

    /// The request of the open model call; `None` if none is open. `segment` must be the one that [`State::segment`] names.
    #[must_use]
    pub fn model_request(&self, segment: Arc<Segment>) -> Option<ModelRequest> {
        let Phase::Calling { max_tokens, .. } = self.phase else { return None };
        Some(ModelRequest { agent: self.id.clone(), segment, messages: self.transcript.messages().to_vec(), max_tokens })
    }

    /// The id that the effect of the `index`-th tool call of the next answer will have.
    #[must_use]
    pub fn next_effect(&self, index: usize) -> EffectId {
        effect_id(&self.id, self.turn, self.ordinal + index as u64)
    }

    /// What the open model call may cost at most; `None` if none is open or its price is unknown.
    #[must_use]
    pub fn reserved(&self) -> Option<Money> {
        match self.phase {
            Phase::Calling { reservation, .. } => reservation,
            _ => None,
        }
    }

    /// The sub-agents that it sent to work itself and that have not reported. Those that work for the person are not
    /// among them.
    pub fn children_at_work(&self) -> impl Iterator<Item = &AgentId> {
        self.children.iter().filter(|(_, child)| child.is_at_work() && !child.by_person).map(|(id, _)| id)
    }

    /// What is announced and not settled.
    #[must_use]
    pub fn open_intents(&self) -> Vec<Intent> {
        match &self.phase {
            Phase::Idle | Phase::Waiting => Vec::new(),
            Phase::Calling { attempt, request_hash, .. } => {
                vec![Intent::CallModel { attempt: *attempt, request_hash: request_hash.clone() }]
            }
            Phase::Tools(calls) => calls.iter().filter_map(Call::intent).collect(),
        }
    }
}

impl Call {
    fn intent(&self) -> Option<Intent> {
        let (effect, at) = (self.effect.clone(), self.at);
        let call = tools::MemoryCall::parse(&self.name, &self.input).ok();
        match &self.progress {
            Progress::Running => Some(Intent::RunTool { effect, call: call?, at }),
            Progress::Committing(plan) => Some(Intent::Commit { effect, call: call?, plan: plan.clone(), at }),
            Progress::Waiting(_) | Progress::Done(_) => None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done(_))
    }
}
