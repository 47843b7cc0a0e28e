//! Asks: durable questions to the person.
//!
//! An ask is raised and settled in the journal of the agent that asks. The first answer settles it; nothing is forwarded. The
//! agent's asks are listed in a view, so that they can be found without waking the agent.

mod settled_by;

pub use settled_by::SettledBy;

use crate::clock::Timestamp;
use crate::id::{AskId, EffectId, RequestId, SessionId};
use crate::limits::{LimitReached, Raise, Shortfall};
use crate::memory::{CommitPlan, ConflictPage};
use crate::money::Money;
use crate::schedule::DueWork;
use crate::workbench::{Permission, SessionReply};
use serde::{Deserialize, Serialize};

/// The ids of the options about a call.
pub const ALLOW: &str = "allow";
/// See [`ALLOW`].
pub const DENY: &str = "deny";

/// The ids of the options about a limit.
pub const RAISE: &str = "raise";
/// See [`RAISE`].
pub const FINISH: &str = "finish";
/// See [`RAISE`].
pub const STOP: &str = "stop";

/// The ids of the options about a conflict of memory.
pub const MERGE: &str = "merge";
/// See [`MERGE`].
pub const BY_HAND: &str = "by_hand";

/// The ids of the options about a change of memory.
pub const APPROVE: &str = "approve";
/// See [`APPROVE`].
pub const REJECT: &str = "reject";

/// The ids of the options about a run whose time has passed.
pub const RUN: &str = "run";
/// See [`RUN`].
pub const SKIP: &str = "skip";

/// The most that one answer can add: sums of such amounts still fit into the columns of the views.
const MAX_AMOUNT: Money = Money::usd(1_000_000);

/// A question to the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Made from the journal: a call asks once, however often it is replayed.
    pub id: AskId,
    /// What it is about.
    pub kind: AskKind,
    /// The question, for the person. A model may have written it: data, not operator text.
    pub text: String,
    /// What exactly the answer decides, if it is not a plain question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<AskDetail>,
    /// The answers to choose from. A question may also be answered in free text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<AskOption>,
    /// How far an answer may reach, beyond this once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<AskScope>,
    /// When it is settled with the default answer, or without one; `None`: it waits for the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The answer at the deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Answer>,
}

/// Why an answer does not fit its ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not one of the options.
    #[error("{given:?} is not one of its answers ({known})")]
    Option {
        /// The option that was given.
        given: String,
        /// The options, for people.
        known: String,
    },
    /// Neither an option nor a text.
    #[error("an answer is missing")]
    Empty,
    /// The ask does not offer this scope.
    #[error("the answer can only be given with the scope {0}")]
    Scope(String),
    /// An amount that would not let the agent go on.
    #[error("the next step can cost ${0} more than is left; raise by at least that")]
    Amount(Money),
    /// An amount that nobody means.
    #[error("an amount can be at most ${MAX_AMOUNT}")]
    LargeAmount,
    /// An amount for an answer that has none.
    #[error("an amount goes only with the answer raise, at a limit of money")]
    NoAmount,
    /// A change of memory that is neither approved nor rejected.
    #[error("a change of memory waits until it is approved or rejected")]
    NoDecision,
    /// A text of a page for an answer that has none.
    #[error("a text of the page goes only with the answer approve, for a change that writes the page")]
    NoText,
}

