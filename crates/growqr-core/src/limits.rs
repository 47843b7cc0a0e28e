//! The limits of a turn.

use crate::money::Money;
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
}
