//! What was spent: sums by agent, model and day.

use crate::error::AppError;
use crate::library::Library;
use growqr_core::clock::Timestamp;
use growqr_core::journal::SpendingBy;
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
                at: sum.at.0,
                key: sum.key,
            }
        };
        Ok(sums.into_iter().map(row).collect())
    }
}