impl Ask {
    /// Whether this answer fits. `None`: the person will not answer.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn check(&self, answer: Option<&Answer>) -> Result<(), AnswerError> {
        match answer {
            Some(answer) => self.check_answer(answer),
            None if self.kind == AskKind::Review => Err(AnswerError::NoDecision),
            None => Ok(()),
        }
    }

    fn check_answer(&self, answer: &Answer) -> Result<(), AnswerError> {
        let text = answer.text.as_deref().unwrap_or_default().trim();
        match &answer.option {
            Some(given) if !self.options.iter().any(|option| option.id == *given) => {
                return Err(self.not_an_option(given));
            }
            None if text.is_empty() => return Err(AnswerError::Empty),
            None if self.kind != AskKind::Question => return Err(self.not_an_option(text)),
            _ => {}
        }
        if answer.scope != AskScope::Once && !self.scopes.contains(&answer.scope) {
            let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
            return Err(AnswerError::Scope(if scopes.is_empty() { "once".to_owned() } else { scopes.join(" or ") }));
        }
        if answer.edited.is_some() && !self.takes_text(answer) {
            return Err(AnswerError::NoText);
        }
        answer.amount.map_or(Ok(()), |amount| self.check_amount(answer, amount))
    }

    fn takes_text(&self, answer: &Answer) -> bool {
        let writes = matches!(&self.detail, Some(AskDetail::Review { held, .. }) if held.new_blob.is_some());
        writes && answer.option.as_deref() == Some(APPROVE)
    }

    fn not_an_option(&self, given: &str) -> AnswerError {
        let known: Vec<&str> = self.options.iter().map(|option| option.id.as_str()).collect();
        AnswerError::Option { given: given.to_owned(), known: known.join(", ") }
    }

    fn check_amount(&self, answer: &Answer, amount: Money) -> Result<(), AnswerError> {
        let Some(AskDetail::Limit { limit, shortfall, .. }) = &self.detail else { return Err(AnswerError::NoAmount) };
        if answer.option.as_deref() != Some(RAISE) || !limit.is_money() {
            return Err(AnswerError::NoAmount);
        }
        let least = shortfall.map_or(Money::ZERO, |short| short.needed.saturating_sub(short.available));
        if amount < least {
            Err(AnswerError::Amount(least.in_whole_cents()))
        } else if amount > MAX_AMOUNT {
            Err(AnswerError::LargeAmount)
        } else {
            Ok(())
        }
    }

    /// What follows from this answer; `None` for a question, a conflict or a scheduled run.
    #[must_use]
    pub fn outcome(&self, answer: &Answer) -> Option<AskOutcome> {
        let option = answer.option.as_deref();
        match &self.detail {
            Some(AskDetail::Call { .. } | AskDetail::Session { permission: Some(_), .. }) if option == Some(ALLOW) => {
                Some(AskOutcome::Allowed)
            }
            Some(AskDetail::Call { .. } | AskDetail::Session { permission: Some(_), .. }) => Some(AskOutcome::Refused),
            Some(AskDetail::Limit { raise, finish, .. }) => Some(match option {
                Some(RAISE) => AskOutcome::Raised(Raise { money: answer.amount.unwrap_or(raise.money), ..*raise }),
                Some(FINISH) => AskOutcome::Finishing(*finish),
                _ => AskOutcome::Stopped,
            }),
            Some(AskDetail::Review { .. }) if option == Some(APPROVE) => Some(AskOutcome::Approved),
            Some(AskDetail::Review { .. }) => Some(AskOutcome::Rejected),
            Some(AskDetail::Session { permission: None, .. } | AskDetail::Conflict { .. } | AskDetail::Work(_)) | None => None,
        }
    }

    /// The reply to a session that asks: what the person has answered; `None` for an answer: they will not answer. A permission is
    /// always for this once: what holds for longer is a rule of the person, which decides the next request.
    #[must_use]
    pub fn session_reply(&self, answer: Option<&Answer>, outcome: Option<AskOutcome>) -> SessionReply {
        let remark = answer.and_then(|answer| answer.text.as_deref()).map(str::trim).filter(|text| !text.is_empty());
        match (outcome, answer) {
            (Some(AskOutcome::Allowed), _) => SessionReply::Once,
            (Some(_), _) => {
                let remark = remark.map_or_else(String::new, |remark| format!(" The person says: {remark}"));
                let refused = "The person does not allow this. Do not try it in another way.";
                SessionReply::Reject { message: format!("{refused}{remark}") }
            }
            (None, Some(answer)) => SessionReply::Answer { text: self.answer_text(answer) },
            (None, None) => SessionReply::Answer { text: "There is no answer: decide yourself, or go on without it.".to_owned() },
        }
    }

    /// The answer in words.
    #[must_use]
    pub fn answer_text(&self, answer: &Answer) -> String {
        let label = answer.option.as_ref().and_then(|id| self.options.iter().find(|option| option.id == *id));
        let raise = answer.amount.map(|amount| format!("Raise by ${amount} for this message"));
        let parts = [raise.as_deref().or(label.map(|option| option.label.as_str())), answer.text.as_deref()];
        parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

/// What an ask is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskKind {
    /// An agent wants to know something.
    Question,
    /// A call needs the person's permission.
    Permission,
    /// A limit is reached.
    Budget,
    /// Two changes of the same thing.
    Conflict,
    /// A change waits for approval.
    Review,
    /// The time of a scheduled run has passed.
    Schedule,
}

impl AskKind {
    /// All of them.
    pub const ALL: [AskKind; 6] =
        [AskKind::Question, AskKind::Permission, AskKind::Budget, AskKind::Conflict, AskKind::Review, AskKind::Schedule];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AskKind::Question => "question",
            AskKind::Permission => "permission",
            AskKind::Budget => "budget",
            AskKind::Conflict => "conflict",
            AskKind::Review => "review",
            AskKind::Schedule => "schedule",
        }
    }
}

