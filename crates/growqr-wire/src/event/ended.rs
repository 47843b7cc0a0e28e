//! Limits, and how a turn ended.

use super::model::Failure;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The limits in force for a turn, as the person set them. Amounts are USD micro-cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Limits {
    /// Budget of one message of the person, sub-agents included.
    pub per_message: u64,
    /// Budget of a UTC day.
    pub per_day: u64,
    /// Budget of a UTC month; `None` for no limit.
    pub per_month: Option<u64>,
    /// The largest `max_tokens` of a model call.
    pub max_tokens: u64,
    /// Model calls for one message.
    pub calls: u32,
    /// Sub-agents for one message.
    pub children: u32,
    /// Sub-agents at work at the same time.
    pub children_at_once: u32,
    /// Levels of sub-agents below the Grow Agent.
    pub depth: u32,
    /// What limits the tree of a message if the model has no known price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unpriced: Option<Unpriced>,
}

/// The limits of all agents of one message together, for models without a known price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Unpriced {
    /// Tokens of prompts and answers.
    pub tokens: u64,
    /// Model calls.
    pub calls: u64,
}

/// Amounts of what is limited besides money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Quota {
    /// Tokens of prompts and answers.
    pub tokens: u64,
    /// Model calls.
    pub calls: u64,
    /// Sub-agents started.
    pub children: u64,
    /// Sub-agents at work at the same time.
    pub at_once: u64,
}

/// What an answer adds to the limits of the current message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Raise {
    /// Added to every limit of money, in USD micro-cents.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u64>", optional)]
    pub money: u64,
    /// Added to the agent's own model calls.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u32>", optional)]
    pub calls: u32,
    /// Added to what the tree may use.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<Quota>", optional)]
    pub tree: Quota,
}

pub(super) fn is_zero<T: Default + PartialEq>(amount: &T) -> bool {
    *amount == T::default()
}

/// The cost of the next request, if it is more than the available money. Amounts are USD micro-cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Shortfall {
    /// Its highest cost with the shortest useful answer.
    pub needed: u64,
    /// The available money.
    pub available: u64,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LimitReached {
    /// The budget of one message.
    PerMessage,
    /// The budget of a day.
    PerDay,
    /// The budget of a month.
    PerMonth,
    /// A sub-agent's allowance.
    Allowance,
    /// Model calls for one message.
    Calls,
    /// Tokens of all agents for one message, with a model without a known price.
    TreeTokens,
    /// Model calls of all agents for one message, with a model without a known price.
    TreeCalls,
}

impl LimitReached {
    /// All limits.
    pub const ALL: &[LimitReached] = &[
        LimitReached::PerMessage,
        LimitReached::PerDay,
        LimitReached::PerMonth,
        LimitReached::Allowance,
        LimitReached::Calls,
        LimitReached::TreeTokens,
        LimitReached::TreeCalls,
    ];
}

/// How a turn ended. [`Ended::ending_text`] gives the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The model finished its answer.
    Done,
    /// It was cancelled.
    Cancelled,
    /// The output limit or the context window cut the answer.
    Cut,
    /// The model refused; its explanation, possibly empty.
    Refused(String),
    /// The model gave an empty answer twice.
    Silent,
    /// A limit was reached.
    Limit(LimitReached),
    /// The model call failed.
    Failed(Failure),
    /// The model stopped for a reason that this program does not know.
    Unknown(String),
}
