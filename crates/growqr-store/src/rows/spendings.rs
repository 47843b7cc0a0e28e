//! Rows about what was spent.

use super::number;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{SpendingSum, StoreError};
use growqr_core::money::Money;

/// A group of spendings.
#[derive(sqlx::FromRow)]
pub(crate) struct SpendingSumRow {
    group_key: String,
    calls: i64,
    at: i64,
    cost: i64,
    unknown_cost: i64,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    estimates: i64,
}

impl TryFrom<SpendingSumRow> for SpendingSum {
    type Error = StoreError;

    fn try_from(row: SpendingSumRow) -> Result<SpendingSum, StoreError> {
        Ok(SpendingSum {
            key: row.group_key,
            calls: number("spendings", row.calls)?,
            at: Timestamp(row.at),
            cost: Money(number("spendings.cost", row.cost)?),
            unknown: Money(number("spendings.unknown_cost", row.unknown_cost)?),
            input_tokens: number("spendings.input_tokens", row.input_tokens)?,
            cached_tokens: number("spendings.cached_tokens", row.cached_tokens)?,
            output_tokens: number("spendings.output_tokens", row.output_tokens)?,
            estimates: number("spendings.is_estimate", row.estimates)?,
        })
    }
}
