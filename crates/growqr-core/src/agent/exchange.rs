//! Inputs of the turn machine.

use super::charge::ChargeBounds;
use super::state::State;
use crate::ask::Answer;
use crate::attachment::Attachment;
use crate::clock::{Timestamp, Zone};
use crate::id::{AgentId, AskId, EffectId, ExecutorId, MessageId, RequestId, SegmentHash, Seq};
use crate::limits::Limits;
use crate::mail::Mail;
use crate::memory::{CommitPlan, DecidedInGitea, MemoryConflict, ReviewProblem, Settled};
use crate::model::{Failure, ModelCard, Reply, Usage};
use crate::money::Money;
use crate::prompt::Segment;
use crate::rules::{ArgumentField, Rules};
use crate::schedule::DueWork;
use crate::tool::{CatalogueEntry, LookedUp, OfferedTool, Performed, Repeat, ToolResult};
use crate::workbench::{SessionNews, Workbench};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An input to which an agent must react. Those that others bring to it can be serialised; those that its own runner finds cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Creates the Grow Agent. Sub-agents are created by mail.
    #[serde(skip)]
    Created,
    /// The person sends the Grow Agent a message.
    Said {
        /// Chosen by the sender. A second message with the same id is ignored.
        id: MessageId,
        /// The message.
        text: String,
        /// The attached files, whose content is stored.
        attachments: Vec<Attachment>,
    },
    /// The person writes an earlier message to the Grow Agent anew. What was said from that message on is set aside. Changes nothing
    /// while a turn is under way or a message is queued, or if the journal has grown since `before` was read from it.
    SayAgain {
        /// Chosen by the sender. A second message with the same id is ignored.
        id: MessageId,
        /// The event that recorded the earlier message.
        message: Seq,
        /// The new message.
        text: String,
        /// The attached files, whose content is stored.
        attachments: Vec<Attachment>,
        /// The agent before that event.
        before: Box<State>,
        /// The last event of the journal from which `before` was read.
        as_of: Seq,
    },
    /// Starts the conversation of the Grow Agent afresh: the next segment begins without the past. During a turn this is only
    /// recorded; it takes effect once the turn has ended, and messages that come meanwhile wait for it.
    StartFresh {
        /// Chosen by the sender. A second request with the same id is ignored.
        id: MessageId,
    },
    /// The person sends a sub-agent a message, paid from the Grow Agent's budget.
    Tell {
        /// The receiver.
        agent: AgentId,
        /// Chosen by the sender. A second message with the same id is ignored.
        id: MessageId,
        /// The message.
        text: String,
    },
    /// Mail from another agent.
    Mail(Mail),
    /// The model answered the open call.
    #[serde(skip)]
    Answered {
        /// Number of the attempt.
        attempt: u32,
        /// The answer.
        reply: Reply,
        /// Calls of the answer ([`super::wanted_calls`]) that are already prepared, by index. None of them has had an effect.
        prepared: Vec<(usize, Performed)>,
    },
    /// The open call gave no answer.
    #[serde(skip)]
    Failed {
        /// Number of the attempt.
        attempt: u32,
        /// The reason.
        failure: Failure,
    },
    /// A memory change is prepared; it must be recorded before it is committed.
    #[serde(skip)]
    Intended {
        /// The tool call.
        effect: EffectId,
        /// The change.
        plan: CommitPlan,
    },
    /// A tool call has its result.
    #[serde(skip)]
    Finished {
        /// The tool call.
        effect: EffectId,
        /// Its result.
        result: ToolResult,
    },
    /// The executor's answer about an interrupted call.
    #[serde(skip)]
    LookedUp {
        /// The tool call.
        effect: EffectId,
        /// What it knows.
        found: LookedUp,
    },
    /// Something new about the session.
    #[serde(skip)]
    SessionNews {
        /// The prompt.
        effect: EffectId,
        /// The news.
        news: SessionNews,
    },
    /// The reply to a request of the session was delivered.
    #[serde(skip)]
    SessionReplied {
        /// The prompt.
        effect: EffectId,
        /// The request.
        request: RequestId,
        /// The session no longer waited for it.
        was_gone: bool,
    },
    /// Reserves money for something other than a model call of the agent's own loop. [`super::State::charge_state`] tells
    /// whether the reservation succeeded.
    Reserve {
        /// Chosen by the caller. A second reservation with the same id changes nothing.
        charge: EffectId,
        /// What the money is for: a short text for the person.
        purpose: String,
        /// The most that it can use.
        most: ChargeBounds,
    },
    /// Settles a charge.
    Settle {
        /// The charge.
        charge: EffectId,
        /// What it cost; `None` if that will never be known.
        cost: Option<Money>,
        /// The tokens that the provider has counted, if it was a model call.
        usage: Option<Usage>,
    },
    /// Asks what it may spend now, which [`super::State::spendable`] tells. Changes nothing.
    Quote,
    /// The person answers an ask. Only recorded: [`Input::Continue`] acts on it. An ask that is not open, and an answer that does
    /// not fit ([`crate::ask::Ask::check`]), change nothing.
    Answer {
        /// The ask.
        ask: AskId,
        /// The answer; `None` if the person will not answer.
        answer: Option<Answer>,
    },
    /// Goes on with what is recorded already: acts on answers of the person, and begins a turn that was queued.
    Continue,
    /// A scheduled run is due: starts a sub-agent for it, or with `asks` asks the person whether it is to run. Changes only the Grow
    /// Agent, and nothing if it has recorded this occurrence before.
    Due {
        /// The run.
        work: Box<DueWork>,
        /// Its time has passed, and the person decides.
        asks: bool,
    },
    /// A step of a quest begins: starts a sub-agent for it. Changes only the Grow Agent, and nothing if it has recorded this attempt
    /// before.
    StepDue {
        /// The attempt.
        work: Box<DueWork>,
        /// The sources of untrusted text in its task.
        untrusted: Vec<String>,
    },
    /// Settles asks whose deadline has passed.
    Deadline,
    /// Asks the person, once, about each of these conflicts, and settles the asks about others. Changes only the Grow Agent.
    MemoryConflicts {
        /// All conflicts that are in memory now.
        open: Vec<MemoryConflict>,
    },
    /// The person has decided about a held change in Gitea. Only recorded, like [`Input::Answer`]; the first decision counts.
    DecidedInGitea {
        /// The ask about the change. One that is not open changes nothing.
        ask: AskId,
        /// The decision.
        decided: DecidedInGitea,
    },
    /// The commit of an approved change is prepared; it must be recorded before it is made.
    #[serde(skip)]
    ReviewPrepared {
        /// The ask with which the person has approved the change.
        ask: AskId,
        /// The commit.
        plan: CommitPlan,
    },
    /// A held change is settled in memory.
    #[serde(skip)]
    ReviewSettled {
        /// The ask with which the person has decided.
        ask: AskId,
        /// What came of it, or why it was not possible.
        settled: Result<Settled, ReviewProblem>,
    },
    /// The rules have changed: settles the asks that a rule decides now.
    RulesChanged,
    /// Stop the turn now.
    Cancel {
        /// Stop its sub-agents as well. Otherwise they work on, and a sub-agent ends once they have reported.
        tree: bool,
    },
    /// Finish the turn: no further calls, a report of what there is.
    Finish {
        /// Let its sub-agents finish as well, and wait for their reports.
        tree: bool,
    },
    /// Take back a message that the model has not read yet; any other changes nothing.
    WithdrawMessage {
        /// The event that recorded it.
        message: Seq,
    },
    /// Change a message that the model has not read yet; any other changes nothing.
    EditMessage {
        /// The event that recorded it.
        message: Seq,
        /// The new text.
        text: String,
    },
    /// The program is about to stop in an orderly way; no further intent will be performed.
    #[serde(skip)]
    Stopping,
    /// The agent was loaded from its journal, after a restart of the program or a sleep.
    #[serde(skip)]
    Woken {
        /// When this program began to run agents. What was under way before has ended by then.
        started: Timestamp,
        /// The random number of this program's process, which is part of the ids of its charges.
        process: u64,
    },
}

