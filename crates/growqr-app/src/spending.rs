//! What was spent: sums by agent, model and day.

use crate::SystemClock;
use crate::error::AppError;
use crate::library::Library;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::journal::SpendingBy;
use growqr_core::money::Money;
use growqr_wire as wire;
use std::collections::HashMap;

impl Library {
    /// What was spent since a time (ms since 1970): the largest first, by day the newest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn spending(&self, by: wire::SpendingBy, since: i64) -> Result<Vec<wire::SpendingRow>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let domain = match by {
            wire::SpendingBy::Agent => SpendingBy::Agent,
            wire::SpendingBy::Model => SpendingBy::Model,
            wire::SpendingBy::Day => SpendingBy::Day,
        };
        let agents: HashMap<String, (String, u64)> = match by {
            wire::SpendingBy::Agent => {
                let agents = store.agents().await?.into_iter();
                agents.map(|agent| (agent.agent.to_string(), (agent.name, agent.reserved.0))).collect()
            }
            wire::SpendingBy::Model | wire::SpendingBy::Day => HashMap::new(),
        };
        let sums = store.spendings(domain, Timestamp(since)).await?;
        let row = |sum: growqr_core::journal::SpendingSum| {
            let (name, reserved) = agents.get(&sum.key).cloned().unwrap_or_else(|| (sum.key.clone(), 0));
            wire::SpendingRow {
                name,
                reserved,
                calls: sum.calls,
                cost: sum.cost.0,
                unknown: sum.unknown.0,
                input_tokens: sum.input_tokens,
                cached_tokens: sum.cached_tokens,
                output_tokens: sum.output_tokens,
                estimates: sum.estimates,
                at: sum.at.0,
                key: sum.key,
            }
        };
        Ok(sums.into_iter().map(row).collect())
    }
}

/// Parses an amount of US dollars, such as 2 or 0.25, to USD micro-cents.
///
/// # Errors
/// [`AppError::BadRequest`] if it is not an amount.
pub fn parse_usd(text: &str) -> Result<u64, AppError> {
    let amount = text.trim().trim_start_matches('$').parse::<Money>();
    amount
        .map(|money| money.0)
        .map_err(|problem| AppError::bad_request(format!("{text:?} is not an amount: {problem}"), "Write it like this: 0.50"))
}

/// The start of the UTC day this many days ago, in ms since 1970; 0 is today.
#[must_use]
pub fn days_ago(days: u32) -> i64 {
    (SystemClock.now().day() - i64::from(days)) * 86_400_000
}
