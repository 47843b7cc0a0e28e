//! What the agents of one message may use together besides money: tokens and model calls if the model has no known price, and
//! sub-agents. Each agent gives its sub-agents a share; what is left comes back with the report.

use serde::{Deserialize, Serialize};

/// Amounts of what is limited besides money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl Quota {
    /// The difference to `other`, at least zero for each amount.
    #[must_use]
    pub fn less(self, other: Quota) -> Quota {
        self.zip(other, u64::saturating_sub)
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Quota) -> Quota {
        self.zip(other, u64::saturating_add)
    }

    /// The smaller of each amount.
    #[must_use]
    pub fn min(self, other: Quota) -> Quota {
        self.zip(other, u64::min)
    }

    /// One of `count` equal shares; the giver keeps three further ones.
    #[must_use]
    pub fn share(self, count: u64) -> Quota {
        let divisor = Quota { tokens: count + 3, calls: count + 3, children: count + 3, at_once: count + 3 };
        self.zip(divisor, |amount, shares| amount / shares)
    }

    fn zip(self, other: Quota, of: impl Fn(u64, u64) -> u64) -> Quota {
        Quota {
            tokens: of(self.tokens, other.tokens),
            calls: of(self.calls, other.calls),
            children: of(self.children, other.children),
            at_once: of(self.at_once, other.at_once),
        }
    }
}