/// The person's choices: the segment and the limits for the next turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Hash of the stored segment.
    pub segment: SegmentHash,
    /// Its provider.
    pub provider: String,
    /// What is known about the segment's model.
    pub card: ModelCard,
    /// Bytes of system text and tools.
    pub bytes: u64,
    /// The segment's tools.
    pub tools: Vec<CatalogueEntry>,
    /// Tools of other programs that are not in the segment: the model searches for them ([`super::searched`]).
    pub searched: Arc<[CatalogueEntry]>,
    /// Limits.
    pub limits: Limits,
    /// Where the inputs of tools have the argument that rules compare, by the name of the tool.
    pub arguments: Arc<BTreeMap<String, ArgumentField>>,
    /// The hashes of tools that other programs define ([`OfferedTool::hash`]), by the name of the tool.
    pub hashes: Arc<BTreeMap<String, String>>,
    /// The rules for tool calls.
    pub rules: Arc<Rules>,
    /// Whether a risky call in a turn that has read untrusted text needs a question although a rule allows it.
    pub asks_after_untrusted_text: bool,
    /// Whether new sub-agents can work in the workbench.
    pub workbench: Workbench,
    /// What the model is told besides messages; `None` for a provider without AI.
    pub surroundings: Option<Surroundings>,
    /// Whether a sub-agent may begin a turn now; otherwise it waits for [`Input::Continue`].
    pub may_begin: bool,
    /// Whether a runner performs what is decided. Without one no fresh start begins a turn: its next start does.
    pub has_runner: bool,
}