/// What exactly an answer decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskDetail {
    /// A tool call that waits.
    Call {
        /// The id of the call's effect.
        effect: EffectId,
        /// The tool.
        tool: String,
        /// What the call concerns, in the form that rules compare; `None` if that is not clear, or there is nothing to compare.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argument: Option<String>,
        /// The input's JSON text, or the beginning of a long one; the whole text is in the event that recorded the call.
        input: String,
        /// How many bytes of the input are left out.
        #[serde(default, skip_serializing_if = "is_zero")]
        cut: u64,
        /// Why it needs a question.
        why: AskReason,
        /// The line that the scope "always" adds, and "this agent" for that agent; `None` if no line can name this call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// A session in the workbench that waits for a permission or an answer.
    Session {
        /// The id of the prompt's effect.
        effect: EffectId,
        /// The request, as the workbench names it.
        request: RequestId,
        /// The session that asks, or a session below it.
        session: SessionId,
        /// What it wants to do; `None` if it has a question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        permission: Option<Box<Permission>>,
        /// How many bytes of the permission's texts are left out.
        #[serde(default, skip_serializing_if = "is_zero")]
        cut: u64,
        /// Why it needs a question; `None` for a question of the session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<AskReason>,
        /// The line that the scope "always" adds, and "this agent" for that agent; `None` if no line can name this request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// Pages of memory that a merge with Gitea's copy has kept in two versions.
    Conflict {
        /// The id of the merge commit.
        merge: String,
        /// The pages, or the first of many.
        pages: Vec<ConflictPage>,
        /// How many pages are left out.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: u64,
    },
    /// A change of memory that is held on a branch of its own.
    Review {
        /// The id of the call's effect.
        effect: EffectId,
        /// The agent's turn at that time.
        turn: u64,
        /// The held change: the commit on its branch.
        held: Box<CommitPlan>,
        /// The reason that the agent gives, or its beginning.
        message: String,
        /// The line because of which it is held.
        rule: String,
        /// The sources of untrusted text that the agent had read: that text may have caused the change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        untrusted: Vec<String>,
        /// The version of the page that an approval changes. It is the one that the held change was made from, until an approval
        /// has found another one. `None`: there is no such page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<String>,
        /// Why an approval could not be carried out; the person is asked again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
        /// The text of that approval, if the person had edited the page. It counts for the next approval without a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edited: Option<String>,
        /// The remark of that approval. It counts for the next decision without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<String>,
    },
    /// A scheduled run whose time has passed.
    Work(Box<DueWork>),
    /// A limit that was reached.
    Limit {
        /// Which one.
        limit: LimitReached,
        /// The money that the next request needs, if the limit is one of money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shortfall: Option<Shortfall>,
        /// What the answer "raise" adds. The person may name another amount of money.
        raise: Raise,
        /// What the answer "finish" adds, for one last call.
        finish: Raise,
    },
}

/// Why a call needs a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskReason {
    /// This line says so.
    Rule(String),
    /// It is risky, and the turn has read text from these sources.
    Untrusted(Vec<String>),
    /// The same call with the same input, this many times in a row.
    Repeated(u32),
}

/// One answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskOption {
    /// Names it in an answer.
    pub id: String,
    /// For the person.
    pub label: String,
}

impl AskOption {
    pub(crate) fn new(id: &str, label: impl Into<String>) -> AskOption {
        AskOption { id: id.to_owned(), label: label.into() }
    }
}

/// How far an answer reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskScope {
    /// This call only.
    #[default]
    Once,
    /// All such calls of this agent, by a rule that is listed and can be removed.
    Agent,
    /// All such calls, by a rule that is listed and can be removed.
    Always,
}

impl AskScope {
    /// Its name in JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AskScope::Once => "once",
            AskScope::Agent => "agent",
            AskScope::Always => "always",
        }
    }
}

/// The answer to an ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The id of the chosen option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// Free text: the answer to a question, or a remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How far it reaches.
    #[serde(default, skip_serializing_if = "is_once")]
    pub scope: AskScope,
    /// The amount, if the option is "raise" and not its own amount is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The text of the page, if the option is "approve" and the person has edited the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<EditedPage>,
}

/// A page as the person wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedPage {
    /// The whole text.
    pub text: String,
    /// The version of the page that the person has seen. `None`: the version that the held change was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_once(scope: &AskScope) -> bool {
    *scope == AskScope::Once
}

/// What follows from an answer about a call, a limit or a change of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskOutcome {
    /// The call is carried out.
    Allowed,
    /// The call is not carried out.
    Refused,
    /// The agent goes on, with this much more for the current message.
    Raised(Raise),
    /// The agent makes one last call, for which this is added, and ends its turn with a report.
    Finishing(Raise),
    /// The turn ends.
    Stopped,
    /// The held change of memory is committed.
    Approved,
    /// The held change of memory is dropped.
    Rejected,
}
