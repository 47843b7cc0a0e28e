//! Asks: questions to the person.

use super::ended::{LimitReached, Raise, Shortfall, is_zero};
use super::tool::CommitPlan;
use super::workbench::Permission;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A question to the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Ask {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: AskKind,
    /// The question. A model may have written it.
    pub text: String,
    /// What exactly the answer decides, if it is not a plain question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub detail: Option<AskDetail>,
    /// The answers to choose from. A question may also be answered in free text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<AskOption>>", optional)]
    pub options: Vec<AskOption>,
    /// How far an answer may reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<AskScope>>", optional)]
    pub scopes: Vec<AskScope>,
    /// When the default answer counts, in ms since 1970; `None`: it waits for the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub deadline: Option<i64>,
    /// The answer at the deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub default: Option<AskAnswer>,
}

/// What an ask is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
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

/// What exactly an answer decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AskDetail {
    /// A tool call that waits.
    Call {
        /// The id of the call's effect.
        effect: String,
        /// The tool.
        tool: String,
        /// What the call concerns, as rules compare it; `None` if that is not clear, or there is nothing to compare.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        argument: Option<String>,
        /// The input's JSON text, or the beginning of a long one.
        input: String,
        /// How many bytes of the input are left out.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(as = "Option<u64>", optional)]
        cut: u64,
        /// Why it needs a question.
        why: AskReason,
        /// The line that the scope "always" adds, and "this agent" for that agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        rule: Option<String>,
    },
    /// A session in the workbench that waits for a permission or an answer.
    Session {
        /// The id of the prompt's effect.
        effect: String,
        /// The request, as the workbench names it.
        request: String,
        /// The session that asks.
        session: String,
        /// What it wants to do; `None` if it has a question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        permission: Option<Box<Permission>>,
        /// How many bytes of the permission's texts are left out.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(as = "Option<u64>", optional)]
        cut: u64,
        /// Why it needs a question; `None` for a question of the session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        why: Option<AskReason>,
        /// The line that the scope "always" adds, and "this agent" for that agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
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
        #[ts(as = "Option<u64>", optional)]
        more: u64,
    },
    /// A change of memory that is held on a branch of its own.
    Review {
        /// The id of the call's effect.
        effect: String,
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
        #[ts(as = "Option<Vec<String>>", optional)]
        untrusted: Vec<String>,
        /// The version of the page that an approval changes; `None`: there is no such page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        base: Option<String>,
        /// Why an approval could not be carried out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        problem: Option<String>,
        /// The text of that approval, if the person had edited the page. It counts for the next approval without a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        edited: Option<String>,
        /// The remark of that approval. It counts for the next decision without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        remark: Option<String>,
    },
    /// A scheduled run whose time has passed.
    Work(Box<DueWork>),
    /// A limit that was reached. Amounts are USD micro-cents.
    Limit {
        /// Which one.
        limit: LimitReached,
        /// The money that the next request needs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        shortfall: Option<Shortfall>,
        /// What the answer "raise" adds. The person may name another amount of money.
        raise: Raise,
        /// What the answer "finish" adds, for one last call.
        finish: Raise,
    },
}

/// A scheduled run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DueWork {
    /// The schedule.
    pub schedule: String,
    /// When it was due, in ms since 1970.
    pub due: i64,
    /// The name of the sub-agent that does it.
    pub name: String,
    /// Its task.
    pub task: String,
    /// What it may spend, in USD micro-cents.
    pub budget: u64,
    /// The agent that has asked for the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by_agent: Option<String>,
}

/// A page in two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConflictPage {
    /// The page with the version of this computer; there is no such page if it was deleted here.
    pub path: String,
    /// The page with Gitea's version.
    pub copy: String,
}

/// Why a call needs a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AskReason {
    /// This line of the rules says so.
    Rule(String),
    /// It is risky, and the turn has read text from these sources.
    Untrusted(Vec<String>),
    /// The same call with the same input, this many times in a row.
    Repeated(u32),
}

/// One answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AskOption {
    /// Names it in an answer.
    pub id: String,
    /// For the person.
    pub label: String,
}

/// How far an answer reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
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

/// The answer to an ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AskAnswer {
    /// The id of the chosen option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub option: Option<String>,
    /// Free text: the answer to a question, or a remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub text: Option<String>,
    /// How far it reaches.
    #[serde(default, skip_serializing_if = "is_once")]
    #[ts(as = "Option<AskScope>", optional)]
    pub scope: AskScope,
    /// The amount in USD micro-cents, if the option is "raise" and not its own amount is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub amount: Option<u64>,
    /// The text of the page, if the option is "approve" and the person has edited the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub edited: Option<EditedPage>,
}

/// A page as the person wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EditedPage {
    /// The whole text.
    pub text: String,
    /// The version of the page that the person has seen. `None`: the version that the held change was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_once(scope: &AskScope) -> bool {
    *scope == AskScope::Once
}

/// What follows from an answer about a call, a limit or a change of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AskOutcome {
    /// The call is carried out.
    Allowed,
    /// The call is not carried out.
    Refused,
    /// The agent goes on, with this much more.
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

/// Who settled an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// The person answered, or will not.
    Person,
    /// The person has merged or closed the pull request of the held change in Gitea.
    Gitea,
    /// A rule that was added meanwhile.
    Rule,
    /// The deadline passed, and the default counts.
    Deadline,
    /// Nobody needs the answer any more.
    Withdrawn,
}