/// What a model is told besides messages, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The person's time zone: each message says when it was written.
    pub zone: Zone,
    /// A picture of memory ([`crate::picture::picture`]), with which a new segment begins. Needed only if one begins.
    pub picture: Option<String>,
}

impl Setup {
    /// The setup for this segment; `offered` are the segment's tools.
    #[must_use]
    pub fn of(segment: &Segment, card: ModelCard, offered: &[OfferedTool], limits: Limits) -> Setup {
        let (hash, bytes) = segment.encode();
        let web_search = CatalogueEntry { name: "web_search".to_owned(), executor: ExecutorId::model(), repeat: Repeat::Safe };
        let of_provider = segment.web_search.then_some(web_search);
        let tools = offered.iter().map(OfferedTool::entry).chain(of_provider).collect();
        let arguments = offered.iter().filter_map(|offered| Some((offered.tool.name.clone(), offered.argument.clone()?)));
        let hashes = offered.iter().filter_map(|offered| Some((offered.tool.name.clone(), offered.hash.clone()?)));
        Setup {
            segment: hash,
            provider: segment.provider.clone(),
            card,
            bytes: bytes.len() as u64,
            tools,
            searched: Arc::default(),
            limits,
            arguments: Arc::new(arguments.collect()),
            hashes: Arc::new(hashes.collect()),
            rules: Arc::default(),
            asks_after_untrusted_text: true,
            workbench: Workbench::default(),
            surroundings: None,
            may_begin: true,
            has_runner: true,
        }
    }

    /// The setup with these rules.
    #[must_use]
    pub fn with_rules(self, rules: Arc<Rules>, asks_after_untrusted_text: bool) -> Setup {
        Setup { rules, asks_after_untrusted_text, ..self }
    }

    /// The setup with this workbench.
    #[must_use]
    pub fn with_workbench(self, workbench: Workbench) -> Setup {
        Setup { workbench, ..self }
    }
}
