//! The limits of a turn.

use crate::money::Money;
use crate::quota::Quota;
use serde::{Deserialize, Serialize};

/// The limits in force for a turn, as the person set them. They are recorded so that a replay decides the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// What one message of the person may cost, sub-agents included.
    pub per_message: Money,
    /// What a UTC day may cost.
    pub per_day: Money,
    /// What a UTC month may cost; `None` for no limit.
    pub per_month: Option<Money>,
    /// The largest `max_tokens` that is requested.
    pub max_tokens: u64,
    /// The most model calls for one message.
    pub calls: u32,
    /// The most sub-agents for one message.
    pub children: u32,
    /// The most sub-agents at work at the same time.
    pub children_at_once: u32,
    /// The most levels of sub-agents below the Grow Agent.
    pub depth: u32,
    /// What limits the tree of a message if the model has no known price. `None` before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<Unpriced>,
}

impl Limits {
    /// What the tree of a message may use besides money.
    #[must_use]
    pub fn tree(&self) -> Quota {
        // A turn that an earlier build has begun has the default limits.
        let unpriced = self.unpriced.unwrap_or_default();
        Quota {
            tokens: unpriced.tokens,
            calls: unpriced.calls,
            children: u64::from(self.children),
            at_once: u64::from(self.children_at_once),
        }
    }
}

/// The limits of all agents of one message together, for models without a known price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpriced {
    /// Tokens of prompts and answers.
    pub tokens: u64,
    /// Model calls.
    pub calls: u64,
}

impl Default for Unpriced {
    fn default() -> Unpriced {
        Unpriced { tokens: 2_000_000, calls: 200 }
    }
}

/// What an answer adds to the limits of the current message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// Added to every limit of money.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub money: Money,
    /// Added to the agent's own model calls.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calls: u32,
    /// Added to what the tree may use.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tree: Quota,
}

fn is_zero<T: Default + PartialEq>(amount: &T) -> bool {
    *amount == T::default()
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            per_message: Money::usd(2),
            per_day: Money::usd(10),
            per_month: None,
            max_tokens: 16_000,
            calls: 25,
            children: 20,
            children_at_once: 8,
            depth: 2,
            unpriced: Some(Unpriced::default()),
        }
    }
}

/// The money that the next request needs, if that is more than is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    /// The highest cost of the request with the shortest useful answer.
    pub needed: Money,
    /// The money that is available.
    pub available: Money,
}

impl LimitReached {
    /// Whether it is a limit of money.
    #[must_use]
    pub fn is_money(self) -> bool {
        match self {
            LimitReached::PerMessage | LimitReached::PerDay | LimitReached::PerMonth | LimitReached::Allowance => true,
            LimitReached::Calls | LimitReached::TreeTokens | LimitReached::TreeCalls => false,
        }
    }
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
