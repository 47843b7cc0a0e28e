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

/// What an agent and those below it have used of their quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaUse {
    /// What a sub-agent was given; `None` for the Grow Agent, and for a sub-agent that an earlier build started.
    pub allowance: Option<Quota>,
    /// Used by its own calls, or given to sub-agents and not returned.
    pub used: Quota,
    /// Added by the person for the current message.
    pub raised: Quota,
}

impl QuotaUse {
    /// What is left; `limits` are those of the whole tree.
    #[must_use]
    pub fn left(&self, limits: Quota) -> Quota {
        self.total(limits).less(self.used)
    }

    /// All that it was given.
    #[must_use]
    pub fn total(&self, limits: Quota) -> Quota {
        self.allowance.unwrap_or(limits).plus(self.raised)
    }

    /// Adds what a sub-agent was given.
    pub fn receive(&mut self, quota: Quota) {
        self.allowance = Some(self.allowance.unwrap_or_default().plus(quota));
    }

    /// Counts what was used, or given away.
    pub fn record_use(&mut self, quota: Quota) {
        self.used = self.used.plus(quota);
    }

    /// A sub-agent returns what it did not use.
    pub fn refund(&mut self, quota: Quota) {
        self.used = self.used.less(quota);
    }

    /// The person sent a message: counting starts again.
    pub fn new_message(&mut self) {
        self.used = Quota::default();
        self.raised = Quota::default();
    }

    /// The person has taken back the messages since `before`, and the work for the earlier one goes on. `raised` is what the person
    /// has added since then.
    pub fn resume_message(&mut self, before: QuotaUse, raised: Quota) {
        self.used = self.used.plus(before.used);
        self.raised = before.raised.plus(raised);
    }

    /// Called when a sub-agent's report is recorded, which returns what is left.
    pub fn after_report(&mut self) {
        *self = QuotaUse { allowance: self.allowance.map(|_| Quota::default()), ..QuotaUse::default() };
    }
}
